"""One file per step of the night, and the step list."""
