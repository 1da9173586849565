"""The Stripe dialect, held against its own SDK, its specification, and hostile callers."""
