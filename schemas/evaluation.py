"""What a night's evaluation found: the candidate, the champion and most-popular on the same held-out day."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

EVALUATION = "evaluation.json"

Who = Literal["candidate", "champion"]
BLENDED = "blended"
"""All sources merged by quota, and ranked by value where there is a ranker: what serving would show."""
POPULAR = "popular"


@dataclass(frozen=True)
class Lists:
    """Quality of one source's lists over `users` users: `recall@k`, `ndcg@k`, `coverage@k`, `gini@k` by name."""

    users: int
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Head:
    """Quality of one ranker head on `rows` samples of which `positives` responded.

    `figures` holds `auc`, `logloss` and `ece` for a binary head, `rmse` and `mean_error` for a sum. `reliability` is
    one (mean predicted, mean observed, samples) per bin. `skipped` says why nothing was measured.
    """

    rows: int
    positives: int
    figures: dict[str, float | None] = field(default_factory=dict)
    reliability: tuple[tuple[float, float, int], ...] = ()
    skipped: str = ""


@dataclass(frozen=True)
class Evaluation:
    """`lists` by who and source; `segments` by segment, then by source, of the candidate; `heads` by who and head.

    `champion` is the release compared with, or None with `champion_skipped` saying why. `lists_skipped` and
    `heads_skipped` say why that part was not measured. `yardstick` is the AUC of the popularity feature alone.
    `served_by_champion` is the share of the day's requests that the champion itself answered.
    """

    surface: str
    day: str
    catalogue: int = 0
    lists: dict[str, dict[str, Lists]] = field(default_factory=dict)
    segments: dict[str, dict[str, Lists]] = field(default_factory=dict)
    heads: dict[str, dict[str, Head]] = field(default_factory=dict)
    yardstick: dict[str, float | None] = field(default_factory=dict)
    champion: str | None = None
    champion_skipped: str = ""
    served_by_champion: float = 0.0
    lists_skipped: str = ""
    heads_skipped: str = ""

    def figure(self, who: Who, source: str, name: str) -> float | None:
        """One figure of one source's lists, None if it was not measured."""
        found = self.lists.get(who, {}).get(source)
        return None if found is None else found.figures.get(name)

    def write(self, folder: Path) -> None:
        """Write as `evaluation.json`; NaN becomes null."""
        (folder / EVALUATION).write_text(json.dumps(_without_nan(asdict(self)), indent=1))

    @staticmethod
    def read(folder: Path) -> Evaluation:
        content = json.loads((folder / EVALUATION).read_text())
        content["lists"] = _nested(content["lists"], Lists)
        content["segments"] = _nested(content["segments"], Lists)
        content["heads"] = _nested(content["heads"], _head)
        return Evaluation(**content)


def _nested(content: dict[str, dict[str, dict[str, Any]]], make: Any) -> dict[str, dict[str, Any]]:
    return {outer: {inner: make(**value) for inner, value in found.items()} for outer, found in content.items()}


def _head(reliability: list[list[float]], **rest: Any) -> Head:
    return Head(reliability=tuple((low, high, int(n)) for low, high, n in reliability), **rest)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
