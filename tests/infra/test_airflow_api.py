"""A run that is stopped stays stopped, however its tasks stand at that moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra import airflow_api
from infra.airflow_api import SPARK_STOP, AirflowApi

TASKS = ("ingest", "join", "train", SPARK_STOP)


class Airflow:
    """A run whose tasks follow one another. `between` is called with its states whenever they have been told."""

    def __init__(self, between: Callable[[dict[str, str | None]], None] = lambda _: None, **states: str) -> None:
        self.states: dict[str, str | None] = dict.fromkeys(TASKS) | states
        self.marked: list[str] = []
        self._between = between

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the REST API answers; a failed task takes what waits for it along, but for the last."""
        if request.method == "PATCH":
            name = request.url.path.rpartition("/")[2]
            assert json.loads(request.content)["new_state"] == "failed"
            self.marked.append(name)
            if self.states[name] != "success":
                self.states[name] = "failed"
                self.states |= {one: "upstream_failed" for one in TASKS[:-1] if self.states[one] is None}
            return httpx.Response(200, json={})
        told = [self._told(name) for name in TASKS]
        self._between(self.states)
        return httpx.Response(200, json={"task_instances": told})

    def _told(self, name: str) -> dict[str, Any]:
        return {"task_id": name, "state": self.states[name], "try_number": 1, "duration": None, "end_date": None}


def stopped(run: Airflow, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    """`run`, after it was failed."""
    monkeypatch.setattr(AirflowApi, "__init__", lambda _: None)
    monkeypatch.setattr(airflow_api, "_POLL_S", 0.001)
    monkeypatch.setattr(airflow_api, "SETTLE_S", 1.0)
    api = AirflowApi()  # type: ignore[call-arg]
    api._client = httpx.Client(base_url="http://airflow", transport=httpx.MockTransport(run.answer))
    api.fail("shorts", "run", "stopped")
    api.close()
    return run


def test_what_is_at_work_fails_and_what_follows_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stopped(Airflow(ingest="success", join="running"), monkeypatch)
    assert run.marked == ["join"]
    assert run.states == {"ingest": "success", "join": "failed", "train": "upstream_failed", SPARK_STOP: None}


def test_before_anything_is_at_work_what_waits_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stopped(Airflow(), monkeypatch)
    assert set(run.marked) == {"ingest", "join", "train"}


def test_a_task_that_ends_at_that_moment_does_not_let_the_next_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def goes_on(states: dict[str, str | None]) -> None:
        if states["join"] == "running":
            states |= {"join": "success", "train": "running"}

    run = stopped(Airflow(goes_on, ingest="success", join="running"), monkeypatch)
    assert run.states["train"] == "failed"
    assert run.states[SPARK_STOP] is None
