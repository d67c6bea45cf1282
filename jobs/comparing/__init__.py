"""Two releases of one surface on the same held-out day: which is better, and where they differ."""
