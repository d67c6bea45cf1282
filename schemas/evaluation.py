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
Limits = tuple[float | None, float | None]
"""(low, high) of an interval at 95 %; None where it cannot be told."""


@dataclass(frozen=True)
class Lists:
    """Quality of one source's lists over `users` users: `recall@k`, `ndcg@k`, `coverage@k`, `gini@k` and more by name.

    `intervals`: (low, high) at 95 % by figure, where they can be told; users are the units.
    """

    users: int
    figures: dict[str, float | None]
    intervals: dict[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A head among some samples: mean predicted, mean observed with its limits, calibration error as it is added up.

    `figures`: `auc`, and of a binary head `gauc`, `log_loss` and `ece_debiased`; `intervals` as in Lists.
    """

    rows: int
    positives: int
    predicted: float | None
    observed: float | None
    low: float | None
    high: float | None
    ece: float | None
    figures: dict[str, float | None] = field(default_factory=dict)
    intervals: dict[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True)
class Correction:
    """What one way of correcting a head, fitted on users that measure nothing, leaves on those that measure: the
    calibration error without its bias, with limits, and the log loss (None for a sum)."""

    ece: float | None
    low: float | None
    high: float | None
    log_loss: float | None


@dataclass(frozen=True)
class Head:
    """Quality of one ranker head on `rows` samples of which `positives` responded.

    `figures` holds `auc`, `log_loss` and `ece` for a binary head, `rmse` and `mae` for a sum. `reliability` is one
    (mean predicted, mean observed, samples) per bin, with the `limits` of what was observed. `skipped` says why nothing
    was measured. `intervals` as in Lists. `groups`: calibration by kind (`position`, `device`, `country`), then by
    value. `corrections`: what is left by way of correcting: `served` (as the release does it), `none`, `platt`,
    `isotonic`, `temperature`.
    """

    rows: int
    positives: int
    figures: dict[str, float | None] = field(default_factory=dict)
    reliability: tuple[tuple[float, float, int], ...] = ()
    skipped: str = ""
    intervals: dict[str, Limits] = field(default_factory=dict)
    groups: dict[str, dict[str, Group]] = field(default_factory=dict)
    limits: tuple[Limits, ...] = ()
    corrections: dict[str, Correction] = field(default_factory=dict)


@dataclass(frozen=True)
class Paired:
    """By how much the candidate's `figure` of `of` (`lists/als`, `heads/click`) is above that of `against` (`champion`,
    or another of its own lists such as `lists/popular`), on the same users or samples of `users` users: a difference
    with its limits at 95 %; within `segment` if one is named."""

    of: str
    against: str
    figure: str
    value: float | None
    low: float | None
    high: float | None
    users: int
    segment: str = ""


@dataclass(frozen=True)
class Evaluation:
    """`lists` by who and source; `segments` by segment, then by source, of the candidate; `heads` by who and head.

    `champion_segments` are the champion's `segments`.

    `champion` is the release compared with, or None with `champion_skipped` saying why. `lists_skipped` and
    `heads_skipped` say why that part was not measured. `yardstick` is the AUC of the popularity feature alone.
    `served_by_champion` is the share of the day's requests that the champion itself answered. `protocol` says in words
    how the lists were tried. `paired`: differences on the same users, first against the champion.
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
    protocol: str = ""
    paired: tuple[Paired, ...] = ()
    champion_segments: dict[str, dict[str, Lists]] = field(default_factory=dict)

    def difference(self, of: str, against: str, figure: str) -> Paired | None:
        """One paired difference whose limits are known, None if there is none."""
        for one in self.paired:
            if (one.of, one.against, one.figure, one.segment) == (of, against, figure, ""):
                return one if one.low is not None and one.high is not None else None
        return None

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
        content["lists"] = _nested(content["lists"], _lists)
        content["segments"] = _nested(content["segments"], _lists)
        content["champion_segments"] = _nested(content.get("champion_segments", {}), _lists)
        content["heads"] = _nested(content["heads"], _head)
        content["paired"] = tuple(Paired(**one) for one in content.get("paired", ()))
        return Evaluation(**content)


def _nested(content: dict[str, dict[str, dict[str, Any]]], make: Any) -> dict[str, dict[str, Any]]:
    return {outer: {inner: make(**value) for inner, value in found.items()} for outer, found in content.items()}


def _lists(intervals: dict[str, list[float | None]] | None = None, **rest: Any) -> Lists:
    return Lists(intervals=_limits(intervals or {}), **rest)


def _head(
    reliability: list[list[float]],
    intervals: dict[str, list[float | None]] | None = None,
    groups: dict[str, dict[str, dict[str, Any]]] | None = None,
    limits: list[list[float | None]] | None = None,
    corrections: dict[str, dict[str, Any]] | None = None,
    **rest: Any,
) -> Head:
    return Head(
        reliability=tuple((low, high, int(n)) for low, high, n in reliability),
        intervals=_limits(intervals or {}),
        groups=_nested(groups or {}, _group),
        limits=tuple((low, high) for low, high in limits or ()),
        corrections={name: Correction(**one) for name, one in (corrections or {}).items()},
        **rest,
    )


def _group(intervals: dict[str, list[float | None]] | None = None, **rest: Any) -> Group:
    return Group(intervals=_limits(intervals or {}), **rest)


def _limits(found: dict[str, list[float | None]]) -> dict[str, Limits]:
    return {name: (low, high) for name, (low, high) in found.items()}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
