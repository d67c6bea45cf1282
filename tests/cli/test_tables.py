"""tables shows the same hash for the same rows, whatever their order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lake import ledger
from lake.home import Home
from lake.tables import Lake
from tests.cli.command import feedmill

ENTRIES = [ledger.Entry(date(2026, 1, day), "outcome", day, day) for day in (1, 2, 3)]


def test_the_hash_tells_content_not_order(tmp_path: Path) -> None:
    for name, entries in (("a", ENTRIES), ("b", ENTRIES[::-1]), ("c", ENTRIES[:2])):
        ledger.record(Lake(Home(tmp_path / name).lake("shorts")), "join", entries)
    rows = {}
    for name in "abc":
        text = feedmill("tables", "shorts", home=tmp_path / name).text
        rows[name] = next(line for line in text.splitlines() if "ops.ledger" in line)
    assert rows["a"] == rows["b"]
    assert rows["a"] != rows["c"]
