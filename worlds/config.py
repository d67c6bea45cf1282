"""The typed model of a world's YAML file: sizes, strengths and options of one simulated population."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from worlds.faults.faults import Faults
from worlds.options.settings import Options
from worlds.part import Amount, Count, Part, Positive, Share, Shares, Span
from worlds.vocabulary import COUNTRIES, DAYPARTS

DRIVERS = ("taste", "quality", "bait", "fresh", "user", "consumed", "language", "duration", "sensitive", "bot")
"""What an outcome may depend on in every world; options add their own."""


class Population(Part):
    """Who is there and how often they come."""

    users: Positive
    new_users: Count = 0
    """Sign-ups a day."""
    sessions: Annotated[float, Field(gt=0.0)] = 1.0
    """Mean sessions of a user and day."""
    activity: Amount = 0.9
    """Spread (sigma of its logarithm) of the sessions between users."""
    requests: Annotated[float, Field(ge=1.0)] = 2.5
    """Mean requests of a session."""
    drift: Amount = 0.004
    """Radians a day by which tastes turn."""
    tilt: Share = 0.25
    """Share of users' topics that follow from their country and age."""
    taste_noise: Amount = 0.08
    bias: Amount = 0.35
    friends: Annotated[int, Field(ge=0, le=64)] = 8
    homophily: Share = 0.7
    """Share of friends that share country and main topic."""
    countries: Shares = Field(default_factory=lambda: {"US": 0.4, "IN": 0.25, "BR": 0.2, "GB": 0.15})
    devices: Shares = Field(default_factory=lambda: {"phone": 0.74, "desktop": 0.12, "tablet": 0.1, "tv": 0.04})
    networks: Shares = Field(default_factory=lambda: {"wifi": 0.5, "4g": 0.3, "5g": 0.2})

    @field_validator("countries", "devices", "networks")
    @classmethod
    def _sum_to_one(cls, shares: Shares) -> Shares:
        if abs(sum(shares.values()) - 1.0) > 1e-6:
            raise ValueError(f"found shares that sum to {sum(shares.values()):g}; allowed is a sum of 1")
        return shares

    @field_validator("countries")
    @classmethod
    def _known(cls, shares: Shares) -> Shares:
        unknown = [name for name in shares if name not in COUNTRIES]
        if unknown:
            raise ValueError(f"found {unknown[0]!r}; allowed are {', '.join(COUNTRIES)}")
        return shares


class Catalogue(Part):
    """What can be shown."""

    items: Positive
    topics: Positive
    new_items: Count = 0
    """Items created a day."""
    creators: Positive = 400
    new_creators: Count = 0
    prefix: Annotated[str, Field(pattern=r"^[a-z]{1,4}$")] = "v"
    noun: str = "clip"
    creator_noun: Annotated[str, Field(pattern=r"^[a-z]{1,4}$")] = "c"
    past_days: Amount = 30.0
    """Age of the oldest item on the first day."""
    fresh_days: Annotated[float, Field(gt=0.0)] = 4.0
    """Freshness falls to 1/e in this time."""
    item_noise: Amount = 0.13
    """Distance of an item from its topic."""
    content_noise: Amount = 0.12
    content_missing: Share = 0.08
    creator_quality: Amount = 0.5
    quality: Amount = 0.7
    audience: Amount = 0.7
    """Exponent of the heavy tail of creators' output."""
    duration_s: tuple[float, float] = (25.0, 0.7)
    """Median seconds, and the sigma of their logarithm."""
    licensed: Share = 1.0
    """Share of items that may be shown in every country; the others in some."""
    sensitive: Share = 0.02
    sponsored: Share = 0.0
    capability: Shares = Field(default_factory=dict)
    """Share of items that need at least this device capability; devices rank in the order they are listed."""


class Clicks(Part):
    """How a slate is looked at: by position alone, or from the top until the user stops (cascade)."""

    model: Literal["position", "cascade"] = "position"
    first: Share = 0.95
    """Probability that the first slot is looked at."""
    decay: Amount = 0.14
    """Position model: slot j is looked at with probability first / (1 + decay j)."""
    after_click: Share = 0.5
    """Cascade: probability of looking on after a click, and after none."""
    after_skip: Share = 0.9
    gap_s: Span = (1.0, 9.0)
    """Seconds from one slot to the next."""


class Delay(Part):
    """When an outcome happens after what it follows: log-normal, at most `most_s`; a share `late` much later."""

    median_s: Annotated[float, Field(gt=0.0)] = 4.0
    sigma: Amount = 0.8
    most_s: Annotated[float, Field(gt=0.0)] = 86400.0
    late: Share = 0.0
    late_s: Span = (3600.0, 7200.0)


class OutcomeSpec(Part):
    """One thing that can happen to something looked at.

    A binary outcome happens with probability sigmoid(base + sum of effect times driver), an amount (`unit` given) is
    exp of the same plus sigma times a normal, within `least` and `most`, always once `given` happened.
    """

    given: str = "examined"
    unless: str | None = None
    base: float
    effects: dict[str, float] = Field(default_factory=dict)
    devices: dict[str, float] = Field(default_factory=dict)
    """Added by device."""
    networks: dict[str, float] = Field(default_factory=dict)
    dayparts: dict[str, float] = Field(default_factory=dict)
    unit: str | None = None
    sigma: Amount = 0.6
    least: Amount = 0.5
    most: Annotated[float, Field(gt=0.0)] = 600.0
    split: Annotated[float, Field(gt=0.0)] | None = None
    """An amount beyond this is reported in two rows."""
    hidden: bool = False
    """Known to the truth alone, never logged."""
    delay: Delay = Delay()


class Logging(Part):
    """The policy that fills the bootstrap days: drawn in proportion to popularity, with exploration."""

    temper: Amount = 1.0
    """Power of popularity in the draw; 0 is uniform."""
    explore: Share = 0.1
    """Share of slots drawn uniformly."""
    forget: Share = 0.75
    """What remains of yesterday's counts."""
    prior: Annotated[float, Field(gt=0.0)] = 30.0
    """Impressions that an item is credited with before any was counted."""
    sampled: Share = 0.01
    """Share of requests whose candidates and rankings are logged."""
    candidates: Positive = 100
    """Candidates that are logged of a sampled request."""


class WorldConfig(Part):
    """One world, validated whole. Raised errors are pydantic's; `worlds.load` puts them into words."""

    world: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    surface: str
    description: str
    seed: int = 20260101
    first_day: date = date(2026, 1, 1)
    days: Positive = 8
    dimensions: Annotated[int, Field(ge=2, le=256)] = 16
    population: Population
    catalogue: Catalogue
    clicks: Clicks = Clicks()
    outcomes: Annotated[dict[str, OutcomeSpec], Field(min_length=1)]
    consumed_by: str = "click"
    """The outcome after which an item counts as consumed."""
    memory: Positive = 60
    """Consumed items that a user remembers."""
    logs: Logging = Logging()
    options: Options = Options()
    faults: Faults = Faults()

    @model_validator(mode="after")
    def _outcomes_follow_earlier_ones(self) -> Self:
        before = ["examined"]
        for name, spec in self.outcomes.items():
            for key, other in (("given", spec.given), ("unless", spec.unless)):
                if other is not None and other not in before:
                    raise ValueError(f"outcomes.{name}.{key}: found {other!r}; allowed are {', '.join(before)}")
            before.append(name)
            siblings = [other for other in self.outcomes if self.outcomes[other].given == spec.given]
            if spec.unless is not None and spec.unless not in siblings:
                raise ValueError(
                    f"outcomes.{name}.unless: found {spec.unless!r}; "
                    f"allowed are other outcomes given {spec.given!r}: {', '.join(siblings)}"
                )
        return self

    @model_validator(mode="after")
    def _devices_and_countries_are_known(self) -> Self:
        unknown = [name for name in self.catalogue.capability if name not in self.population.devices]
        if unknown:
            devices = ", ".join(self.population.devices)
            raise ValueError(f"catalogue.capability: found {unknown[0]!r}; allowed are the devices {devices}")
        outage = self.faults.outage
        if outage is not None and outage.country not in self.population.countries:
            countries = ", ".join(self.population.countries)
            raise ValueError(f"faults.outage.country: found {outage.country!r}; allowed are {countries}")
        return self

    @model_validator(mode="after")
    def _a_town_lies_in_one_country(self) -> Self:
        if self.options.kitchens is not None and len(self.population.countries) > 1:
            found = ", ".join(self.population.countries)
            raise ValueError(f"population.countries: found {found}; allowed is one, where options.kitchens has a town")
        return self

    @model_validator(mode="after")
    def _consumption_follows_a_look(self) -> Self:
        seen = [name for name, spec in self.outcomes.items() if spec.given == "examined" and not spec.unless]
        if self.consumed_by not in seen:
            raise ValueError(f"consumed_by: found {self.consumed_by!r}; allowed are {', '.join(seen)}")
        return self

    @model_validator(mode="after")
    def _effects_are_known(self) -> Self:
        known = {
            "effects": self.drivers,
            "devices": tuple(self.population.devices),
            "networks": tuple(self.population.networks),
            "dayparts": DAYPARTS,
        }
        for name, spec in self.outcomes.items():
            for key, allowed in known.items():
                for found in getattr(spec, key):
                    if found not in allowed:
                        raise ValueError(f"outcomes.{name}.{key}: found {found!r}; allowed are {', '.join(allowed)}")
        return self

    @property
    def drivers(self) -> tuple[str, ...]:
        """Names that an outcome's effects may use in this world."""
        return DRIVERS + self.options.drivers
