"""Malformed rows: lines no reader should accept, and outcomes of impressions that were never logged."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from worlds.part import Count, Spell

_WRONG = {"impression": {"position": "third"}, "outcome": {"value": "yes"}, "request": {"requested_at": "noon"}}


class Malformed(Spell):
    """Each day `rows` broken lines in each of requests, impressions and outcomes, and `orphans` in the outcomes."""

    rows: Count = 4
    orphans: Count = 3

    def lines(self, layer: str, row: dict[str, Any], day: date) -> list[str]:
        """The odd lines of a layer and day, made from a good `row` of it: cut off, not JSON, a field missing, a wrong
        type, and so on in turn."""
        line = json.dumps(row)
        key = next(name for name in row if name.endswith("_id"))
        missing = {name: value for name, value in row.items() if name != key}
        wrong = {**row, **_WRONG[layer]}
        broken = [line[: len(line) // 2], "## log rotated ##", json.dumps(missing), json.dumps(wrong)]
        odd = [broken[number % len(broken)] for number in range(self.rows)]
        orphans = range(self.orphans if layer == "outcome" else 0)
        return odd + [json.dumps(self.orphan(day, number)) for number in orphans]

    def orphan(self, day: date, number: int) -> dict[str, Any]:
        """An outcome of an impression that was never logged."""
        lost = f"r{day:%Y%m%d}-lost-{number}"
        when = f"{day}T12:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"
        row = {"schema_version": 1, "outcome_id": f"{lost}-click", "impression_id": lost, "outcome": "click"}
        return {**row, "value": 1.0, "occurred_at": when}
