"""The open platform: partners, their members, apps, keys, and webhooks out to them.

Promise: a key is shown once and kept only as a hash; every member does only what the role allows,
and what each did is a fact; every fact for an app is delivered to its endpoints at least once.
"""
