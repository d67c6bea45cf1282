"""A release on disk and in memory: slots, verification, what it brings."""
