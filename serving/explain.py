"""Why each item of a slate stands where it does: its path through the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from serving.logs.by_candidate import feature_values, maps, missing_features
from serving.pipeline import Answer
from serving.slate.draw import Draw


@dataclass(frozen=True)
class Offered:
    """One source that brought the item: its rank there, from 0, and the source's own score."""

    source: str
    rank: int
    score: float


@dataclass(frozen=True)
class Path:
    """One shown item, stage by stage.

    `offered` is empty for an item of the reserve, and so are the fields down to `contributions`. `merged_rank` counts
    from 0 in the list of all candidates before ranking, `value_rank` after it. `contributions`: each head's weight
    times its calibrated score; they add up to `value`. `missing`: features that were not known and took their default.
    """

    position: int
    item_id: str
    offered: list[Offered]
    merged_rank: int | None
    merged_score: float | None
    features: Mapping[str, float]
    missing: Sequence[str]
    raw_scores: Mapping[str, float]
    scores: Mapping[str, float]
    contributions: Mapping[str, float]
    value: float | None
    value_rank: int | None
    draw: Draw


def explain(answer: Answer) -> list[Path]:
    """The path of every shown item, from the top."""
    value_ranks = np.empty(len(answer.values.order), dtype=np.int64)
    value_ranks[answer.values.order] = np.arange(len(value_ranks))
    raw, scores = (list(maps(heads, len(value_ranks))) for heads in (answer.scores.raw, answer.scores.calibrated))
    features, missing = list(feature_values(answer)), list(missing_features(answer))
    weights = answer.release.surface.value
    paths = []
    for position, slot in enumerate(answer.slate.slots):
        item, c = str(answer.release.catalogue.ids[slot.row]), slot.candidate
        if c < 0:
            paths.append(Path(position, item, [], None, None, {}, (), {}, {}, {}, None, None, slot.draw))
            continue
        paths.append(
            Path(
                position=position,
                item_id=item,
                offered=_offered(answer, slot.row),
                merged_rank=c,
                merged_score=float(answer.candidates.scores[c]),
                features=features[c],
                missing=missing[c],
                raw_scores=raw[c],
                scores=scores[c],
                contributions={head: weights[head] * score for head, score in scores[c].items() if head in weights},
                value=float(answer.values.value[c]),
                value_rank=int(value_ranks[c]),
                draw=slot.draw,
            )
        )
    return paths


def _offered(answer: Answer, row: int) -> list[Offered]:
    places = {source: np.flatnonzero(offer.rows == row) for source, offer in answer.offers.by_source.items()}
    return [
        Offered(source, int(found[0]), float(answer.offers.by_source[source].scores[found[0]]))
        for source, found in places.items()
        if len(found)
    ]
