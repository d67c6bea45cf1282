"""From what the command line says to a question: which metrics decide, which are guarded, which are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaluation.experiments.metric import Guardrail, Metric
from jobs.experiments.reading import IMPRESSIONS, REQUESTS, VALUE
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
    """The control: as named; else the arm called holdback, control, base or a; else the user has to say.

    Raises UserError where there are fewer than two arms."""
    if len(arms) < 2:
        raise UserError(f"there is only one arm, {arms[0]}: nothing to compare it with")
    if named is not None:
        return named
    for usual in ("holdback", "control", "base", "a", "A"):
        if usual in arms:
            return usual
    raise UserError(f"which of the arms {', '.join(arms)} is the control?", fix="--control ARM")


def shares_of(texts: Sequence[str], arms: Sequence[str]) -> dict[str, float] | None:
    """Read the shares that arms were meant to have, `control=90%`; None where none is named. Raises UserError unless
    every arm has one."""
    shares: dict[str, float] = {}
    for text in texts:
        arm, _, share = text.rpartition("=")
        shares[arm.strip()] = read_share("share", share, text)
    if not shares:
        return None
    if set(shares) != set(arms):
        raise UserError(f"share: found {', '.join(shares)}; every arm needs one: {', '.join(arms)}")
    return shares


def read_share(option: str, text: str, found: str | None = None) -> float:
    """`2%` or `0.02`; raises UserError, naming the option, for what is no share between 0 and 1."""
    try:
        number = float(text.strip().rstrip("%")) / (100.0 if "%" in text else 1.0)
    except ValueError:
        number = 0.0
    if not 0.0 < number < 1.0:
        raise UserError(f"--{option}: found {found or text!r}; allowed is a share between 0 and 1, such as 2%")
    return number


def _directed(metric: Metric, lower: Sequence[str]) -> Metric:
    if metric.name in lower or metric.numerator in lower:
        return Metric(metric.numerator, metric.denominator, metric.quantile, lower_is_better=True)
    return metric
