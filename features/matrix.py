"""The dense matrix: the same columns in the same order, from gold.samples in training, from a store in serving."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.layout import Layout
from features.registry import registry
from features.request import AFFINITY, DURATION, NEIGHBOURS, Context, Floats, Ints
from surfaces.surface import Surface


def from_samples(samples: pa.Table, surface: Surface) -> Floats:
    """The (n, F) float32 matrix of `jobs.gold.ranker_samples`, columns as in `registry(surface)`.

    Raises KeyError naming the first column that `samples` lacks.
    """
    names = [feature.name for feature in registry(surface) if feature.tier != "request"]
    columns = {name: _column(samples, name) for name in names}
    nothing = np.full(len(samples), np.nan, np.float32)
    near, akin = (_column(samples, name) if surface.has("history") else nothing for name in (AFFINITY, NEIGHBOURS))
    return assemble(surface, _context(samples, near, akin), columns)


def _context(samples: pa.Table, near: Floats, akin: Floats) -> Context:
    lengths = pc.fill_null(samples["history_length"].cast(pa.int64()), -1)
    shown, created = _microseconds(samples["shown_at"]), _microseconds(samples["created_at"])
    return Context(shown, created, _array(lengths), near, akin, _column(samples, DURATION))


def assemble(surface: Surface, context: Context, columns: Mapping[str, npt.ArrayLike]) -> Floats:
    """The (n, F) float32 matrix for the n impressions of `context`, columns in the order of `registry(surface)`.

    `columns` maps the name of each batch and real-time feature to (n,) values, NaN where null, or to one value for
    all n; a name that is absent is null throughout. Null becomes the feature's default.
    """
    layout = Layout.of(surface)
    return layout.with_defaults(layout.with_nulls(context, columns))


def _column(samples: pa.Table, name: str) -> Floats:
    values: Floats = samples[name].cast(pa.float32()).combine_chunks().to_numpy(zero_copy_only=False)
    return values


def _microseconds(times: pa.ChunkedArray) -> Ints:
    return _array(pc.fill_null(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0))


def _array(values: pa.ChunkedArray) -> Ints:
    numbers: Ints = values.combine_chunks().to_numpy(zero_copy_only=False)
    return numbers
