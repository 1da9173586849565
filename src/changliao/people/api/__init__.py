"""People at the edge: password hashing, the person guard, the routes."""
