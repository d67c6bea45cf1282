"""The contracts: log layers, lake tables, release manifest and decision record. Imports nothing of the project."""
