"""Great Expectations suites, one file a table, kept as reviewable Python."""
