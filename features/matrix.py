"""The dense matrix: the same columns in the same order, from gold.samples in training, from a store in serving."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.feature import Unknown
from features.registry import registry
from features.request import AFFINITY, DURATION, NEIGHBOURS, Context, Floats, Ints, request_features
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
    return with_defaults(surface, with_nulls(surface, context, columns))


def with_nulls(surface: Surface, context: Context, columns: Mapping[str, npt.ArrayLike]) -> Floats:
    """The matrix of `assemble` with NaN where a feature is null."""
    features = registry(surface)
    computed = request_features(context)
    matrix = np.empty((len(context), len(features)), np.float32)
    for place, feature in enumerate(features):
        if isinstance(feature.computation, Unknown):
            matrix[:, place] = np.isnan(np.asarray(columns.get(feature.computation.of, np.nan), np.float32))
        elif feature.tier == "request":
            matrix[:, place] = computed[feature.name]
        else:
            matrix[:, place] = np.asarray(columns.get(feature.name, np.nan), np.float32)
    return matrix


def with_defaults(surface: Surface, matrix: Floats) -> Floats:
    """`matrix` with each feature's default in place of NaN."""
    defaults = np.array([feature.default for feature in registry(surface)], np.float32)
    return np.where(np.isnan(matrix), defaults, matrix)


def _column(samples: pa.Table, name: str) -> Floats:
    values: Floats = samples[name].cast(pa.float32()).combine_chunks().to_numpy(zero_copy_only=False)
    return values


def _microseconds(times: pa.ChunkedArray) -> Ints:
    return _array(pc.fill_null(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0))


def _array(values: pa.ChunkedArray) -> Ints:
    numbers: Ints = values.combine_chunks().to_numpy(zero_copy_only=False)
    return numbers
