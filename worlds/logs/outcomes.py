"""The outcome layer: rows of what happened, and the day on which each arrives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worlds.draws import Codes, Mask
from worlds.logs.words import timestamps
from worlds.outcomes import Outcomes
from worlds.sessions import DAY_US, midnight
from worlds.world import World


def logged(world: World, happened: Outcomes) -> Outcomes:
    """`happened` without the outcomes that only the truth knows."""
    shown = np.array([not spec.hidden for spec in world.config.outcomes.values()])
    return kept(happened, shown[happened.outcome])


def kept(happened: Outcomes, events: Codes | Mask) -> Outcomes:
    """`happened` with those `events` alone, in that order."""
    return replace(
        happened,
        impression=happened.impression[events],
        outcome=happened.outcome[events],
        part=happened.part[events],
        value=happened.value[events],
        occurred_at=happened.occurred_at[events],
    )


def outcome_rows(happened: Outcomes, request_ids: pa.Array, impression_ids: pa.Array) -> pa.Table:
    """The outcome layer's rows for the events of `happened`, in its order.

    `request_ids` (r,) and `impression_ids` (r k,), raveled, are those of the requests it is about.
    """
    at = pa.array(happened.impression)
    ids = impression_ids.take(at)
    return pa.table(
        {
            "outcome_id": pc.binary_join_element_wise(ids, _suffixes(happened), "-"),
            "impression_id": ids,
            "request_id": request_ids.take(pa.array(happened.impression // happened.items.shape[1])),
            "outcome": pa.array(happened.names).take(pa.array(happened.outcome)),
            "value": pa.array(happened.value),
            "occurred_at": timestamps(happened.occurred_at),
        }
    )


def days_late(world: World, happened: Outcomes) -> Codes:
    """(e,) days from the world's day to that on which each event occurs."""
    return np.asarray((happened.occurred_at - midnight(world.date)) // DAY_US)


def _suffixes(happened: Outcomes) -> pa.Array:
    parts = int(happened.part.max(initial=0)) + 1
    words = [name if part == 0 else f"{name}{part}" for name in happened.names for part in range(parts)]
    return pa.array(words).take(pa.array(happened.outcome * parts + happened.part))
