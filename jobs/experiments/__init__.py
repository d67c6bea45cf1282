"""Experiments read from where they were logged: a surface's lake, or a plain table."""
