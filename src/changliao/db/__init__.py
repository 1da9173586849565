"""Runs verbs: many in one database transaction, one after the other, each answered after the commit.

Promise: a verb never races another, is undone alone when it refuses, and is durable when answered.
The same verbs and the same SQL files run on SQLite and PostgreSQL (docs/architecture.md).
"""
