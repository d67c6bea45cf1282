"""A world's days as landing logs: the five layers and the dimensions."""
