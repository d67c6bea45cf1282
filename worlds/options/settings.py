"""The settings of each option, as a world's file gives them; `DRIVERS` are what outcomes may depend on with it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from worlds.part import Amount, Part, Positive, Share


class Kitchens(Part):
    """The town and its kitchens."""

    DRIVERS: ClassVar[tuple[str, ...]] = ("minutes", "queue")

    side: Positive = 6
    minutes_per_zone: Amount = 6.0
    furthest_minutes: Amount = 30.0
    """Stores further away than this are not offered."""
    preparation_minutes: Amount = 15.0
    always_open: Share = 0.1
    capacity: Annotated[float, Field(gt=0.0)] = 20.0
    """Orders a day that a kitchen of average size manages without a queue."""
    queue_minutes: Amount = 25.0
    """Wait at twice the capacity."""
    forget: Share = 0.6
    """What remains of yesterday's load."""


class Weekly(Part):
    """How soon an artist tires."""

    DRIVERS: ClassVar[tuple[str, ...]] = ("artist",)

    tires: Positive = 3


class Boards(Part):
    """How many boards each user keeps."""

    DRIVERS: ClassVar[tuple[str, ...]] = ("board",)

    each: Positive = 3


class Social(Part):
    """How many creators each user follows, and the share of them that are of the user's own topic."""

    DRIVERS: ClassVar[tuple[str, ...]] = ("network", "circle")

    follows: Positive = 12
    own_topic: Share = 0.7


class Options(Part):
    """Every option a world can have."""

    kitchens: Kitchens | None = None
    weekly: Weekly | None = None
    boards: Boards | None = None
    social: Social | None = None

    @property
    def drivers(self) -> tuple[str, ...]:
        """Names that outcomes may use because of the options."""
        found = (getattr(self, name) for name in type(self).model_fields)
        return tuple(driver for option in found if option is not None for driver in option.DRIVERS)
