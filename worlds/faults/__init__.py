"""What may go wrong in a world, each with a known onset; every fault is off unless the world's file sets it."""
