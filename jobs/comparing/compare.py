"""Which of two releases is better on the same users and impressions of a held-out day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evaluation.pictures import Row
from jobs.comparing.pair import Pair
from jobs.judging import gates as gating
from jobs.judging.judged import judge
from jobs.judging.quoted import Quoted, by_segment, exposed, main_k, quoted
from jobs.judging.segment import Segment
from models.ranker_data import head_kinds
from schemas.decision import Gate
from schemas.errors import UserError
from schemas.evaluation import BLENDED, Evaluation

Verdict = Literal["better", "worse", "mixed", "even"]
AGAINST = "vs champion"
DECIDING = ("auc", "log_loss")
"""Figures of a head that decide; of lists it is all sources together."""


@dataclass(frozen=True)
class Comparison:
    """`b` against `a`: the `evaluation` has b as candidate and a as champion. `reasons` of the verdict, in words."""

    a: str
    b: str
    evaluation: Evaluation
    verdict: Verdict
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sections(self) -> dict[str, list[Quoted]]:
        """The differences that are told, under a heading each."""
        found = {
            "lists and heads": quoted(self.evaluation),
            "segments": by_segment(self.evaluation),
            "exposure": exposed(self.evaluation),
        }
        return {name: rows for name, rows in found.items() if rows}

    @property
    def short(self) -> dict[str, list[Quoted]]:
        """Those that decide, and those that can be told."""
        main = list(_main(self.evaluation))
        found = {
            name: [one for one in rows if one in main or one.better is not None] for name, rows in self.sections.items()
        }
        return {name: rows for name, rows in found.items() if rows}

    @property
    def rows(self) -> list[Row]:
        """As they are drawn."""
        return [row for rows in self.sections.values() for one in rows if (row := one.row) is not None]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        listed = {name: [_told(one) for one in rows] for name, rows in self.sections.items()}
        named = {"surface": self.evaluation.surface, "day": self.evaluation.day, "a": self.a, "b": self.b}
        judged = {"verdict": self.verdict, "reasons": list(self.reasons), "notes": list(self.notes)}
        return {**named, **judged, "protocol": self.evaluation.protocol, "differences": listed}


def compare(pair: Pair, segment: Segment | None = None) -> Comparison:
    """Measure both releases of `pair`, and say whether b is better than a.

    It is worse if it would fail a gate of its surface against a. Otherwise the main differences decide: recall and NDCG
    of all sources, AUC and log loss of the heads. It is better if some speak for it and none against, worse the other
    way round, mixed if some do either, and even if none can be told.
    Raises UserError if the day, or the `segment` of it, has nothing to measure on.
    """
    night = pair.night
    blank = Evaluation(night.surface.surface, str(night.day), champion=pair.a.name)
    found = judge(night, pair.b, pair.a, blank, segment)
    evaluation = found.evaluation
    if not found.rows:
        skipped = (evaluation.lists_skipped, evaluation.heads_skipped)
        raise UserError(f"nothing of {night.day} can be measured: {'; '.join(filter(None, skipped))}")
    failed = [gate for gate in _gates(pair, evaluation) if gate.verdict == "fail"]
    main = list(_main(evaluation))
    verdict, reasons = _verdict(failed, main)
    notes = (evaluation.lists_skipped, evaluation.heads_skipped, *found.warnings)
    return Comparison(pair.a.name, pair.b.name, evaluation, verdict, reasons, tuple(filter(None, notes)))


def _gates(pair: Pair, evaluation: Evaluation) -> Iterator[Gate]:
    limits = pair.b.surface.gates
    every = [
        *gating.list_gates(evaluation, limits, main_k(evaluation)),
        *gating.head_gates(evaluation, head_kinds(pair.b.surface), limits),
    ]
    yield from (gate for gate in every if gate.name.endswith(AGAINST))


def _main(evaluation: Evaluation) -> Iterator[Quoted]:
    for one in quoted(evaluation):
        if one.pair.of == f"lists/{BLENDED}" or one.pair.figure in DECIDING:
            yield one


def _verdict(failed: list[Gate], main: list[Quoted]) -> tuple[Verdict, tuple[str, ...]]:
    better, worse = ([one for one in main if one.better is which] for which in (True, False))
    if failed:
        return "worse", tuple(f"{gate.name}: {gate.value:.4f} < {gate.threshold:.4f}; {gate.reason}" for gate in failed)
    reasons = tuple(str(one) for one in (*better, *worse))
    if better and worse:
        return "mixed", reasons
    if worse:
        return "worse", reasons
    if better:
        return "better", reasons
    return "even", ("no main difference can be told apart from none",)


def _told(one: Quoted) -> dict[str, Any]:
    value = None if one.other is None or one.pair.value is None else one.other + one.pair.value
    told = {"name": one.name, "a": one.other, "b": value, **asdict(one.pair), "better": one.better}
    told["difference"] = told.pop("value")
    return told
