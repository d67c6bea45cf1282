"""A forecast as the table keeps it, for tests to change."""

from __future__ import annotations

from jobs.offpolicy.kept import Line
from tests.jobs.offpolicy.served import DAY, LOGGING

LINE = Line(
    kind="forecast",
    target=LOGGING,
    first_day=DAY,
    last_day=DAY,
    measured_on=DAY,
    known_at=DAY,
    reasons=(),
    value=0.6,
    low=0.5,
    high=0.7,
    difference=0.0,
    difference_low=-0.1,
    difference_high=0.1,
    logged=0.6,
    requests=700,
    users=196,
    left_out=(),
    level=0.95,
)
