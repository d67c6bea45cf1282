"""What is best, what policies are worth, and how much of the distance between random and best one closes."""
