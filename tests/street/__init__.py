"""The demo's street: its outside shops by HTTP, and its page in a real browser."""
