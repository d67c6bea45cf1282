"""Ship, reject or continue, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.experiments.assignment import Assignment
from evaluation.experiments.effect import Effect
from evaluation.experiments.finding import Finding
from evaluation.experiments.guardrails import Guarded
from evaluation.experiments.novelty import Novelty
from evaluation.experiments.question import Question
from evaluation.experiments.sequential import LEAST_UNITS

Decision = Literal["ship", "reject", "continue"]


@dataclass(frozen=True)
class Verdict:
    """What to do about one treatment, and the reasons, the weightiest first."""

    decision: Decision
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All that a verdict on one treatment rests on. `days`: that the experiment has run; None where that is not
    known. `least`: units an arm needs before anything ships."""

    assignments: Sequence[Assignment]
    primary: Sequence[Finding]
    guardrails: Sequence[Guarded]
    novelty: Novelty | None = None
    days: int | None = None
    least: int = LEAST_UNITS


def decide(question: Question, evidence: Evidence) -> Verdict:
    """Reject what is broken, harmful, or not worth having; ship what is better and safe; else wait for more.

    A broken assignment is rejected, whatever the figures: they compare different people.
    """
    against = [*_broken(evidence), *_harm(evidence), *_too_little(question, evidence)]
    if against:
        return Verdict("reject", tuple(against))
    gains = [str(found) for found in evidence.primary if found.state == "better"]
    waiting = [*_open(evidence), *_too_early(question, evidence)]
    if gains and not waiting:
        safe = [str(one) for one in evidence.guardrails]
        return Verdict("ship", (*gains, *safe))
    return Verdict("continue", (*waiting, *gains))


def overall(verdicts: Sequence[Verdict]) -> Decision:
    """Of several treatments: ship if one may ship, reject if none is left to wait for."""
    decisions = {one.decision for one in verdicts}
    return "ship" if "ship" in decisions else "continue" if "continue" in decisions else "reject"


def _broken(evidence: Evidence) -> Iterator[str]:
    for one in evidence.assignments:
        if not one.sound:
            yield f"the assignment is broken, so no figure can be trusted: {one}"


def _harm(evidence: Evidence) -> Iterator[str]:
    for found in evidence.primary:
        if found.state == "worse":
            yield f"{found}: worse than the control"
    for guarded in evidence.guardrails:
        if guarded.state == "harmed":
            yield f"guardrail {guarded}"


def _too_little(question: Question, evidence: Evidence) -> Iterator[str]:
    """All primary metrics rule out the least effect worth having."""
    least = question.least_effect
    if least is None:
        return
    gains = [found.most for found in evidence.primary]
    if all(most is not None and most < least for most in gains):
        yield f"a gain of {least:.2%} is ruled out: " + "; ".join(str(found) for found in evidence.primary)


def _open(evidence: Evidence) -> Iterator[str]:
    if all(found.state == "open" for found in evidence.primary):
        yield from (f"{found}: no difference is shown yet" for found in evidence.primary)
    yield from (f"guardrail {one}" for one in evidence.guardrails if one.state == "open")


def _too_early(question: Question, evidence: Evidence) -> Iterator[str]:
    units = min(evidence.primary[0].effect.units)
    if units < evidence.least:
        yield f"an arm has {units} units; {evidence.least} are needed before means can be trusted to be near normal"
    if evidence.days is not None and evidence.days < question.least_days:
        yield f"it has run for {evidence.days} days; {question.least_days} were asked for"
    found = evidence.novelty
    if found is not None and found.course == "fades":
        yield (
            f"the effect on {evidence.primary[0].metric.name} fades as users get used to it: "
            f"{_lift(found.early)} on their first days, {_lift(found.late)} later"
        )


def _lift(found: Effect) -> str:
    return "none" if found.relative is None else f"{found.relative:+.2%}"
