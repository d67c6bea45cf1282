"""ledger prints where every row went, and fails if one is unaccounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lake import ledger
from lake.home import Home
from lake.tables import Lake
from schemas.errors import InfrastructureError
from tests.cli.command import feedmill

DAY = date(2026, 1, 8)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Home(tmp_path).lake("shorts"))


def test_a_ledger_that_adds_up_is_printed_by_job_and_input(tmp_path: Path, lake: Lake) -> None:
    ledger.record(lake, "ingest", [ledger.Entry(DAY, "impression", 1200, 1199, {"malformed": 1})])
    answer = feedmill("ledger", "shorts", str(DAY), home=tmp_path)
    assert answer.code == 0
    row = next(line for line in answer.text.splitlines() if "impression" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == [
        "ingest",
        "impression",
        "1,200",
        "1,199",
        "1",
        "0",
        "1 malformed",
    ]
    assert "it adds up" in answer.text


def test_missing_rows_fail_with_their_count(tmp_path: Path, lake: Lake) -> None:
    with pytest.raises(InfrastructureError, match=r"\+3 unaccounted for"):
        ledger.record(lake, "join", [ledger.Entry(DAY, "outcome", 10, 6, {"orphan": 1})])
    answer = feedmill("ledger", "shorts", str(DAY), home=tmp_path)
    assert answer.code == 1
    assert "3 rows are unaccounted for" in answer.text


def test_recording_a_day_again_replaces_its_lines_and_no_other_days(lake: Lake) -> None:
    other = date(2026, 1, 7)
    ledger.record(lake, "join", [ledger.Entry(other, "outcome", 5, 5), ledger.Entry(DAY, "outcome", 9, 9)])
    ledger.record(lake, "join", [ledger.Entry(DAY, "outcome", 10, 9, {"orphan": 1})])
    assert ledger.read(lake, DAY) == {"join": [ledger.Entry(DAY, "outcome", 10, 9, {"orphan": 1})]}
    assert ledger.read(lake, other) == {"join": [ledger.Entry(other, "outcome", 5, 5)]}
