"""The join written plainly in Python, one impression at a time, to compare Spark's plans with; and random logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from surfaces.surface import Surface

Row = dict[str, Any]


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def shown(name: str, at: datetime, arrival: date | None = None, **changes: Any) -> Row:
    """A row of bronze.impression."""
    row = {
        "schema_version": 1,
        "impression_id": name,
        "request_id": f"r-{name}",
        "user_id": "u",
        "item_id": "i",
        "position": 0,
        "propensity": 0.5,
        "source": None,
        "explored": None,
        "eligible": None,
        "shown_at": at,
        "arrival_day": arrival or at.date(),
    }
    return row | changes


def happened(
    name: str, of: str, at: datetime, kind: str, arrival: date | None = None, *, value: float | None = 1.0
) -> Row:
    """A row of bronze.outcome."""
    return {
        "schema_version": 1,
        "outcome_id": name,
        "impression_id": of,
        "request_id": None,
        "outcome": kind,
        "value": value,
        "occurred_at": at,
        "arrival_day": arrival or at.date(),
    }


def plain_join(impressions: Iterable[Row], outcomes: Iterable[Row], surface: Surface, horizon: date) -> list[Row]:
    """silver.labelled (without the columns that are only copied) of every event day, from all rows given."""
    reach = timedelta(days=surface.restate_days)
    firsts: dict[str, Row] = {}
    for row in sorted(impressions, key=lambda row: (row["arrival_day"], row["shown_at"], row["item_id"])):
        if row["arrival_day"] <= row["shown_at"].date() + reach:
            firsts.setdefault(row["impression_id"], row)
    answers: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in sorted(outcomes, key=lambda row: (row["arrival_day"], row["occurred_at"], row["outcome"], row["value"])):
        impression = firsts.get(row["impression_id"])
        if impression and impression["shown_at"].date() >= row["arrival_day"] - reach:
            answers[row["impression_id"]].setdefault(row["outcome_id"], row)
    return [
        version
        for name, impression in firsts.items()
        for version in _versions(impression, list(answers[name].values()), surface, horizon)
    ]


def _versions(impression: Row, answers: list[Row], surface: Surface, horizon: date) -> list[Row]:
    began = impression["shown_at"]
    counted = [
        row
        for row in sorted(answers, key=lambda row: (row["occurred_at"], row["outcome_id"]))
        if began <= row["occurred_at"] <= began + surface.outcomes[row["outcome"]].window
    ]
    days = sorted({impression["arrival_day"], *(max(impression["arrival_day"], row["arrival_day"]) for row in counted)})
    rows = []
    for day, until in zip(days, [*days[1:], None], strict=True):
        version = {"event_day": began.date(), "impression_id": impression["impression_id"]}
        version |= {"item_id": impression["item_id"], "known_from": day, "known_until": until}
        for name, outcome in surface.outcomes.items():
            values = [row["value"] for row in counted if row["outcome"] == name and row["arrival_day"] <= day]
            seen = min(sum(values), outcome.cap or np.inf) if outcome.kind == "sum" else float(bool(values))
            known = max((began + outcome.window).date(), day)
            version |= {f"{name}_seen": seen, f"{name}_known": known, name: seen if known <= horizon else None}
        rows.append(version)
    return rows


def random_logs(seed: int, first: date, days: int, rows: int, surface: Surface) -> tuple[list[Row], list[Row]]:
    """Impressions and outcomes with repeats (some with another content), late rows, orphans and missed windows."""
    rng = np.random.default_rng(seed)
    impressions, outcomes = [], []
    for number in range(rows):
        at = midnight(first) + timedelta(seconds=int(rng.integers(days * 86400)))
        for _ in range(1 + (rng.random() < 0.2)):
            arrival = at.date() + timedelta(days=int(rng.choice([0, 0, 0, 1, 3])))
            impressions.append(shown(f"m{number}", at, arrival, item_id=f"i{rng.integers(3)}"))
    for number in range(rows):
        of = int(rng.integers(rows + 3))
        began = impressions[min(of, rows - 1)]["shown_at"]
        kind = str(rng.choice(list(surface.outcomes)))
        at = began + timedelta(seconds=int(rng.integers(-600, int(2 * surface.outcomes[kind].window.total_seconds()))))
        for _ in range(1 + (rng.random() < 0.2)):
            arrival = at.date() + timedelta(days=int(rng.choice([0, 0, 1, 2, 3])))
            value = float(rng.integers(1, 60)) if surface.outcomes[kind].kind == "sum" else 1.0
            outcomes.append(happened(f"o{number}", f"m{of}", at, kind, arrival, value=value))
    return impressions, outcomes
