"""The `slate` of a surface file: how many candidates, which rules, what gives way, what is drawn and how."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from surfaces.exploration import Diversity, Exploration
from surfaces.part import Count, Part, Positive
from surfaces.rules import RELAX, Bounds, Minimum, Mix, RuleName, Sponsored, Supply

SlateSource = Literal["als", "item_item", "two_tower", "popular", "fresh", "newest", "reserve"]


class Slate(Part):
    """How a slate is put together.

    `candidates` are merged, of which the light ranker leaves `heavy` (default: all) to the heavy one. Rules hold at
    every slot; where no item is left that breaks none, the reserve is drawn from, then they give way one after
    another as `relax` lists them. A rule that `relax` leaves out never does, and then a slate may stay short.
    `creator_gap`: slots between two items of one creator (1: not back to back). `epsilon` is short for,
    and wins over, `exploration: {epsilon: ...}`.
    """

    size: Positive = 10
    candidates: Positive = 200
    heavy: Positive | None = None
    max_per_creator: Positive | None = None
    max_per_topic: Positive | None = None
    creator_gap: Count = 0
    mix: tuple[Mix, ...] = ()
    sources: dict[SlateSource, Bounds] = Field(default_factory=dict)
    sponsored: Sponsored | None = None
    fresh: Minimum | None = None
    new_creators: Minimum | None = None
    supply: tuple[Supply, ...] = ()
    relax: tuple[RuleName, ...] = RELAX
    diversity: Diversity | None = None
    exploration: Exploration = Exploration()

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "epsilon" not in content:
            return content
        rest = {key: value for key, value in content.items() if key != "epsilon"}
        given = rest.get("exploration") or {}
        own = dict(given) if isinstance(given, dict) else given.model_dump()
        return rest | {"exploration": own | {"epsilon": content["epsilon"]}}

    @model_validator(mode="after")
    def _minimums_fit(self) -> Self:
        promised = sum(self.minimums(self.size).values())
        if promised > self.size:
            raise ValueError(f"minimums: found {promised} slots promised; allowed are the slate's {self.size}")
        stuck = [name for name in self.minimums(self.size) if name.partition(" ")[0] not in self.relax]
        if stuck:
            raise ValueError(f"relax: found no {stuck[0].partition(' ')[0]}; a minimum must be able to give way")
        if len(set(self.relax)) < len(self.relax):
            raise ValueError(f"relax: found a rule twice in {', '.join(self.relax)}")
        return self

    def minimums(self, size: int) -> dict[str, int]:
        """The least count of every kind that has one on a slate of `size`: `fresh`, `mix topic:music`, ..."""
        wanted: dict[str, int] = {}
        for name, minimum in (("fresh", self.fresh), ("new_creators", self.new_creators)):
            if minimum is not None:
                wanted[name] = Bounds(least=minimum.least).least_of(size, self.size)
        for mix in self.mix:
            wanted[f"mix {mix.label}"] = mix.least_of(size, self.size)
        for source, bounds in self.sources.items():
            wanted[f"sources {source}"] = bounds.least_of(size, self.size)
        return {name: least for name, least in wanted.items() if least}
