"""The slate, drawn slot by slot with exact propensities."""
