"""An experiment made ready for its question: who is compared, by what, and whether they were assigned soundly."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from evaluation.experiments.assignment import Assignment, check_assignment
from evaluation.experiments.clusters import by_cluster, per_unit
from evaluation.experiments.metric import Guardrail, Metric
from evaluation.experiments.question import Question
from evaluation.experiments.triggering import triggered
from evaluation.experiments.units import Panel, Units
from schemas.errors import UserError


@dataclass(frozen=True)
class Case:
    """`units`: who is compared: clusters where clusters were assigned, the triggered where triggers are known.
    `panel`: the same day by day; None where days are not known. `everyone`: all units, triggered or not.
    `assignments`: of everyone, then of the triggered. `notes`: what could not be told, in words."""

    question: Question
    units: Units
    panel: Panel | None
    everyone: Units
    assignments: tuple[Assignment, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def treatments(self) -> list[str]:
        return [arm for arm in self.units.arms if arm != self.question.control]

    @property
    def alpha_each(self) -> float:
        """Of every primary comparison, so that the question's level holds for all of them together."""
        return (1 - self.question.level) / (len(self.treatments) * len(self.question.primary))


def case_of(question: Question, data: Panel | Units) -> Case:
    """Make `data` ready; raises UserError for a control that is not there and for arms without units.

    Clusters are looked at once, whatever the question says, and so is what has no days.
    """
    panel, everyone = (data, data.totals()) if isinstance(data, Panel) else (None, data)
    if question.control not in everyone.arms:
        raise UserError(f"control: found {question.control!r}; allowed are the arms {', '.join(everyone.arms)}")
    units, assignments = everyone, [check_assignment(_assigned(everyone).counts, question.shares)]
    if everyone.triggered is not None:
        units, sound = triggered(everyone, assignments[0].counts)
        assignments.append(sound)
        panel = panel.where(everyone.triggered) if panel is not None else None
    if everyone.cluster is None:
        question = replace(question, daily=question.daily and panel is not None)
        return Case(question, units, panel, everyone, tuple(assignments))
    question = replace(
        question,
        daily=False,
        primary=tuple(per_unit(metric) for metric in question.primary),
        secondary=tuple(_clustered(metric) for metric in question.secondary),
        guardrails=tuple(Guardrail(per_unit(one.metric), one.margin) for one in question.guardrails),
    )
    return Case(question, by_cluster(units), None, everyone, tuple(assignments))


def _assigned(units: Units) -> Units:
    """What was assigned: clusters where there are some."""
    return units if units.cluster is None else by_cluster(units)


def _clustered(metric: Metric) -> Metric:
    if metric.quantile is not None:
        raise UserError(f"{metric.name}: quantiles of units cannot be told from clusters")
    return per_unit(metric)
