"""What answers when a stage fails or takes too long: one step down at a time, counted, logged, replayable."""
