"""`feedmill night` and `feedmill backfill` with a real Airflow: a line per task, errors by kind, nothing left over."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from infra import night, night_screen
from infra.backfill import run_backfill
from infra.night import run_night
from jobs.night import StepReport
from schemas.errors import GateFailed, UserError
from tests.dags.airflow_probe import Probe

pytestmark = [pytest.mark.airflow, pytest.mark.slow]
DAY = date(2026, 1, 9)


@pytest.fixture
def screen(probe: Probe) -> Console:
    for day in ("2026-01-08", "2026-01-09"):
        (probe.home.landing("shorts") / "impression" / f"day={day}").mkdir(parents=True, exist_ok=True)
    return Console(file=StringIO(), width=200)


def text(screen: Console) -> str:
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


def test_a_night_goes_through_airflow_and_can_be_repeated(probe: Probe, screen: Console) -> None:
    report = StepReport(rows=4321, summary="all is well")
    report.write(probe.home.reports("shorts", DAY) / "steps" / "ingest.json")
    probe.api.pause("shorts", True)
    for _ in range(2):
        before = len(probe.calls())
        run_night(probe.home, "shorts", None, screen)
        assert {day for _, day in probe.new_calls(before)} == {DAY.isoformat()}
    assert probe.api.paused("shorts")
    probe.api.pause("shorts", False)
    assert text(screen).count("4,321  all is well") == 2
    assert text(screen).count("shorts 2026-01-09, done in") == 2
    assert "nothing: no release is live yet" in text(screen)


def test_a_failed_gate_is_the_nights_error(probe: Probe, screen: Console) -> None:
    probe.exit_codes(validate=3)
    with pytest.raises(GateFailed, match=r"task validate failed:(?s:.)*called with step validate(?s:.)*attempt=1.log"):
        run_night(probe.home, "shorts", DAY, screen)
    assert "validate         FAILED at try 1; no further try" in text(screen)


def test_what_is_interrupted_fails_and_nothing_goes_on(
    probe: Probe, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(night_screen.NightScreen, "show", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_night(probe.home, "shorts", DAY, screen)
    (run,) = probe.api.runs("shorts", "running", "queued") or [probe.api.runs("shorts")[-1]]
    assert probe.wait(run["dag_run_id"]) == "failed"


def test_a_backfill_goes_on_after_a_failed_day_and_says_so(probe: Probe, screen: Console) -> None:
    before = len(probe.calls())
    probe.exit_codes(spark=0, validate=3)
    with pytest.raises(GateFailed, match="task validate failed"):
        run_backfill(probe.home, "shorts", date(2026, 1, 8), DAY, screen)
    validated = [day for step, day in probe.new_calls(before) if step == "validate"]
    assert validated == ["2026-01-08", "2026-01-09"]
    assert "0 nights done, 2 failed" in text(screen)


def test_days_without_logs_are_refused_before_anything_starts(probe: Probe, screen: Console, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no logs of 2026-01-07"):
        run_backfill(probe.home, "shorts", date(2026, 1, 7), DAY, screen)
    with pytest.raises(UserError, match="is after"):
        run_backfill(probe.home, "shorts", DAY, date(2026, 1, 8), screen)
    with pytest.raises(UserError, match="no logs of 2026-01-05"):
        night.run_night(probe.home, "shorts", date(2026, 1, 5), screen)
