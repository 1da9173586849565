"""Changliao (畅聊): an open, self-hosted chat - pay - shop platform."""

__version__ = "0.1.0"
