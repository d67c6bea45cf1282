"""The `feedmill` command: one small file per verb, each calling one room."""
