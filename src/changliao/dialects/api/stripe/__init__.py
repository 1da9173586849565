"""The Stripe dialect: its v1 API as far as a shop with a hosted checkout needs it."""
