"""The night as one page for people."""
