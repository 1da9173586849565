"""A small living world of people and a shop that speak HTTP like anybody else, and a desk to watch it."""
