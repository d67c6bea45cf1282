"""All DAGs together are read in under a second, and reading them imports nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lake.home import PROJECT
from surfaces.load import names

READ = """
import json, sys, time
import airflow.sdk, airflow.timetables.trigger
from airflow.dag_processing.dagbag import DagBag
began = time.process_time()
bag = DagBag(sys.argv[1])
seconds = time.process_time() - began
print(json.dumps([seconds, sorted(bag.dags), bag.import_errors, sorted(sys.modules)]))
"""


def test_parsing(tmp_path: Path) -> None:
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    environment["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    done = subprocess.run(
        [sys.executable, "-c", READ, str(PROJECT / "dags")], env=environment, capture_output=True, text=True, check=True
    )
    seconds, dags, errors, modules = json.loads(done.stdout.strip().splitlines()[-1])
    assert errors == {}
    assert dags == names()
    assert seconds < 1.0
    heavy = {"pyspark", "torch", "mlflow", "great_expectations", "pandas", "deltalake", "duckdb", "pyarrow", "faiss"}
    assert heavy & set(modules) == set()
