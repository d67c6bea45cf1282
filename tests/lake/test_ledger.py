"""The ledger adds up or says by how much it does not, and lines are replaced by job, day and input."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import ledger
from lake.ledger import Entry
from lake.tables import Lake
from schemas.errors import InfrastructureError

ONE, TWO = date(2026, 1, 1), date(2026, 1, 2)
COUNTS = st.integers(0, 10**9)


@given(out=COUNTS, aside=st.dictionaries(st.sampled_from(["duplicate", "orphan", "late"]), COUNTS), lost=COUNTS)
def test_what_is_missing_is_what_went_in_and_came_out_nowhere(out: int, aside: dict[str, int], lost: int) -> None:
    assert Entry(ONE, "outcome", out + sum(aside.values()) + lost, out, aside).missing == lost


def test_an_entry_is_told_in_one_line() -> None:
    entry = Entry(ONE, "outcome", 1234, 1000, {"orphan": 34, "duplicate": 200, "late": 0})
    assert str(entry) == "2026-01-01 outcome: 1,234 in = 1,000 out + 200 duplicate + 34 orphan"


def test_entries_are_read_back_by_day_and_job(lake: Lake) -> None:
    first = Entry(ONE, "impression", 10, 9, {"malformed": 1})
    empty = Entry(TWO, "impression", 0, 0)
    ledger.record(lake, "ingest", [first, empty])
    ledger.record(lake, "join", [Entry(ONE, "outcome", 3, 3)])
    assert ledger.read(lake, ONE) == {"ingest": [first], "join": [Entry(ONE, "outcome", 3, 3)]}
    assert ledger.read(lake, TWO) == {"ingest": [empty]}
    assert ledger.days(lake, "ingest") == {ONE, TWO}
    assert ledger.rows_in(lake, "ingest", "impression") == {ONE: 10, TWO: 0}


def test_a_rerun_replaces_its_own_lines_and_leaves_all_others(lake: Lake) -> None:
    ledger.record(lake, "join", [Entry(ONE, "outcome", 5, 4, {"orphan": 1}), Entry(ONE, "impression", 7, 7)])
    ledger.record(lake, "ingest", [Entry(ONE, "outcome", 5, 5)])
    ledger.record(lake, "join", [Entry(ONE, "outcome", 5, 5)])
    assert ledger.read(lake, ONE) == {
        "ingest": [Entry(ONE, "outcome", 5, 5)],
        "join": [Entry(ONE, "impression", 7, 7), Entry(ONE, "outcome", 5, 5)],
    }


@pytest.mark.parametrize(("rows_out", "told"), [(7, r"\+2 unaccounted for"), (11, "-2 unaccounted for")])
def test_one_that_does_not_add_up_is_kept_and_fails_with_the_count(lake: Lake, rows_out: int, told: str) -> None:
    wrong = Entry(ONE, "outcome", 10, rows_out, {"orphan": 1})
    with pytest.raises(InfrastructureError, match=f"ledger of join does not add up: 2026-01-01 outcome.*{told}"):
        ledger.record(lake, "join", [wrong, Entry(ONE, "impression", 1, 1)])
    assert wrong in ledger.read(lake, ONE)["join"]


def test_a_lake_without_a_ledger_has_no_lines(lake: Lake) -> None:
    assert ledger.record(lake, "join", []) == []
    assert ledger.read(lake, ONE) == {}
    assert ledger.days(lake, "join") == set()
    assert ledger.rows_in(lake, "join", "outcome") == {}
