"""Training and serving matrices are bit-identical on the same inputs, and null becomes the default only there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix import assemble, from_samples
from features.registry import batch, registry
from features.request import AFFINITY, DURATION, NEIGHBOURS, Context
from features.tables import samples
from surfaces.load import load
from surfaces.surface import Surface

SHOWN = datetime(2026, 1, 9, 18, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows(surface: Surface, given_rows: list[dict[str, Any]]) -> pa.Table:
    """gold.samples rows in which everything not given is null."""
    schema = pa.schema([field.with_nullable(True) for field in samples(surface).arrow()])
    for name in (AFFINITY, NEIGHBOURS, DURATION):
        schema = schema.append(pa.field(name, pa.float32()))
    base = {"event_day": date(2026, 1, 9), "shown_at": SHOWN}
    return pa.Table.from_pylist([base | row for row in given_rows], schema)


def place(surface: Surface, name: str) -> int:
    return [feature.name for feature in registry(surface)].index(name)


def test_null_becomes_the_default_and_is_marked(shorts: Surface) -> None:
    name = batch(shorts, "item")[0].name
    values = {feature.name: 0.25 for feature in batch(shorts, "item")}
    matrix = from_samples(rows(shorts, [values, {}]), shorts)
    assert matrix.dtype == np.float32
    assert matrix[:, place(shorts, name)].tolist() == [0.25, 0.0]
    assert matrix[:, place(shorts, "item_unknown")].tolist() == [0, 1]
    assert matrix[:, place(shorts, "user_unknown")].tolist() == [1, 1]
    assert not np.isnan(matrix).any()


def test_a_table_without_a_column_is_refused_by_name(shorts: Surface) -> None:
    table = rows(shorts, [{}]).drop_columns(["item_click_rate_7"])
    with pytest.raises(KeyError, match="item_click_rate_7"):
        from_samples(table, shorts)


def test_a_surface_without_users_needs_no_user_columns(userless: Surface) -> None:
    matrix = from_samples(rows(userless, [{}, {}]), userless)
    assert matrix.shape == (2, len(registry(userless)))


def test_one_value_serves_every_candidate(shorts: Surface) -> None:
    nothing = np.zeros(3, np.float32)
    context = Context.of_request(
        int(SHOWN.timestamp() * 1e6), np.zeros(3, np.int64), 0, affinity=nothing, neighbours=nothing, duration_s=nothing
    )
    matrix = assemble(shorts, context, {"user_log_impressions_30": 2.5})
    assert matrix[:, place(shorts, "user_log_impressions_30")].tolist() == [2.5] * 3
    assert matrix[:, place(shorts, "user_unknown")].tolist() == [0] * 3


floats32 = st.none() | st.floats(-1e6, 1e6, width=32)
shares = st.none() | st.floats(0, 1, width=32)
lengths = st.none() | st.floats(0, 1e6, width=32)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@settings(max_examples=50, deadline=None)
@given(
    at=moments,
    items=st.lists(
        st.tuples(st.none() | moments, floats32, floats32, floats32, shares, lengths), min_size=1, max_size=20
    ),
    history=st.none() | st.integers(0, 80),
)
def test_training_equals_serving_bit_for_bit(at: datetime, items: list[Any], history: int | None) -> None:
    surface = load("shorts")
    first, last = batch(surface)[0].name, batch(surface)[-1].name
    logged = [
        {"shown_at": at, "created_at": created, "history_length": history}
        | {first: one, last: other, AFFINITY: near, NEIGHBOURS: akin, DURATION: lasts}
        for created, one, other, near, akin, lasts in items
    ]
    trained = from_samples(rows(surface, logged), surface)
    served = np.concatenate([_served(surface, at, history, row, (first, last)) for row in logged])
    assert trained.tobytes() == served.tobytes()


def _served(surface: Surface, at: datetime, history: int | None, row: dict[str, Any], names: tuple[str, ...]) -> Any:
    """One candidate as a server would put it: ids looked up, times as integers, no Arrow."""

    def us(moment: datetime) -> int:
        delta = moment - EPOCH
        return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds

    born = us(row["created_at"]) if row["created_at"] else 0
    near, akin, lasts = (
        np.array([np.nan if row[name] is None else row[name]], np.float32) for name in (AFFINITY, NEIGHBOURS, DURATION)
    )
    length = -1 if history is None else history
    context = Context.of_request(
        us(at), np.array([born], np.int64), length, affinity=near, neighbours=akin, duration_s=lasts
    )
    columns = {name: np.float32(row[name]) for name in names if row[name] is not None}
    return assemble(surface, context, columns)
