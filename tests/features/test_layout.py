"""The layout of the dense matrix: blocks of whole entities and single columns come out alike."""

from __future__ import annotations

import numpy as np

from features.layout import Layout
from features.registry import batch, registry
from features.request import Context
from surfaces.surface import Surface

CREATED = np.array([0, 1_767_000_000_000_000])
NOTHING = np.zeros(2, np.float32)
CONTEXT = Context.of_request(
    1_767_960_000_000_000, CREATED, 3, affinity=NOTHING, neighbours=NOTHING, duration_s=NOTHING
)


def test_blocks_are_the_columns_of_their_entities(shorts: Surface) -> None:
    layout, items, users = Layout.of(shorts), batch(shorts, "item"), batch(shorts, "user")
    block = np.arange(2 * len(items), dtype=np.float32).reshape(2, -1)
    block[1, 0] = np.nan
    same = np.arange(len(users), dtype=np.float32)
    columns = {one.name: block[:, place] for place, one in enumerate(items)}
    columns |= {one.name: same[place] for place, one in enumerate(users)}
    by_column = layout.with_nulls(CONTEXT, columns)
    by_block = layout.with_nulls(CONTEXT, {}, {"item": block, "user": same})
    np.testing.assert_array_equal(by_block, by_column)
    assert by_block[:, layout.places["creator_unknown"]].tolist() == [1.0, 1.0]


def test_defaults_take_the_place_of_nulls_alone(shorts: Surface) -> None:
    layout = Layout.of(shorts)
    defaults = [one.default for one in registry(shorts)]
    empty = np.full((1, len(defaults)), np.nan, np.float32)
    assert layout.with_defaults(empty).tolist() == [np.float32(defaults).tolist()]
    full = np.full((1, len(defaults)), 7, np.float32)
    assert layout.with_defaults(full).tolist() == full.tolist()
