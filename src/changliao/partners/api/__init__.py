"""Partners at the edge: the app guard, the console's routes, events and webhooks."""
