"""Great Expectations suites, one per table, kept as reviewable files."""
