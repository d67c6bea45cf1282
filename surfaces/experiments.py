"""Experiments as product declares them: layers of arms, each arm a share of the users and what it changes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

HOLDBACK = "holdback"
"""The arm, in every layer, of users who are kept out of all experiments."""

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(_Part):
    """A share of the users, and the value weights and keys of the slate that are other for them."""

    share: _Share
    value: dict[str, float] = Field(default_factory=dict)
    slate: dict[str, Any] = Field(default_factory=dict)


class Layer(_Part):
    """Arms that exclude one another. Layers are independent: a user's arm in one tells nothing of that in another.

    `salt` draws the users anew. Users beyond the sum of the shares are in no arm of the layer.
    """

    salt: str = ""
    arms: Annotated[dict[_Name, Arm], Field(min_length=1)]


class Experiments(_Part):
    """`holdback` of the users see no experiment at all, so that the sum of everything tried can be measured."""

    holdback: _Share = 0.0
    salt: str = ""
    layers: dict[_Name, Layer] = Field(default_factory=dict)

    def faults(self) -> list[str]:
        """What is wrong with the shares and the names, in words."""
        found = []
        for name, layer in self.layers.items():
            total = sum(arm.share for arm in layer.arms.values())
            if total > 1.0 + 1e-9:
                found.append(f"experiments.layers.{name}.arms: found shares of {total:g} in all; allowed is 1 at most")
            if HOLDBACK in layer.arms:
                found.append(f"experiments.layers.{name}.arms: found {HOLDBACK!r}; that name is kept for the holdback")
        return found
