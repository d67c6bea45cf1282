"""What every part of a world file has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0.0)]
Shares = dict[str, Share]


def _ascending(span: tuple[float, float]) -> tuple[float, float]:
    if not 0.0 <= span[0] <= span[1]:
        raise ValueError(f"found {list(span)}; allowed are two numbers from 0 on, the smaller one first")
    return span


Span = Annotated[tuple[float, float], AfterValidator(_ascending)]


class Part(BaseModel):
    """A part of a world file: nothing unknown, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Spell(Part):
    """Something that holds from day number `from_day` (0 is the first) to `to_day`, both included, or for good."""

    from_day: Count = 0
    to_day: Count | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Spell:
        if self.to_day is not None and self.to_day < self.from_day:
            raise ValueError(f"to_day: found {self.to_day}; allowed is {self.from_day} or more")
        return self

    def active(self, day: int) -> bool:
        """Whether it holds on day number `day`."""
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)
