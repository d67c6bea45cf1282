"""Each feature once: name, tier, dtype, default, how a day computes it and how a request does."""
