"""Bots at the edge: apps and their bots, groups and theirs, hooks, gates and who asks them."""
