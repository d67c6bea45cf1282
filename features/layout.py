"""The columns of the dense matrix by their places, looked up once for a surface and used for many matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.feature import Unknown
from features.registry import registry
from features.request import Context, Floats, request_features
from surfaces.surface import Surface


@dataclass(frozen=True)
class Layout:
    """`places`: by name, the column of each of the F features. `spans`: by entity, first and past-last column of its
    batch features. `unknown`: columns that say whether another column is null, with the other. `defaults`: (F,)."""

    places: Mapping[str, int]
    spans: Mapping[str, tuple[int, int]]
    unknown: Mapping[int, int]
    defaults: Floats

    @classmethod
    def of(cls, surface: Surface) -> Layout:
        """The layout of `surface`'s matrices: columns in the order of `registry(surface)`."""
        features = registry(surface)
        places = {feature.name: place for place, feature in enumerate(features)}
        spans: dict[str, tuple[int, int]] = {}
        for place, feature in enumerate(features):
            if feature.tier == "batch" and not isinstance(feature.computation, Unknown):
                first, past = spans.get(feature.entity, (place, place))
                assert past == place, f"the features of {feature.entity} do not stand together"
                spans[feature.entity] = (first, place + 1)
        marks = {f.name: f.computation.of for f in features if isinstance(f.computation, Unknown)}
        return cls(
            places,
            spans,
            {places[name]: places[of] for name, of in marks.items()},
            np.array([feature.default for feature in features], np.float32),
        )

    def with_nulls(
        self, context: Context, columns: Mapping[str, npt.ArrayLike], blocks: Mapping[str, Floats] | None = None
    ) -> Floats:
        """The (n, F) float32 matrix for the n impressions of `context`, NaN where a feature is null.

        `columns` maps names of batch and real-time features to (n,) values, or to one value for all n. `blocks` maps
        entities to all their batch features, (n, f) or, where all n have the same, (f,). What neither gives is null.
        """
        matrix = np.full((len(context), len(self.places)), np.nan, np.float32)
        for name, values in {**columns, **request_features(context)}.items():
            if name in self.places:
                matrix[:, self.places[name]] = values
        for entity, block in (blocks or {}).items():
            first, past = self.spans[entity]
            matrix[:, first:past] = block
        for place, other in self.unknown.items():
            matrix[:, place] = np.isnan(matrix[:, other])
        return matrix

    def with_defaults(self, matrix: Floats) -> Floats:
        """`matrix` with each feature's default in place of NaN."""
        return np.where(np.isnan(matrix), self.defaults, matrix)
