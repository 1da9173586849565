"""The edge of official accounts."""
