"""Metrics and their comparison: pure functions over arrays and frames."""
