"""People who talk over real sockets."""
