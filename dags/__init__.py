"""Airflow only: which tasks there are and in what order. No logic, nothing heavy imported."""
