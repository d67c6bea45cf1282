"""The traps with dates, in a real Airflow: which day a task sees, whoever started its run, and how a run ends."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.dags.airflow_probe import Probe

pytestmark = [pytest.mark.airflow, pytest.mark.slow]
STEPS = [
    "ingest",
    "join",
    "features",
    "validate",
    "train_popular",
    "index",
    "evaluate",
    "decide",
    "forecast",
    "track",
    "publish",
]
NIGHT = ["spark_start", *STEPS]


def test_trigger_by_key_runs_every_step_once_for_that_day_with_spark_around_its_users(probe: Probe) -> None:
    before = len(probe.calls())
    assert probe.wait(probe.api.trigger("shorts", date(2026, 1, 5))) == "success"
    calls = [(verb, step, day) for verb, step, _, day in probe.calls()[before:]]
    assert {day for *_, day in calls} == {"2026-01-05"}
    order = [step for verb, step, _ in calls if verb == "step"]
    assert order == STEPS
    assert calls[0][:2] == ("spark", "start")
    assert calls.index(("spark", "stop", "2026-01-05")) > calls.index(("step", "features", "2026-01-05"))


def test_trigger_by_parameter_and_without_any_day(probe: Probe) -> None:
    before = len(probe.calls())
    run = probe.post("dagRuns", {"logical_date": None, "conf": {"day": "2026-01-04"}})["dag_run_id"]
    assert probe.wait(run) == "success"
    assert {day for _, day in probe.new_calls(before)} == {"2026-01-04"}
    before = len(probe.calls())
    run = probe.post("dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
    assert probe.wait(run) == "failed"
    assert probe.new_calls(before) == []
    (first,) = [task for task in probe.api.tasks("shorts", run) if task.name == "spark_start"]
    assert (first.state, first.tries) == ("failed", 1)


def test_a_cleared_task_sees_the_same_day_and_has_spark_again(probe: Probe) -> None:
    run = probe.api.trigger("shorts", date(2026, 1, 3))
    assert probe.wait(run) == "success"
    before = len(probe.calls())
    probe.post("clearTaskInstances", {"dry_run": False, "dag_run_id": run, "task_ids": ["join"], "only_failed": False})
    assert probe.wait(run) == "success"
    assert sorted(probe.new_calls(before)) == [(step, "2026-01-03") for step in ("join", "start", "stop")]


def test_backfill_runs_each_day_once_in_order_and_starts_no_scheduled_night(probe: Probe) -> None:
    before = len(probe.calls())
    old = {run["dag_run_id"] for run in probe.api.runs("shorts")}
    probe.api.backfill("shorts", date(2026, 1, 6), date(2026, 1, 8))
    for run in probe.api.runs("shorts", "queued", "running"):
        assert probe.wait(run["dag_run_id"]) == "success"
    calls = [call for call in probe.new_calls(before) if call[0] in STEPS]
    days = ["2026-01-06", "2026-01-07", "2026-01-08"]
    assert calls == [(step, day) for day in days for step in STEPS]
    runs = probe.api.runs("shorts")
    assert sorted(run["partition_key"] for run in runs if run["dag_run_id"] not in old) == days
    assert [run for run in runs if run["run_type"] == "scheduled"] == []


def test_the_schedule_gives_the_day_that_ended(probe: Probe) -> None:
    def scheduled() -> list[dict[str, str]]:
        return [run for run in probe.api.runs("owing") if run["run_type"] == "scheduled"]

    deadline = time.monotonic() + 180
    while not probe.calls("owing") and time.monotonic() < deadline:
        time.sleep(1)
    (run,) = scheduled()
    ended = datetime.fromisoformat(run["run_after"]).astimezone(UTC).date() - timedelta(days=1)
    assert run["partition_key"] == ended.isoformat()
    assert {call[3] for call in probe.calls("owing")} == {ended.isoformat()}


def test_a_failed_gate_ends_the_night_without_a_retry_and_spark_is_stopped(probe: Probe) -> None:
    probe.exit_codes(join=3)
    run = probe.api.trigger("shorts", date(2026, 1, 2))
    assert probe.wait(run) == "failed"
    states = {task.name: (task.state, task.tries) for task in probe.api.tasks("shorts", run)}
    assert states["join"] == ("failed", 1)
    assert states["features"][0] == "upstream_failed"
    assert states["spark_stop"] == ("success", 1)
    assert probe.api.exit_code("shorts", run, "join") == 3


def test_another_failure_is_tried_again_with_patience(probe: Probe) -> None:
    probe.exit_codes(ingest=1)
    run = probe.api.trigger("shorts", date(2026, 1, 1))

    def waiting() -> bool:
        return any(task.name == "ingest" and task.state == "up_for_retry" for task in probe.api.tasks("shorts", run))

    assert probe.wait(run, until=waiting) == "running"
    probe.api.fail("shorts", run, "seen enough")
    assert probe.wait(run) == "failed"
