"""The client in a real Chromium, against a real demo: desk, cashier, console, reference."""
