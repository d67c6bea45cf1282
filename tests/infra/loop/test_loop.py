"""The loop, whole and small: days before the first release, a night, a day served by what it made; stopped, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from infra.loop.journal import Journal
from infra.loop.run import Options, run
from lake import spark
from lake.home import Home
from schemas.errors import UserError
from surfaces import load as surfaces
from worlds.load import load

SMALL = {"population.users": 200, "catalogue.items": 220, "catalogue.new_items": 5, "catalogue.creators": 40}
QUIET = Console(quiet=True)

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def turned(shared_home: Home) -> Home:
    """Two nights, over a socket. Other tests hold the Spark that they share, or the loop would stop it at its end."""
    spark.hold(shared_home, "other tests")
    run(load("shorts", changes=SMALL), shared_home, Options(2, over_http=True, warm_up=2), QUIET)
    return shared_home


def test_the_second_night_learns_from_what_the_first_ones_release_served(turned: Home) -> None:
    turns = Journal(turned.root / "loop").turns()
    assert [turn.verdict for turn in turns[:2]] == ["no night", "no night"]
    assert [turn.served_by for turn in turns[:3]] == ["bootstrap"] * 3
    assert turns[2].verdict == "shipped", turns[2].reason
    assert turns[3].served_by.startswith("2026-01-03-")
    assert turns[3].requests > 100
    assert turns[3].impressions == 10 * turns[3].requests
    assert turns[3].gap["item-item"].value > turns[0].gap["served"].value
    assert (turned.root / "loop" / "loop.html").exists()


def test_what_the_server_logged_is_what_ingest_takes(turned: Home) -> None:
    landing = turned.landing("shorts")
    for layer in ("request", "impression", "outcome", "item", "user"):
        assert list((landing / layer / "day=2026-01-04").iterdir()), layer
    assert not list(landing.rglob("*.open"))
    assert (landing / "outcome" / "day=2026-01-04" / "odd.jsonl").read_text().count("\n") == 7, (
        "4 broken lines, 3 orphans"
    )
    told = json.loads((turned.root / "loop" / "truth" / "faults.json").read_text())
    assert {row["fault"] for row in told} == {"repeated", "late", "malformed"}


def test_going_on_changes_nothing_that_was(turned: Home) -> None:
    before = (turned.root / "loop" / "turns.jsonl").read_bytes()
    run(load("shorts", changes=SMALL), turned, Options(2, resume=True, warm_up=2), QUIET)
    assert (turned.root / "loop" / "turns.jsonl").read_bytes() == before


@pytest.mark.parametrize("options", [Options(2, warm_up=2), Options(2, seed=7, resume=True, warm_up=2)])
def test_a_second_loop_and_another_seed_are_refused(turned: Home, options: Options) -> None:
    with pytest.raises(UserError, match="holds a loop"):
        run(load("shorts", changes=SMALL), turned, options, QUIET)


def test_a_loop_without_nights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--nights: found 0"):
        run(load("shorts", changes=SMALL), Home(tmp_path), Options(0), QUIET)


def test_a_surface_file_that_airflow_does_not_know_is_not_for_airflow(tmp_path: Path) -> None:
    options = Options(2, airflow=True, surface=surfaces.load("shorts"))
    with pytest.raises(UserError, match="runs without --airflow"):
        run(load("shorts", changes=SMALL), Home(tmp_path), options, QUIET)


def test_a_loop_with_another_surface_file_is_another_loop(turned: Home) -> None:
    surface = surfaces.load("shorts")
    other = surface.model_copy(update={"value": {"click": 1.0}})
    with pytest.raises(UserError, match="holds a loop with configuration"):
        run(load("shorts", changes=SMALL), turned, Options(2, resume=True, warm_up=2, surface=other), QUIET)


@pytest.mark.parametrize(("name", "users"), [("stores", 200), ("weekly", 1200)])
def test_other_rules_are_served_and_learnt_from(name: str, users: int, home: Home) -> None:
    """Areas and opening hours; slates drawn the night before, of tracks that come once a week."""
    spark.hold(home, "other tests")
    run(load(name, changes=SMALL | {"population.users": users}), home, Options(2, warm_up=2), QUIET)
    turns = Journal(home.root / "loop").turns()
    assert turns[2].verdict == "shipped", turns[2].reason
    assert turns[3].served_by.startswith("2026-01-03-")
    assert turns[3].impressions > 10 * turns[3].requests > 0


def test_a_loop_that_is_stopped_from_outside_takes_its_spark_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "loop", "shorts", "--users", "120", "--items", "130"]
    environment = os.environ | {"FEEDMILL_HOME": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    home = Home(tmp_path / "loops" / f"shorts-seed{load('shorts').seed}")
    while process.poll() is None and spark.running(home) is None:
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.endswith("the same command with --resume goes on from here\nstopped\n")
    assert spark.running(home) is None
