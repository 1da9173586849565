"""The tables of this gateway."""
