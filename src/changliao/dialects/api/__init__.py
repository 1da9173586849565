"""The edges of dialects: onboarding in our own API, and each dialect at the root of its own host."""
