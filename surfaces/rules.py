"""Rules of a slate as data: caps, mix, sponsorship, minimums and supply, each a part of a surface's `slate`."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from surfaces.duration import Duration
from surfaces.part import Count, Label, Part, Positive, Share

RuleName = Literal[
    "supply",
    "sources",
    "mix",
    "fresh",
    "new_creators",
    "creator_gap",
    "max_per_topic",
    "max_per_creator",
    "sponsored",
    "seen",
]
"""What may give way, as `relax` and the impression log name it. `seen` is: not what the user has responded to."""

RELAX: tuple[RuleName, ...] = tuple(name for name in get_args(RuleName) if name != "sponsored")
"""The order in which rules give way unless a surface says another: sponsorship never does."""


class Bounds(Part):
    """Least and most items of a kind on a slate, as counts for a slate of the surface's own size, or as shares.

    On another size, counts of `least` shrink in proportion (rounded down) and never grow; shares are rounded down.
    """

    least: Count = 0
    most: Count | None = None
    least_share: Share = 0.0
    most_share: Share | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most is not None and self.least > self.most:
            raise ValueError(f"found least {self.least} above most {self.most}")
        if self.most_share is not None and self.least_share > self.most_share:
            raise ValueError(f"found least_share {self.least_share} above most_share {self.most_share}")
        return self

    def least_of(self, size: int, own: int) -> int:
        """The least count on a slate of `size` on a surface whose own size is `own`."""
        return max(scaled(self.least, size, own), int(self.least_share * size + 1e-9))

    def most_of(self, size: int) -> int | None:
        """The greatest count on a slate of `size`; None if there is none."""
        share = None if self.most_share is None else int(self.most_share * size + 1e-9)
        bounds = [bound for bound in (self.most, share) if bound is not None]
        return min(bounds) if bounds else None


def scaled(least: int, size: int, own: int) -> int:
    """A minimum of `least` for a slate of `own` slots, on one of `size`."""
    return min(least, least * size // own)


class Mix(Bounds):
    """Bounds on the items that bear `label`."""

    label: Label


class Floor(Part):
    """At least `least` by `score`: `value`, or a ranker head's calibrated score. What has no score is below it."""

    score: str = "value"
    least: float


class Sponsored(Part):
    """Among any `one_in` neighbouring slots at most one item bears `label`, and only items above `floor` do."""

    label: Label = "tag:sponsored"
    one_in: Annotated[int, Field(ge=2)]
    floor: Floor | None = None


class Minimum(Part):
    """At least `least` items that are new: created (a new creator: whose first item was) `within` so long before."""

    least: Positive
    within: Duration


class Supply(Part):
    """Not items whose batch `feature` (a count of what was shown, say) is above `most`: their supply is used up."""

    feature: str
    most: float
