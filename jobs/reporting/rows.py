"""What the tables of a night's page say: rows of words and numbers, drawn from its evaluation and decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jobs.judging.quoted import Quoted, by_segment, exposed, main_k, quoted
from schemas.decision import Decision, Gate
from schemas.evaluation import BLENDED, POPULAR, Evaluation, Group, Head, Limits, Lists

LIST_FIGURES = ("recall", "ndcg", "map", "mrr", "precision", "hit_rate")
EXPOSURE_FIGURES = ("coverage", "gini", "entropy", "novelty", "distance", "new_items", "new_creators")
HEAD_FIGURES = ("auc", "gauc", "log_loss", "normalized_entropy", "ece_debiased", "mean_ratio", "rmse", "mae")
Measured = Lists | Head | Group
"""What has figures and intervals by name."""
GROUP_FIGURES = ("auc", "gauc", "log_loss", "ece_debiased")
_ORDER = {"fail": 0, "warn": 1, "pass": 2, "skipped": 3}


@dataclass(frozen=True)
class Cell:
    """A value, its interval, and the champion's value of the same; each None where it was not measured."""

    value: float | None
    limits: Limits = (None, None)
    other: float | None = None


@dataclass(frozen=True)
class Line:
    """One row of a table: its `name`, what is said `beside` it, and its cells."""

    name: str
    beside: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Compared:
    """One paired difference: `x` places its low, value and high on a line from 0 to 100, `zero` is where none is."""

    name: str
    other: float | None
    value: float
    low: float
    high: float
    users: int
    better: bool | None
    x: tuple[float, float, float]
    zero: float


def gates(made: Decision) -> list[Gate]:
    """The gates, those that speak against the release first."""
    return sorted(made.gates, key=lambda gate: _ORDER[gate.verdict])


def compared(evaluation: Evaluation) -> dict[str, list[Compared]]:
    """The paired differences from the champion, under a heading each; empty headings are left out."""
    found = {"lists and heads": quoted(evaluation), "segments": by_segment(evaluation), "exposure": exposed(evaluation)}
    drawn = {name: list(_drawn(rows)) for name, rows in found.items()}
    return {name: rows for name, rows in drawn.items() if rows}


def list_lines(evaluation: Evaluation) -> list[Line]:
    """Each source's quality at the length that is quoted, all sources first."""
    names = [f"{name}@{main_k(evaluation)}" for name in LIST_FIGURES]
    champion = evaluation.lists.get("champion", {})
    listed = sorted(evaluation.lists.get("candidate", {}).items(), key=lambda one: one[0] != BLENDED)
    return [
        Line(_called(source), f"{found.users:,} users", _cells(found, champion.get(source), names))
        for source, found in listed
    ]


def segment_lines(evaluation: Evaluation) -> list[Line]:
    """The quality of all sources together by segment."""
    names = [f"{name}@{main_k(evaluation)}" for name in LIST_FIGURES]
    found = {name: lists[BLENDED] for name, lists in evaluation.segments.items() if BLENDED in lists}
    other = {name: lists[BLENDED] for name, lists in evaluation.champion_segments.items() if BLENDED in lists}
    return [
        Line(name.replace("_", " "), f"{one.users:,} users", _cells(one, other.get(name), names))
        for name, one in found.items()
    ]


def exposure_lines(evaluation: Evaluation) -> list[Line]:
    """Whom the lists of all sources, and of most-popular, show."""
    names = [f"{name}@{main_k(evaluation)}" for name in EXPOSURE_FIGURES]
    mine, theirs = evaluation.lists.get("candidate", {}), evaluation.lists.get("champion", {})
    return [
        Line(_called(source), "", _cells(mine[source], theirs.get(source), names))
        for source in (BLENDED, POPULAR)
        if source in mine
    ]


def head_lines(evaluation: Evaluation) -> list[Line]:
    """The quality of each head; one that could not be measured says why."""
    champion = evaluation.heads.get("champion", {})
    return [
        Line(name, head.skipped or _count(head), _cells(head, champion.get(name), HEAD_FIGURES))
        for name, head in evaluation.heads.get("candidate", {}).items()
    ]


def head_segment_lines(evaluation: Evaluation) -> dict[str, list[Line]]:
    """The quality of each head by device, country and position, those that have enough impressions."""
    champion = evaluation.heads.get("champion", {})
    found: dict[str, list[Line]] = {}
    for name, head in evaluation.heads.get("candidate", {}).items():
        other = champion[name].groups if name in champion else {}
        lines = [
            Line(f"{kind} {value}", _count(one), _cells(one, other.get(kind, {}).get(value), GROUP_FIGURES))
            for kind, groups in head.groups.items()
            for value, one in groups.items()
        ]
        if lines:
            found[name] = lines
    return found


def cards(evaluation: Evaluation) -> list[Line]:
    """The figures at the top: recall of all sources, order and calibration of the first heads."""
    found = []
    blended = evaluation.lists.get("candidate", {}).get(BLENDED)
    if blended is not None:
        other = evaluation.lists.get("champion", {}).get(BLENDED)
        for figure in (f"recall@{main_k(evaluation)}", f"coverage@{main_k(evaluation)}"):
            found.append(Line(figure, "all sources", _cells(blended, other, [figure])))
    measured = [name for name, head in evaluation.heads.get("candidate", {}).items() if head.figures]
    for name in measured[:1]:
        mine, theirs = (evaluation.heads.get(who, {}).get(name) for who in ("candidate", "champion"))
        assert mine is not None
        for figure, words in (("auc", "AUC"), ("ece_debiased", "calibration error")):
            if figure in mine.figures:
                found.append(Line(words, name, _cells(mine, theirs, [figure])))
    return found


def _cells(mine: Measured, theirs: Measured | None, names: Sequence[str]) -> tuple[Cell, ...]:
    of_theirs: Mapping[str, float | None] = {} if theirs is None else theirs.figures
    return tuple(
        Cell(mine.figures.get(name), mine.intervals.get(name, (None, None)), of_theirs.get(name)) for name in names
    )


def _count(found: Head | Group) -> str:
    return f"{found.positives:,} of {found.rows:,}"


def _called(source: str) -> str:
    return {BLENDED: "all sources", POPULAR: "most popular"}.get(source, source)


def _drawn(rows: Sequence[Quoted]) -> Iterator[Compared]:
    """Those whose interval is known, on one scale: percent of the champion's, the widest from edge to edge."""
    shown = [(one, one.percent) for one in rows if one.percent is not None]
    reach = [abs(end) for _, percent in shown for end in percent]
    most = max(min(max(reach, default=1.0), 100.0), 1e-9)
    for one, percent in shown:
        low, value, high = (min(max(50 + 48 * end / most, 1.0), 99.0) for end in percent)
        pair = one.pair
        assert pair.value is not None
        assert pair.low is not None
        assert pair.high is not None
        numbers = (pair.value, pair.low, pair.high)
        yield Compared(one.name, one.other, *numbers, pair.users, one.better, (low, value, high), 50.0)
