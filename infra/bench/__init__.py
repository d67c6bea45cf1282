"""The benchmark: Feedmill's jobs beside DuckDB written by hand, on the same files, with results that are checked."""
