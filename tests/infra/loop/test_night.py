"""How the night after a served day ended, in the words of the loop."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.loop import night
from infra.loop.night import LONGEST, in_process
from jobs.night import Night
from lake.home import Home
from schemas.errors import GateFailed, InfrastructureError
from surfaces.load import load


@pytest.fixture
def of_day(tmp_path: Path) -> Night:
    return Night(load("shorts"), date(2026, 1, 8), Home(tmp_path))


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run_step(*_: object) -> None:
        raise error

    monkeypatch.setattr(night, "run_step", run_step)


def test_a_night_that_was_held_says_what_failed_in_one_line(monkeypatch: pytest.MonkeyPatch, of_day: Night) -> None:
    failing(monkeypatch, GateFailed("2 blocking expectations failed:\n  a is low\n  b is high", fix="mend the logs"))
    assert in_process(of_day, lambda _: None) == ("held", "2 blocking expectations failed: a is low b is high")
    failing(monkeypatch, GateFailed("long " * 100))
    _, why = in_process(of_day, lambda _: None)
    assert why.endswith(" ...")
    assert len(why) <= LONGEST


def test_any_other_failure_ends_the_loop(monkeypatch: pytest.MonkeyPatch, of_day: Night) -> None:
    failing(monkeypatch, InfrastructureError("Spark died"))
    with pytest.raises(InfrastructureError, match="Spark died"):
        in_process(of_day, lambda _: None)
