"""Weighed slates as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.ope.clusters import Codes, user_codes
from evaluation.ope.terms import Doubles
from jobs.offpolicy.weighing import Weighed


@dataclass(frozen=True)
class Rows:
    """n weighed slates of K slots: as `Weighed`, padded with weight 1 and 0 elsewhere, with (n, K) `rewards`."""

    weights: Doubles
    predicted: Doubles
    baseline: Doubles
    rollout: Doubles
    modelled: Doubles
    rewards: Doubles
    users: Codes


def rows_of(weighed: Sequence[tuple[Weighed, list[float], str]]) -> Rows:
    """The rows of slates as (weighed, rewards, user), as long as the longest."""
    slots = max(len(rewards) for _, rewards, _ in weighed)

    def padded(name: str, fill: float) -> Doubles:
        found = np.full((len(weighed), slots), fill)
        for row, (one, rewards, _) in enumerate(weighed):
            found[row, : len(rewards)] = rewards if name == "rewards" else getattr(one, name)
        return found

    fills = {"weights": 1.0, "predicted": 0.0, "baseline": 0.0, "rollout": 0.0, "modelled": np.nan, "rewards": 0.0}
    arrays = {name: padded(name, fill) for name, fill in fills.items()}
    return Rows(**arrays, users=user_codes([user for _, _, user in weighed]))
