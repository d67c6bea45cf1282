"""How policies stand on one day: values, and the share of the oracle gap closed, overall and by segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from worlds.draws import Codes, Floats
from worlds.sessions import Requests
from worlds.truth.gap import Estimate, mean, oracle_gap
from worlds.truth.segments import impression_segments, request_segments
from worlds.world import World

RANDOM, OPTIMAL = "random", "optimal"


@dataclass(frozen=True)
class Standing:
    """Value of each policy per request, and gap closed: by policy, and by (segment, policy)."""

    values: dict[str, Estimate]
    gaps: dict[str, Estimate]
    segments: dict[tuple[str, str], Estimate]


def standing(world: World, asked: Requests, shown: Mapping[str, Codes]) -> Standing:
    """Compare the policies whose slates (r, k) of the same requests are `shown`, among them `random` and `optimal`.

    In a segment of items a policy's value is what it earns with them.
    """
    worth = {name: world.rates(asked, slates).utility for name, slates in shown.items()}
    total = {name: utility.sum(axis=1) for name, utility in worth.items()}
    found: dict[tuple[str, str], Estimate] = {}
    for segment, mask in request_segments(world, asked).items():
        part = {name: values[mask] for name, values in total.items()}
        found |= {(segment, name): gap for name, gap in _gaps(part, asked.user[mask]).items()}
    inside = {name: impression_segments(world, asked, slates) for name, slates in shown.items()}
    for segment in inside[RANDOM]:
        part = {name: np.where(inside[name][segment], worth[name], 0.0).sum(axis=1) for name in shown}
        found |= {(segment, name): gap for name, gap in _gaps(part, asked.user).items()}
    values = {name: mean(one, asked.user) for name, one in total.items()}
    return Standing(values, _gaps(total, asked.user), found)


def _gaps(total: Mapping[str, Floats], user: Codes) -> dict[str, Estimate]:
    return {
        name: oracle_gap(values, total[RANDOM], total[OPTIMAL], user)
        for name, values in total.items()
        if name not in (RANDOM, OPTIMAL)
    }
