"""What one turn of the loop was: the day that was served, what its slates were worth, and how its night ended."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

Ending = Literal["shipped", "held", "rolled back"]
Verdict = Ending | Literal["no night"]
ENDINGS: tuple[Ending, ...] = ("shipped", "held", "rolled back")
"""How a night may end."""

SERVED, RANDOM, POPULAR, ITEM_ITEM, OPTIMAL = "served", "random", "most popular", "item-item", "optimal"
BOOTSTRAP = "bootstrap"
"""Who served before there was a release: the world's logging policy."""
POLICIES = (SERVED, POPULAR, ITEM_ITEM)
"""The policies whose share of the oracle gap is told; random is 0 and optimal 1 by definition."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(_Part):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}]"


class Exposure(_Part):
    """Who was shown. Shares are of the day's impressions, `coverage` is of the catalogue, `reached` of the items
    that the day before brought, None where it brought none.

    `gini`: Gini coefficient of impressions over the catalogue, items never shown included.
    """

    coverage: float
    gini: float
    new_items: float
    new_creators: float
    reached: float | None


class Turn(_Part):
    """One turn of the loop.

    `served_by`: the release, or BOOTSTRAP. `means`: mean value of a slate by policy on the same requests. `gap`: share
    of the oracle gap that each policy closes, `ahead`: by how much the served slates are ahead of each other policy,
    in shares of the gap (paired by user). `segments`: gap closed by segment and policy.
    """

    number: int
    day: date
    served_by: str
    users: int
    requests: int
    impressions: int
    outcomes: int
    means: dict[str, float]
    gap: dict[str, Interval]
    ahead: dict[str, Interval]
    segments: dict[str, dict[str, float]]
    exposure: Exposure
    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0
