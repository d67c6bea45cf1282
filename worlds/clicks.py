"""Which slots are looked at: the position-based model, and the cascade (Craswell et al., 2008; Guo et al., 2009).

Both say how likely slot j is looked at; the cascade's answer depends on the clicks above, so it is a product over them.
"""

from __future__ import annotations

import numpy as np

from worlds.config import Clicks
from worlds.draws import Codes, Floats, Mask


def by_position(spec: Clicks, slots: int) -> Floats:
    """(slots,) probability of looking at each slot under the position model."""
    return np.asarray(spec.first / (1.0 + spec.decay * np.arange(slots)))


def continues(spec: Clicks, click: Floats) -> Floats:
    """Probability of looking on below a slot that was looked at and whose click has probability `click`."""
    return np.asarray(spec.after_click * click + spec.after_skip * (1.0 - click))


def examination(spec: Clicks, click: Floats, slot: Codes | None = None) -> Floats:
    """(r, k) exact probability that each slot is looked at; `click` (r, k) is that of a click once it is.

    Under the position model `slot` (k,) may name other slots than 0..k-1.
    """
    if spec.model == "position":
        slots = np.arange(click.shape[1]) if slot is None else slot
        chance = by_position(spec, int(slots.max(initial=-1)) + 1)[slots]
        return np.broadcast_to(chance, click.shape)
    on = np.cumprod(continues(spec, click), axis=1)
    above = np.concatenate([np.ones((len(click), 1)), on[:, :-1]], axis=1)
    return np.asarray(spec.first * above)


def look(spec: Clicks, looked: Floats, clicked: Mask) -> Mask:
    """(r, k) which slots are looked at, from `looked` (r, k) uniform numbers and the would-be clicks (r, k)."""
    if spec.model == "position":
        return np.asarray(looked < by_position(spec, looked.shape[1]))
    on = np.where(clicked, spec.after_click, spec.after_skip)
    chance = np.concatenate([np.full((len(looked), 1), spec.first), on[:, :-1]], axis=1)
    return np.logical_and.accumulate(looked < chance, axis=1)
