"""How slots are drawn, as data: the policy, its setpoint for each segment, reserved slots, the quality floor."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from surfaces.part import Above, Count, Part, Share
from surfaces.rules import Floor

PolicyName = Literal["epsilon_greedy", "plackett_luce", "thompson"]
SETPOINTS = {"epsilon_greedy": "epsilon", "plackett_luce": "temperature", "thompson": "width"}


class Setpoint(Part):
    """How much is explored.

    `epsilon`: share of every draw that is uniform, under any policy. `temperature` of Plackett-Luce, and `width`, the
    standard deviation of a Thompson score for an item never shown, are in units of relevance: the best candidate of a
    request has 1, its worst 0.
    """

    epsilon: Share = 0.0
    temperature: Above = 0.1
    width: Above = 0.2


class Segment(Part):
    """A setpoint for those requests that fit every condition named here."""

    known: bool | None = None
    countries: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    epsilon: Share | None = None
    temperature: Above | None = None
    width: Above | None = None

    def fits(self, known: bool, country: str | None, device: str | None) -> bool:
        """Whether a request of a user `known` or not, from `country` on `device`, belongs here."""
        return (
            self.known in (None, known)
            and (self.countries is None or country in self.countries)
            and (self.devices is None or device in self.devices)
        )


class Exploration(Setpoint):
    """How the item of a slot is drawn from those that are eligible.

    - `epsilon_greedy`: the best.
    - `plackett_luce`: with probability proportional to exp(relevance / temperature).
    - `thompson`: the best under one of `samples` stated draws from a posterior of every item's relevance.

    Each is mixed with a share `epsilon` of uniform exploration; the slots `reserved` (from 0) are uniform altogether.
    After `strength` impressions the variance of a Thompson score has halved. What is explored, that is, not the best,
    is at or above `floor`. The first of `segments` that fits a request overrides the setpoint. So many of the `newest`
    items are candidates of every request: what no model knows yet is offered by no source, and could not be explored.
    """

    policy: PolicyName = "epsilon_greedy"
    samples: Annotated[int, Field(ge=2, le=1024)] = 64
    strength: Above = 20.0
    reserved: tuple[Count, ...] = ()
    floor: Floor | None = None
    newest: Count = 0
    segments: tuple[Segment, ...] = ()

    @model_validator(mode="after")
    def _fits_the_policy(self) -> Self:
        for place, segment in enumerate(self.segments):
            for policy, key in SETPOINTS.items():
                if policy not in ("epsilon_greedy", self.policy) and getattr(segment, key) is not None:
                    raise ValueError(f"segments.{place}.{key}: found for policy {self.policy}; it belongs to {policy}")
        return self

    def setpoint(self, known: bool, country: str | None, device: str | None) -> Setpoint:
        """The setpoint of one request."""
        for segment in self.segments:
            if segment.fits(known, country, device):
                return Setpoint(
                    epsilon=self.epsilon if segment.epsilon is None else segment.epsilon,
                    temperature=self.temperature if segment.temperature is None else segment.temperature,
                    width=self.width if segment.width is None else segment.width,
                )
        return Setpoint(epsilon=self.epsilon, temperature=self.temperature, width=self.width)

    def words(self, setpoint: Setpoint) -> str:
        """The policy with its setpoint as the request log names it, such as `epsilon_greedy(0.05)`."""
        if self.policy == "epsilon_greedy":
            return f"epsilon_greedy({setpoint.epsilon:g})" if setpoint.epsilon else "greedy"
        own = getattr(setpoint, SETPOINTS[self.policy])
        mixed = f", epsilon {setpoint.epsilon:g}" if setpoint.epsilon else ""
        return f"{self.policy}({own:g}{mixed})"


class Diversity(Part):
    """Relevance against likeness to the items above, at every slot, over the eligible set.

    - `mmr`: trade * relevance - (1 - trade) * likeness to the likest item above (Carbonell, Goldstein: SIGIR 1998).
    - `dpp`: trade * relevance + (1 - trade) * ln(what no item above covers of it), the greedy MAP of a determinantal
      point process (Chen, Zhang, Zhou: NeurIPS 2018).

    Likeness is the cosine of the items' vectors in the model that `by` names, or, by `attributes`, one half for the
    same topic and one half for the same creator.
    """

    kind: Literal["mmr", "dpp"] = "mmr"
    trade: Share = 0.7
    by: Literal["attributes", "als", "two_tower"] = "attributes"
