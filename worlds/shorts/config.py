"""The sizes and strengths of the default world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from schemas.errors import UserError

SURFACE = "shorts"
FIRST_DAY = date(2026, 1, 1)
DAYS = 8
SEED = 20260101
SLATE = 10
"""Slots of a request."""
DIMENSIONS = 16
"""Length of latent and content vectors."""


@dataclass(frozen=True)
class WorldConfig:
    """Sizes of the population and its daily traffic. Raises UserError for a world without users or items."""

    users: int = 5000
    items: int = 3000
    new_items: int = 80
    """Items created each day."""
    creators: int = 400
    topics: int = 20
    sessions: float = 0.95
    """Mean sessions of a user and day."""
    requests: float = 2.5
    """Mean requests of a session."""
    sampled: float = 0.01
    """Share of requests whose candidates and rankings are logged."""

    burn_in: int = 4
    """Days lived before the first one, unlogged, so that the policy and the users start with a past."""

    def __post_init__(self) -> None:
        if self.users < 1 or self.items < 200:
            raise UserError(
                f"a world needs users >= 1 and items >= 200; found users {self.users}, items {self.items}",
                fix="give larger sizes",
            )
