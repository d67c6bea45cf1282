"""The HTTP server and what goes over the wire."""
