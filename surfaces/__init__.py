"""One YAML per surface, and the typed model that validates it whole."""
