"""Simulations: the whole platform as it lives, and dies."""
