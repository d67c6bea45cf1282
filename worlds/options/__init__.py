"""What makes kinds of worlds differ: each option in a file of its own, put together by a world's YAML."""
