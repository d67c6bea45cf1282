"""One server a home: settings in one place, found while it lives, kept up while a night holds it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from lake import jars, spark
from lake.home import Home
from lake.spark import Endpoint
from schemas.errors import UserError


@pytest.fixture
def fresh(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.spark.mkdir()
    return home


def test_settings_are_overridden_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_MASTER", "spark://somewhere:7077")
    monkeypatch.setenv("FEEDMILL_SPARK_MEMORY", "9g")
    monkeypatch.setenv("FEEDMILL_SPARK_CONF", "spark.sql.ansi.enabled = false;spark.executor.cores=3;")
    chosen = spark.settings(cores=4)
    assert chosen["spark.master"] == "spark://somewhere:7077"
    assert chosen["spark.driver.memory"] == "9g"
    assert chosen["spark.sql.ansi.enabled"] == "false"
    assert chosen["spark.executor.cores"] == "3"
    assert chosen["spark.sql.session.timeZone"] == "UTC"


def test_by_default_spark_takes_the_cores_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPARK_MASTER", "FEEDMILL_SPARK_MEMORY", "FEEDMILL_SPARK_CONF"):
        monkeypatch.delenv(name, raising=False)
    assert spark.settings(cores=2)["spark.master"] == "local[2]"


def test_a_server_that_is_no_more_is_not_found(fresh: Home) -> None:
    assert spark.running(fresh) is None
    for pid in (os.getpid(), 2**22 - 1):
        gone = Endpoint(pid, 1, "t")
        (fresh.spark / "server.json").write_text(json.dumps(asdict(gone)))
        assert not gone.alive()
        assert spark.running(fresh) is None
    assert spark.stop(fresh) is False
    assert not (fresh.spark / "server.json").exists()


def test_without_deltas_jars_the_user_is_told_to_set_up(
    fresh: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jars, "FOLDER", tmp_path / "nothing")
    with pytest.raises(UserError, match="Delta's jars are not in") as caught:
        spark.start(fresh)
    assert "make setup" in str(caught.value)


def test_the_last_night_to_let_go_stops_the_server(fresh: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Home] = []

    def stop(home: Home) -> bool:
        stopped.append(home)
        return True

    monkeypatch.setattr(spark, "start", lambda home: Endpoint(1, 1, "t"))
    monkeypatch.setattr(spark, "stop", stop)
    spark.hold(fresh, "shorts-2026-01-08")
    spark.hold(fresh, "shorts-2026-01-09")
    assert spark.release(fresh, "shorts-2026-01-08") is False
    assert stopped == []
    assert spark.release(fresh, "shorts-2026-01-09") is True
    assert stopped == [fresh]


@pytest.mark.spark
def test_every_session_meets_the_same_server_and_its_state_is_private(spark_home: Home) -> None:
    with spark.session(spark_home) as one:
        first = spark.running(spark_home)
        assert one.sql("SELECT current_timezone()").collect()[0][0] == "UTC"
    with spark.session(spark_home) as two:
        assert two.range(3).count() == 3
    assert spark.start(spark_home) == first == spark.running(spark_home)
    assert (spark_home.spark / "server.json").stat().st_mode & 0o077 == 0
