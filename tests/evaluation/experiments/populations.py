"""Made-up experiments whose truth is known: users of different zeal, who come on different days and act day by day."""

from __future__ import annotations

import numpy as np

from evaluation.experiments.units import Panel, Units

ARMS = ("control", "treatment")


def users(n: int, seed: int, *, lift: float = 0.0, rho: float = 0.0, share: float = 0.5, spread: float = 1.0) -> Units:
    """`n` users with `clicks` (lognormal, lifted by `lift` under treatment), `views` and clicks `before` the
    experiment, whose logarithm correlates by `rho` with that of now."""
    rng = np.random.default_rng(seed)
    now, past = rng.normal(size=(2, n))
    past = rho * now + np.sqrt(1 - rho**2) * past
    arm = (rng.random(n) < share).astype(np.int64)
    views = rng.poisson(20, n) + 1.0
    clicks = np.exp(spread * now) * (1 + lift * arm)
    return Units(ARMS, arm, {"clicks": clicks, "views": views}, {"clicks": np.exp(spread * past)})


def days_of(
    n: int, days: int, seed: int, *, lift: float = 0.0, fading: float = 0.0, arriving: float = 0.2, zeal: float = 1.0
) -> Panel:
    """`n` users, of whom a share `arriving` is new on each day until all are there; each comes on half of the days and
    clicks by its own lognormal zeal. The lift of the treatment fades by `fading` with each of a user's days."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    entered = np.minimum(rng.geometric(arriving, n) - 1, days - 1) if arriving < 1 else np.zeros(n, np.int64)
    taste = np.exp(zeal * rng.normal(size=n) - zeal**2 / 2)
    grid = np.arange(days)
    here = (grid >= entered[:, None]) & ((rng.random((n, days)) < 0.5) | (grid == entered[:, None]))
    unit, day = np.nonzero(here)
    effect = 1 + lift * arm[unit] * (1 - fading) ** (day - entered[unit])
    views = rng.poisson(10, len(unit)) + 1.0
    clicks = rng.poisson(taste[unit] * effect).astype(np.float64)
    before = rng.poisson(taste * 3).astype(np.float64)
    people = Units(ARMS, arm, {}, {"clicks": before})
    return Panel(people, unit, day, {"clicks": clicks, "views": views}, entered)
