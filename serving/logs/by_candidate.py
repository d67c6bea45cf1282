"""What the ranker made of the candidates of one answer: a record a candidate, one after another, out of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import compress, repeat

import numpy as np

from features.registry import registry
from models.interface import Floats
from serving.pipeline import Answer


def maps(columns: Mapping[str, Floats], n: int) -> Iterator[dict[str, float]]:
    """One map a row out of one (n,) array a name."""
    if not columns:
        yield from repeat({}, n)
        return
    for row in np.stack(list(columns.values()), axis=1):
        yield dict(zip(columns, row.tolist(), strict=True))


def feature_values(answer: Answer) -> Iterator[dict[str, float]]:
    """The feature values of each candidate by name, as the ranker used them; empty where it was not asked."""
    return maps(dict(zip(_names(answer), answer.features.dense.T, strict=True)), answer.candidates.kept)


def known_features(answer: Answer) -> Iterator[dict[str, float]]:
    """`feature_values` without those that were missing."""
    names, features = _names(answer), answer.features
    if not names:
        yield from repeat({}, answer.candidates.kept)
    for values, known in zip(features.dense, ~features.missing, strict=True):
        yield dict(compress(zip(names, values.tolist(), strict=True), known.tolist()))


def missing_features(answer: Answer) -> Iterator[list[str]]:
    """The names of each candidate's features that were missing, late or expired and took their default."""
    names = _names(answer)
    if not names:
        yield from repeat([], answer.candidates.kept)
    for missing in answer.features.missing:
        yield list(compress(names, missing.tolist()))


def _names(answer: Answer) -> list[str]:
    """The features that the ranker saw of this answer's candidates; none where it was not asked."""
    if not answer.features.dense.shape[1]:
        return []
    return [feature.name for feature in registry(answer.release.surface)]
