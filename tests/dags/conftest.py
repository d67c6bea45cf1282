"""One real Airflow for the tests that need it, whose tasks only write down how they were called.

Importing Airflow writes a configuration into AIRFLOW_HOME: here a folder that is thrown away.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra import airflow, ports, service
from infra.airflow_api import AirflowApi
from lake.home import Home
from tests.dags.airflow_probe import Probe

HERE = Path(__file__).parent
_FOLDER = tempfile.TemporaryDirectory(prefix="airflow-")
os.environ.setdefault("AIRFLOW_HOME", _FOLDER.name)


@pytest.fixture(scope="session")
def running_probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """Airflow with the DAGs of `probe/`, started once for all tests as `feedmill up` starts it."""
    home = Home(tmp_path_factory.mktemp("airflow"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(HERE / "probe"))
        patch.setenv("FEEDMILL_COMMAND", shlex.join([sys.executable, str(HERE / "recorder.py")]))
        running = airflow.start(home, ports.any_free(), "up", triggerer=False)
        try:
            with closing(AirflowApi(home, running)) as api:
                while api.parsed_at("shorts") is None:
                    time.sleep(0.3)
                api.pause("shorts", False)
                yield Probe(home, api)
        finally:
            service.stop(home, running)


@pytest.fixture
def probe(running_probe: Probe) -> Probe:
    """The running Airflow, every command of whose tasks passes."""
    running_probe.exit_codes()
    return running_probe
