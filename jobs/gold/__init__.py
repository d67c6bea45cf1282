"""Counts, windows, samples and sequences, and what trainers read of them."""
