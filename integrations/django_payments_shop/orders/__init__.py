"""The shop's only app: its orders."""
