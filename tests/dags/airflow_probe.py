"""A running Airflow whose tasks only write down how they were called, and what tests ask of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.airflow_api import FINISHED, AirflowApi
from lake.home import Home


@dataclass
class Probe:
    """The Airflow of `home`; `recorder.py` stands in for `feedmill` in its tasks."""

    home: Home
    api: AirflowApi

    def wait(self, run: str, dag: str = "shorts", until: Callable[[], bool] | None = None) -> str:
        """Until `run` has ended (or `until` holds); its state."""
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            state = self.api.run_state(dag, run)
            if state in FINISHED or (until is not None and until()):
                return state
            time.sleep(0.3)
        raise AssertionError(f"{run} did not end: {[*self.api.tasks(dag, run)]}")

    def calls(self, surface: str = "shorts") -> list[list[str]]:
        """[verb, step, surface, day] of each call so far for `surface`."""
        path = self.home.root / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call[2] == surface]

    def new_calls(self, before: int) -> list[tuple[str, str]]:
        """(step, day) of each call after the first `before`."""
        return [(call[1], call[3]) for call in self.calls()[before:]]

    def exit_codes(self, **codes: int) -> None:
        (self.home.root / "exit_codes.json").write_text(json.dumps(codes))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.api._call("POST", f"/api/v2/dags/shorts/{path}", body)
