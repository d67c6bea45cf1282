"""Turns for tests that only look at them."""

from __future__ import annotations

from datetime import date, timedelta

from infra.loop.record import ITEM_ITEM, POPULAR, SERVED, Exposure, Interval, Turn, Verdict

FIRST = date(2026, 1, 1)


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.02, high=value + 0.02)


def turn(number: int, served: float = 0.5, verdict: Verdict = "shipped", reason: str = "") -> Turn:
    """Day `number`, on which `served` of the gap was closed, most-popular .2 and, from day 3 on, item-item .3.

    No item came on the day before the first.
    """
    reached = None if number == 1 else 0.9
    gap = {SERVED: interval(served), POPULAR: interval(0.2)} | ({ITEM_ITEM: interval(0.3)} if number > 2 else {})
    return Turn(
        number=number,
        day=FIRST + timedelta(days=number - 1),
        served_by="bootstrap" if number < 4 else "2026-01-03-abc",
        users=10,
        requests=1234,
        impressions=12_340,
        outcomes=500,
        means={SERVED: 3.0, POPULAR: 2.0},
        gap=gap,
        ahead={one: interval(served - value.value) for one, value in gap.items() if one != SERVED},
        segments={"new users": {SERVED: served / 2, POPULAR: 0.1}},
        exposure=Exposure(coverage=0.8, gini=0.4, new_items=0.05, new_creators=0.01, reached=reached),
        verdict=verdict,
        reason=reason,
    )
