"""What was shown joined with what happened, and the dimensions."""
