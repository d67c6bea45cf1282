"""The whole of an experiment: every question asked of it, in one pass, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from evaluation.experiments.assignment import Assignment
from evaluation.experiments.case import Case, case_of
from evaluation.experiments.clusters import LEAST_CLUSTERS
from evaluation.experiments.comparisons import benjamini_hochberg, holm
from evaluation.experiments.cuped import reduction
from evaluation.experiments.distribution import Resampled, bootstrap, ranks
from evaluation.experiments.effect import Effect, effect
from evaluation.experiments.finding import Finding
from evaluation.experiments.guardrails import Guarded, guarded, guarded_daily
from evaluation.experiments.holdback import LongTerm, long_term
from evaluation.experiments.metric import Metric
from evaluation.experiments.novelty import Novelty, novelty
from evaluation.experiments.question import Question
from evaluation.experiments.sequential import LEAST_UNITS, Look, confidence_sequence
from evaluation.experiments.triggering import Diluted, diluted
from evaluation.experiments.units import Panel, Units
from evaluation.experiments.verdict import Decision, Evidence, Verdict, decide, overall
from schemas.errors import UserError

MOST_RESAMPLED = 50_000
"""Units beyond which nothing is resampled: the normal theory is as good and far quicker."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Secondary:
    """A further metric: its effect, or that on its quantile. `adjusted`: p by Benjamini-Hochberg over all further
    comparisons that have one."""

    metric: Metric
    effect: Effect | Resampled
    adjusted: float | None = None


@dataclass(frozen=True)
class Comparison:
    """One treatment against the control. `novelty`, `long_term` and `diluted` are of the first primary metric."""

    treatment: str
    primary: tuple[Finding, ...]
    secondary: tuple[Secondary, ...]
    guardrails: tuple[Guarded, ...]
    novelty: Novelty | None
    long_term: LongTerm | None
    diluted: Diluted | None
    verdict: Verdict


@dataclass(frozen=True)
class Analysis:
    """`assignments`: of all units, then of the triggered. `days`: the experiment has run; None where that is not known.
    `notes`: what could not be told, in words."""

    question: Question
    assignments: tuple[Assignment, ...]
    comparisons: tuple[Comparison, ...]
    days: int | None
    notes: tuple[str, ...]

    @property
    def decision(self) -> Decision:
        """Of all treatments together."""
        return overall([one.verdict for one in self.comparisons])


def analyse(question: Question, data: Panel | Units) -> Analysis:
    """Answer `question` from `data`: of the triggered only, where it says who was; of clusters, where it has them.

    Raises UserError for what cannot be compared at all; a further metric that cannot is told in the notes.
    """
    case = case_of(question, data)
    primary, secondary = _primary(case), _secondary(case)
    compared = tuple(_comparison(case, arm, primary[arm], secondary[arm]) for arm in case.treatments)
    days = None if case.panel is None else case.panel.days
    return Analysis(case.question, case.assignments, compared, days, tuple(dict.fromkeys(case.notes)))


def _primary(case: Case) -> Mapping[str, tuple[Finding, ...]]:
    """Treatment to its findings, adjusted for one another."""
    asked = case.question
    effects = {
        (arm, metric): effect(case.units, metric, asked.control, arm, level=asked.level)
        for arm in case.treatments
        for metric in asked.primary
    }
    names = {f"{arm} {metric.name}": (arm, metric) for arm, metric in effects}
    adjusted = holm({name: effects[key].p for name, key in names.items()})
    return {
        arm: tuple(
            _finding(case, arm, metric, effects[arm, metric], adjusted[f"{arm} {metric.name}"])
            for metric in asked.primary
        )
        for arm in case.treatments
    }


def _finding(case: Case, arm: str, metric: Metric, found: Effect, adjusted: float) -> Finding:
    asked, few = case.question, len(case.units) <= MOST_RESAMPLED
    looks: tuple[Look, ...] = ()
    if asked.daily and case.panel is not None:
        looks = tuple(
            confidence_sequence(
                case.panel, metric, asked.control, arm, level=1 - case.alpha_each, horizon=asked.horizon
            )
        )
    resampled = None
    if few:
        resampled = bootstrap(case.units, metric, asked.control, arm, level=asked.level, seed=asked.seed)
    ranked = ranks(case.units, metric.numerator, asked.control, arm) if metric.denominator is None else None
    return Finding(
        metric,
        found,
        adjusted,
        daily=asked.daily,
        looks=looks,
        cuped=reduction(case.units, metric, asked.control, arm),
        ranks=ranked,
        resampled=resampled,
    )


def _secondary(case: Case) -> Mapping[str, tuple[Secondary, ...]]:
    """Treatment to its further metrics, adjusted for one another."""
    found = {
        (arm, metric): one
        for arm in case.treatments
        for metric in case.question.secondary
        if (one := _told(case, lambda: _further(case, metric, arm))) is not None  # noqa: B023 - called at once
    }
    adjusted = benjamini_hochberg(
        {f"{arm} {metric.name}": one.p for (arm, metric), one in found.items() if isinstance(one, Effect)}
    )
    return {
        arm: tuple(
            Secondary(metric, one, adjusted.get(f"{arm} {metric.name}"))
            for (other, metric), one in found.items()
            if other == arm
        )
        for arm in case.treatments
    }


def _further(case: Case, metric: Metric, arm: str) -> Effect | Resampled:
    asked = case.question
    if metric.quantile is None:
        return effect(case.units, metric, asked.control, arm, level=asked.level)
    return bootstrap(case.units, metric, asked.control, arm, level=asked.level, seed=asked.seed)


def _comparison(case: Case, arm: str, primary: tuple[Finding, ...], secondary: tuple[Secondary, ...]) -> Comparison:
    asked, first = case.question, case.question.primary[0]
    rails = tuple(_guarded(case, arm))
    new = long = spread = None
    if case.panel is not None:
        panel = case.panel
        new = _told(case, lambda: novelty(panel, first, asked.control, arm, level=asked.level))
        if panel.days >= 2 * asked.least_days:
            long = _told(case, lambda: long_term(panel, first, asked.control, arm, level=asked.level))
    if case.everyone.triggered is not None and first.denominator is None:
        spread = diluted(case.everyone, first, primary[0].effect)
    days = None if case.panel is None else case.panel.days
    least = LEAST_UNITS if case.everyone.cluster is None else LEAST_CLUSTERS
    evidence = Evidence(case.assignments, primary, rails, new, days, least)
    return Comparison(arm, primary, secondary, rails, new, long, spread, decide(asked, evidence))


def _guarded(case: Case, arm: str) -> list[Guarded]:
    asked = case.question
    if asked.daily and case.panel is not None:
        return [
            guarded_daily(case.panel, one, asked.control, arm, level=asked.level, horizon=asked.horizon)
            for one in asked.guardrails
        ]
    return [guarded(case.units, one, asked.control, arm, level=asked.level) for one in asked.guardrails]


def _told(case: Case, ask: Callable[[], _T]) -> _T | None:
    """What `ask` answers; None, and a note why, where it cannot."""
    try:
        return ask()
    except UserError as error:
        case.notes.append(error.headline)
        return None
