"""Who is in which arm of which experiment, and what that changes."""
