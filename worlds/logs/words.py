"""Ids, times and labels of a world's rows as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from worlds.draws import Codes, Floats
from worlds.sessions import DAY_US, midnight
from worlds.world import World


def numbered(prefix: str, index: Codes, width: int) -> pa.Array:
    """`prefix` and each number, padded with zeros to `width` digits."""
    digits = pc.utf8_lpad(pa.array(index.astype(np.int64)).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def item_ids(world: World, rows: Codes) -> pa.Array:
    """`v000042` for item row 42 of a world whose prefix is v."""
    return numbered(world.config.catalogue.prefix, rows, 6)


def user_ids(rows: Codes) -> pa.Array:
    """`u00042` for user row 42."""
    return numbered("u", rows, 5)


def row_of(identifier: str) -> int:
    """The row of the item or user called `identifier`: the inverse of `item_ids` and `user_ids`."""
    return int(identifier.lstrip("abcdefghijklmnopqrstuvwxyz"))


def timestamps(microseconds: Codes) -> pa.Array:
    """UTC microseconds since 1970 as Arrow timestamps."""
    return pa.array(microseconds, pa.timestamp("us", tz="UTC"))


def world_times(world: World, days: Floats) -> pa.Array:
    """Days since the world's first day as Arrow timestamps."""
    return timestamps(midnight(world.first_day) + np.round(days * DAY_US).astype(np.int64))


def labels(names: Sequence[str | None], codes: npt.NDArray[np.int64]) -> pa.Array:
    """`names[codes]`, null where the name is None."""
    return pa.array(names, pa.string()).take(pa.array(codes))
