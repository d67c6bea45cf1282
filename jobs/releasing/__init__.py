"""A release assembled, tried, and recorded in MLflow."""
