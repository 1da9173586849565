"""A small shop on django-payments, that takes Changliao Pay by one line of its settings."""
