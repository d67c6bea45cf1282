"""A task runs one command for the run's day and turns its exit code into Airflow's verdicts."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from hypothesis import given
from hypothesis import strategies as st

from dags.task import DAY, Feedmill, command, resolve_day

RECORDER = Path(__file__).with_name("recorder.py")


class Pushed:
    """Stands in for the task instance: keeps what is pushed."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.values[key] = value


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEEDMILL_HOME", str(tmp_path))
    monkeypatch.setenv("FEEDMILL_COMMAND", shlex.join([sys.executable, str(RECORDER)]))
    return tmp_path


def run(key: str | None = "2026-01-09") -> Pushed:
    pushed = Pushed()
    task = Feedmill(task_id="join", arguments=["step", "join", "shorts", DAY])
    task.execute({"ti": pushed, "partition_key": key, "params": {"day": None}})
    return pushed


@given(st.dates())
def test_the_day_is_the_key_or_the_parameter(day: date) -> None:
    assert resolve_day(day.isoformat(), {"day": None}) == day
    assert resolve_day(None, {"day": day.isoformat()}) == day
    assert resolve_day(day.isoformat(), {"day": day.isoformat()}) == day


@pytest.mark.parametrize(
    ("key", "params", "words"),
    [
        (None, {"day": None}, "has no day"),
        (None, {}, "has no day"),
        ("2026-01-08", {"day": "2026-01-09"}, "two days: partition key 2026-01-08, parameter 2026-01-09"),
        ("today", {}, "'today'; a day looks like 2026-01-09"),
    ],
)
def test_a_run_without_one_clear_day_fails_for_good(key: str | None, params: dict[str, Any], words: str) -> None:
    with pytest.raises(AirflowFailException, match=words):
        resolve_day(key, params)


def test_the_command_is_called_with_the_day_and_its_output_logged(
    recorded: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run().values == {}
    assert json.loads((recorded / "calls.jsonl").read_text()) == ["step", "join", "shorts", "2026-01-09"]
    assert "called with step join shorts 2026-01-09" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("code", "final"),
    [(1, False), (2, True), (3, True), (137, False)],
    ids=["infrastructure", "user", "gate", "killed"],
)
def test_only_what_a_retry_can_mend_is_retried(recorded: Path, code: int, final: bool) -> None:
    (recorded / "exit_codes.json").write_text(json.dumps({"join": code}))
    pushed = Pushed()
    task = Feedmill(task_id="join", arguments=["step", "join", "shorts", DAY])
    with pytest.raises(AirflowException, match=f"exit {code}") as caught:
        task.execute({"ti": pushed, "partition_key": "2026-01-09", "params": {}})
    assert isinstance(caught.value, AirflowFailException) is final
    assert "called with step join shorts 2026-01-09" in str(caught.value)
    assert pushed.values == {"exit_code": code}


def test_without_a_setting_the_command_beside_the_interpreter_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEEDMILL_COMMAND", raising=False)
    (path,) = command()
    assert Path(path).parent == Path(sys.executable).parent
    assert Path(path).name == "feedmill"
