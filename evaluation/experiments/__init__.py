"""Controlled experiments: was the assignment sound, what did the treatment change, and is that enough to ship."""
