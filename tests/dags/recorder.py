#!/usr/bin/env python
"""Stands in for `feedmill` in Airflow's tasks: writes down how it was called, and fails where the test says so."""

import json
import os
import sys
from pathlib import Path

home = Path(os.environ["FEEDMILL_HOME"])
with (home / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\n")
print("called with", *sys.argv[1:])
codes = home / "exit_codes.json"
sys.exit(json.loads(codes.read_text()).get(sys.argv[2], 0) if codes.exists() else 0)
