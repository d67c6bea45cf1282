"""From what the command line says to a question: which metrics decide, which are guarded, which are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaluation.experiments.metric import Guardrail, Metric
from jobs.experiments.logs import IMPRESSIONS, REQUESTS, VALUE
from schemas.errors import UserError
from surfaces.surface import Surface


def metrics(texts: Sequence[str], lower: Sequence[str]) -> tuple[Metric, ...]:
    """Read metrics; those whose name or numerator is in `lower` are better when lower."""
    return tuple(_directed(Metric.parse(text), lower) for text in texts)


def guardrails(texts: Sequence[str], lower: Sequence[str]) -> tuple[Guardrail, ...]:
    """Read guardrails, as `metrics` does."""
    read = [Guardrail.parse(text) for text in texts]
    return tuple(Guardrail(_directed(one.metric, lower), one.margin) for one in read)


def of_surface(surface: Surface) -> tuple[list[str], list[str], list[str]]:
    """(primary, further, lower): the surface's value a user decides, where it weighs outcomes, else its first outcome;
    each outcome an impression is told, and requests; what the surface weighs below 0 is better when lower."""
    primary = [VALUE] if surface.value else [next(iter(surface.outcomes))]
    further = [f"{outcome}/{IMPRESSIONS}" for outcome in surface.outcomes] + [REQUESTS]
    return primary, further, [outcome for outcome, weight in surface.value.items() if weight < 0]


def columns_of(asked: Iterable[Metric | Guardrail]) -> list[str]:
    """Every column that the metrics are computed from, once."""
    found = [one.metric if isinstance(one, Guardrail) else one for one in asked]
    return list(dict.fromkeys(column for metric in found for column in metric.columns))


def control_of(arms: Sequence[str], named: str | None) -> str:
    """The control: as named; else the arm called holdback, control, base or a; else the user has to say."""
    if named is not None:
        return named
    for usual in ("holdback", "control", "base", "a", "A"):
        if usual in arms:
            return usual
    raise UserError(f"which of the arms {', '.join(arms)} is the control?", fix="--control ARM")


def _directed(metric: Metric, lower: Sequence[str]) -> Metric:
    if metric.name in lower or metric.numerator in lower:
        return Metric(metric.numerator, metric.denominator, metric.quantile, lower_is_better=True)
    return metric
