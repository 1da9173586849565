"""Chat at the edge: resources over HTTP, the socket, delivery."""
