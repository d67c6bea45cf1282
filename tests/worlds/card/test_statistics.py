"""Statistics of tiny logs whose answers can be counted by hand, and of a drawn power law."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import UserError
from worlds.card.logs import Logs
from worlds.card.statistics import DELAYS_S, Statistics, statistics

START = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOMES = ("click", "like")


def shown(
    number: int, *, day: int = 0, user: str = "u", item: str = "i", position: int | None = None
) -> dict[str, Any]:
    at = START + timedelta(days=day, seconds=number)
    row = {"impression_id": f"m{number}", "user_id": user, "item_id": item, "shown_at": at.isoformat()}
    return row if position is None else row | {"position": position}


def happened(number: int, delay: float, outcome: str = "click", day: int = 0) -> dict[str, Any]:
    at = START + timedelta(days=day, seconds=number + delay)
    row = {"outcome_id": f"{outcome}{number}", "impression_id": f"m{number}", "outcome": outcome, "value": 1.0}
    return row | {"occurred_at": at.isoformat()}


def land(landing: Path, layer: str, rows: list[dict[str, Any]], *, torn: str = "") -> None:
    folder = landing / layer / "day=2026-01-01"
    folder.mkdir(parents=True)
    (folder / "part.jsonl").write_text("\n".join([*map(json.dumps, rows), torn]))


def told(tmp_path: Path, impressions: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> Statistics:
    land(tmp_path, "impression", impressions)
    land(tmp_path, "outcome", outcomes)
    with Logs(tmp_path) as logs:
        return statistics("tiny", logs, OUTCOMES)


def test_repeated_events_count_once_and_broken_lines_not_at_all(tmp_path: Path) -> None:
    land(tmp_path, "impression", [shown(1), shown(1), shown(2)], torn='{"impression_id": "m3", ')
    land(tmp_path, "outcome", [happened(1, 5), happened(1, 5)])
    with Logs(tmp_path) as logs:
        assert statistics("tiny", logs, OUTCOMES).scalars["main outcome's rate"] == 0.5


def test_no_impressions_are_refused_by_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=str(tmp_path)):
        Logs(tmp_path)


def test_impressions_per_user_and_day(tmp_path: Path) -> None:
    rows = [shown(n, user="heavy") for n in range(9)] + [shown(9, user="light")] + [shown(10, day=1, user="light")]
    scalars = told(tmp_path, rows, []).scalars
    assert scalars["impressions per user and day, median"] == 1
    assert scalars["impressions per user and day, 9th decile"] == pytest.approx(7.4)


def test_rates_by_position_are_relative_to_the_top(tmp_path: Path) -> None:
    rows = [shown(n, position=n % 3) for n in range(900)]
    clicks = [happened(n, 1) for n in range(900) if n % 3 == 0 or (n % 3 == 1 and n % 2 == 0)]
    found = told(tmp_path, rows, clicks)
    assert found.by_position == pytest.approx([1.0, 0.5, 0.0])
    assert found.scalars["its rate at position 3 over position 1"] == 0.0


def test_without_positions_there_is_no_curve(tmp_path: Path) -> None:
    found = told(tmp_path, [shown(n) for n in range(500)], [])
    assert len(found.by_position) == 0
    assert "its rate at position 3 over position 1" not in found.scalars


def test_the_delay_curve_is_the_share_that_happened_within(tmp_path: Path) -> None:
    rows = [shown(n) for n in range(400)]
    found = told(tmp_path, rows, [happened(n, 5 if n % 4 else 1000) for n in range(400)])
    assert dict(zip(DELAYS_S, found.delays, strict=True))[10] == 0.75
    assert found.scalars["outcomes within an hour"] == 1.0


def test_logs_whose_outcomes_bear_the_impressions_own_time_tell_no_delay(tmp_path: Path) -> None:
    found = told(tmp_path, [shown(n) for n in range(400)], [happened(n, 0) for n in range(400)])
    assert len(found.delays) == 0


def test_new_items_are_those_first_shown_that_day(tmp_path: Path) -> None:
    old = [shown(n, item="old") for n in range(10)]
    later = [shown(10 + n, day=1, item="old" if n < 6 else "new") for n in range(8)]
    assert told(tmp_path, old + later, []).scalars["share of impressions on items new that day"] == 0.25


def test_outcomes_that_always_come_together_correlate_fully(tmp_path: Path) -> None:
    rows = [shown(n) for n in range(300)]
    both = [happened(n, 1, outcome) for n in range(0, 300, 3) for outcome in OUTCOMES]
    assert told(tmp_path, rows, both).correlations["click and like"] == pytest.approx(1.0)


def test_the_exponent_and_gini_of_a_known_popularity(tmp_path: Path) -> None:
    counts = np.random.default_rng(5).zipf(2.5, 3000)
    rows = [shown(n, item=f"i{item}") for n, item in enumerate(np.repeat(np.arange(3000), counts))]
    found = told(tmp_path, rows, [happened(n, 1) for n in range(len(rows))])
    assert found.scalars["popularity exponent"] == pytest.approx(2.5, abs=0.15)
    assert found.popularity.sum() == len(rows)


def test_even_popularity_has_no_gini(tmp_path: Path) -> None:
    rows = [shown(n, item=f"i{n % 10}") for n in range(100)]
    assert told(tmp_path, rows, [happened(n, 1) for n in range(100)]).scalars["Gini of responses"] == pytest.approx(0)
