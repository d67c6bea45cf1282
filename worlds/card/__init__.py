"""A world set beside real logs: the same statistics of both, a verdict for each, a table and a picture."""
