"""Outgoing rails against our own dialects: two platforms pay each other over three protocols."""
