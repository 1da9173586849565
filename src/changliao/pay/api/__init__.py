"""Pay at the edge: the shop's routes, the cashier's routes."""
