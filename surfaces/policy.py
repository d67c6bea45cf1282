"""What must not be shown to whom, as data: hard rules that hold before anything is scored and never give way."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from surfaces.duration import Duration
from surfaces.part import Label, Part, Positive, Share


class Withhold(Part):
    """Items that bear `label` are withheld from every request that fits all conditions named here; none: from all.

    `countries`, `devices`: where. `elsewhere`, `otherwise`: everywhere but in those countries, on all but those
    devices; a request that does not say where it comes from counts as elsewhere. `unknown_users`: from those the
    release knows nothing of (sensitive content, say).
    """

    label: Label
    countries: tuple[str, ...] | None = None
    elsewhere: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    otherwise: tuple[str, ...] | None = None
    unknown_users: bool = False

    def fits(self, known: bool, country: str | None, device: str | None) -> bool:
        """Whether a request of a user `known` or not, from `country` on `device`, must not see them."""
        return (
            (self.countries is None or country in self.countries)
            and (self.elsewhere is None or country not in self.elsewhere)
            and (self.devices is None or device in self.devices)
            and (self.otherwise is None or device not in self.otherwise)
            and not (self.unknown_users and known)
        )


class Trip(Part):
    """When a server leaves a release for the one before: more than the share `most` of the slots that it filled within
    `window`, once they are `least` or more, broke a rule that had not given way."""

    window: Duration = timedelta(minutes=5)
    most: Share = 0.001
    least: Positive = 500


class Policy(Part):
    """Hard rules, and `trip`, what happens where they do not hold.

    `country_tags`, `device_tags`, `area_tags`, `hour_tags`: prefixes of tags. An item with tags `licensed:DE` and
    `licensed:FR` is, with `country_tags: "licensed:"`, shown in those two countries alone; one without such a tag
    everywhere. An area is what the request names as one (a delivery zone, say), an hour one of the UTC day, 00 to 23.
    """

    withhold: tuple[Withhold, ...] = ()
    country_tags: Annotated[str, Field(min_length=1)] | None = None
    device_tags: Annotated[str, Field(min_length=1)] | None = None
    area_tags: Annotated[str, Field(min_length=1)] | None = None
    hour_tags: Annotated[str, Field(min_length=1)] | None = None
    trip: Trip = Trip()

    @model_validator(mode="after")
    def _prefixes_differ(self) -> Self:
        had: dict[str, str] = {}
        for name, prefix in self.bindings.items():
            if prefix in had:
                raise ValueError(f"{name}_tags: found {prefix!r}, which {had[prefix]}_tags has too")
            had[prefix] = name
        return self

    @property
    def bindings(self) -> dict[str, str]:
        """By what an item may be bound to (country, device, area, hour), the prefix of the tags that say so."""
        prefixes = {
            "country": self.country_tags,
            "device": self.device_tags,
            "area": self.area_tags,
            "hour": self.hour_tags,
        }
        return {name: prefix for name, prefix in prefixes.items() if prefix is not None}
