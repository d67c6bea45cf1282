"""What Feedmill asks of a running Airflow, over its REST API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from infra import airflow, ports
from infra.service import Service
from lake.home import Home
from schemas.errors import InfrastructureError, UserError

Query = list[tuple[str, str | int | float | bool | None]]

FINISHED = frozenset({"success", "failed"})
"""States in which a run changes no more."""


AT_WORK = frozenset({"scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"})
"""States in which a task has begun, or is about to."""
SPARK_STOP = "spark_stop"
"""The task that gives Spark back, whatever became of the others."""
SETTLE_S = 15.0
"""How long the tasks after a failed one may take to hear of it."""
_POLL_S = 0.3


@dataclass(frozen=True)
class Task:
    """One task of a run, as it stands."""

    name: str
    state: str | None
    tries: int
    duration_s: float | None
    ended: datetime | None


class AirflowApi:
    """A logged-in client of the running Airflow of `home`, which began at `began`."""

    def __init__(self, home: Home, service: Service) -> None:
        self.began = datetime.fromtimestamp(service.members[0].created, UTC)
        user, password, _ = airflow.log_in(home)
        self._client = httpx.Client(base_url=f"http://{ports.HOST}:{service.port}", timeout=30)
        token = self._call("POST", "/auth/token", {"username": user, "password": password})["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self._client.close()

    def parsed_at(self, dag: str) -> datetime | None:
        """When Airflow last read the file of `dag`; None if it does not know it."""
        response = self._client.get(f"/api/v2/dags/{dag}")
        if response.status_code == 404:
            return None
        text = response.raise_for_status().json()["last_parsed_time"]
        return datetime.fromisoformat(text) if text else None

    def import_errors(self) -> str:
        """What went wrong when Airflow read the DAG files; empty if nothing did."""
        found = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return "\n".join(error["stack_trace"].strip() for error in found)

    def paused(self, dag: str) -> bool:
        return bool(self._call("GET", f"/api/v2/dags/{dag}")["is_paused"])

    def pause(self, dag: str, paused: bool) -> None:
        """Pause or unpause `dag`: a paused one takes runs but does not work on them."""
        self._call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": paused})

    def trigger(self, dag: str, day: date) -> str:
        """Start a run of `dag` for `day`; its run id."""
        body = {"logical_date": None, "partition_key": day.isoformat()}
        return str(self._call("POST", f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def backfill(self, dag: str, first: date, last: date) -> int:
        """Start a backfill of `dag`, a day at a time from `first` to `last`, whether they ran before or not; its id."""
        body = {
            "dag_id": dag,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T00:00:00Z",
            "max_active_runs": 1,
            "reprocess_behavior": "completed",
        }
        return int(self._call("POST", "/api/v2/backfills", body)["id"])

    def cancel_backfill(self, backfill: int) -> None:
        """Start no further run of `backfill`, and mark those that wait as failed."""
        self._call("PUT", f"/api/v2/backfills/{backfill}/cancel")

    def runs(self, dag: str, *states: str) -> list[dict[str, Any]]:
        """Runs of `dag` that are in one of `states` (all of them if none is given), oldest first."""
        query: Query = [("limit", "1000"), ("order_by", "id"), *(("state", state) for state in states)]
        found: list[dict[str, Any]] = self._call("GET", f"/api/v2/dags/{dag}/dagRuns", query=query)["dag_runs"]
        return found

    def run_state(self, dag: str, run: str) -> str:
        return str(self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"])

    def fail(self, dag: str, run: str, note: str) -> None:
        """End `run` as failed: tasks at work fail, what follows them does not run, and Spark is stopped.

        The run itself is not marked: that would skip the tasks that wait, and a run of skipped tasks is a success.
        A task that ended in this moment has let the next one begin: it is looked again until none is left.
        """
        at_work, waiting = self._unfinished(dag, run)
        marked, deadline = at_work or waiting, time.monotonic() + SETTLE_S
        while True:
            for name in marked:
                path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{name}"
                self._call("PATCH", path, {"new_state": "failed", "note": note})
            marked, waiting = self._unfinished(dag, run)
            if not (marked or waiting) or time.monotonic() > deadline:
                return
            time.sleep(_POLL_S)

    def _unfinished(self, dag: str, run: str) -> tuple[list[str], list[str]]:
        """The tasks of `run` that are at work, and those that wait, but for the one that stops Spark."""
        tasks = [task for task in self.tasks(dag, run) if task.name != SPARK_STOP]
        at_work = [task.name for task in tasks if task.state in AT_WORK]
        return at_work, [task.name for task in tasks if task.state is None]

    def tasks(self, dag: str, run: str) -> Iterator[Task]:
        """Every task of `run`, as it stands."""
        found = self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances", query=[("limit", "200")])
        for one in found["task_instances"]:
            ended = datetime.fromisoformat(one["end_date"]) if one["end_date"] else None
            yield Task(one["task_id"], one["state"], int(one["try_number"]), one["duration"], ended)

    def exit_code(self, dag: str, run: str, task: str) -> int:
        """The exit code that the command of a failed `task` ended with; 1 if it left none."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/exit_code"
        response = self._client.get(path)
        return int(response.json()["value"]) if response.is_success else 1

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, query: Query | None = None) -> Any:
        try:
            response = self._client.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            raise InfrastructureError(f"Airflow does not answer: {error}", fix="see stack/*.log in the home") from error
        if response.status_code in (400, 404, 409, 422):
            raise UserError(f"Airflow refused {method} {path}: {_detail(response)}")
        if not response.is_success:
            raise InfrastructureError(f"Airflow failed at {method} {path}: {response.status_code} {_detail(response)}")
        return response.json()


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:300]
