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

    `country_tags`, `device_tags`: prefixes of tags. An item with tags `licensed:DE` and `licensed:FR` is, with
    `country_tags: "licensed:"`, shown in those two countries alone; one without such a tag everywhere.
    """

    withhold: tuple[Withhold, ...] = ()
    country_tags: Annotated[str, Field(min_length=1)] | None = None
    device_tags: Annotated[str, Field(min_length=1)] | None = None
    trip: Trip = Trip()

    @model_validator(mode="after")
    def _prefixes_differ(self) -> Self:
        if self.country_tags is not None and self.country_tags == self.device_tags:
            raise ValueError(f"device_tags: found {self.device_tags!r}, which country_tags has too")
        return self
