"""A small living world of people and shops that speak HTTP like anybody else, with a desk and a street."""
