"""What both engines of search promise."""
