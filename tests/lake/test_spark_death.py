"""A Spark that dies in mid-job fails the step at once as infrastructure, and the next session finds a new server."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lake import spark
from lake.home import Home
from schemas.errors import InfrastructureError

pytestmark = pytest.mark.spark


def test_death_is_noticed_and_a_new_server_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDMILL_SPARK_MEMORY", "1g")
    home = Home(tmp_path)
    first = spark.start(home)
    try:
        began = time.monotonic()
        threading.Timer(1.0, os.kill, (first.pid, signal.SIGKILL)).start()
        with (
            pytest.raises(InfrastructureError, match="the server died while the step ran") as caught,
            spark.session(home) as failing,
        ):
            failing.range(10**12).selectExpr("sum(id * id % 7)").collect()
        assert time.monotonic() - began < 60
        assert "server.log" in str(caught.value)
        assert SparkSession.getActiveSession() is not failing
        with spark.session(home) as session:
            assert session.range(5).count() == 5
        second = spark.running(home)
        assert second is not None
        assert second.pid != first.pid
    finally:
        assert spark.stop(home)
    assert spark.running(home) is None
