"""Importing Airflow writes a configuration into AIRFLOW_HOME: here a folder that is thrown away."""

from __future__ import annotations

import os
import tempfile

_FOLDER = tempfile.TemporaryDirectory(prefix="airflow-")
os.environ.setdefault("AIRFLOW_HOME", _FOLDER.name)
