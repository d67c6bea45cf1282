"""The arm of every layer that a user is in: a salted hash, so the same on every server and again tomorrow."""

from __future__ import annotations

from serving.dice import chance
from surfaces.experiments import HOLDBACK, Experiments, Layer


def assign(experiments: Experiments, unit: str) -> tuple[str, ...]:
    """`layer:arm` for each layer in which `unit` (a user, else a session, else a request) is in an arm.

    Layers draw independently of one another (Tang et al., KDD 2010, "Overlapping experiment infrastructure"). Who is
    held back is in the arm `holdback` of every layer.
    """
    if held_back(experiments, unit):
        return tuple(f"{layer}:{HOLDBACK}" for layer in experiments.layers)
    drawn = ((name, _arm(name, layer, unit)) for name, layer in experiments.layers.items())
    return tuple(f"{layer}:{arm}" for layer, arm in drawn if arm is not None)


def held_back(experiments: Experiments, unit: str) -> bool:
    """Whether `unit` is kept out of all experiments."""
    return chance(unit, f"holdback {experiments.salt}") < experiments.holdback


def _arm(name: str, layer: Layer, unit: str) -> str | None:
    luck, edge = chance(unit, f"experiment {name} {layer.salt}"), 0.0
    for arm, described in layer.arms.items():
        edge += described.share
        if luck < edge:
            return arm
    return None
