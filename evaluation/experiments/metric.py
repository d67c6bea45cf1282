"""What is measured of a unit, as people write it: `click`, `click/impressions`, `dwell@0.9`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import UserError


@dataclass(frozen=True)
class Metric:
    """`numerator` a unit; or the sum of `numerator` over the sum of `denominator`; or its `quantile` over units.

    `lower_is_better`: a rise is a loss.
    """

    numerator: str
    denominator: str | None = None
    quantile: float | None = None
    lower_is_better: bool = False

    @property
    def name(self) -> str:
        """As it is written."""
        if self.quantile is not None:
            return f"{self.numerator}@{self.quantile:g}"
        return self.numerator if self.denominator is None else f"{self.numerator}/{self.denominator}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is computed from."""
        return (self.numerator,) if self.denominator is None else (self.numerator, self.denominator)

    @classmethod
    def parse(cls, text: str, lower_is_better: bool = False) -> Metric:
        """Read `text`; raises UserError for what is no metric."""
        numerator, slash, denominator = (part.strip() for part in text.partition("/"))
        numerator, at, quantile = (part.strip() for part in numerator.partition("@"))
        if not numerator or (slash and not denominator) or (slash and at):
            raise UserError(f"metric: found {text!r}; allowed are column, column/column and column@quantile")
        return cls(numerator, denominator or None, _share(text, quantile) if at else None, lower_is_better)


@dataclass(frozen=True)
class Guardrail:
    """A metric that may lose at most the share `margin` of the control's mean."""

    metric: Metric
    margin: float

    @classmethod
    def parse(cls, text: str, lower_is_better: bool = False) -> Guardrail:
        """`metric=2%` (or `=0.02`); raises UserError for what is none."""
        name, equals, margin = text.rpartition("=")
        try:
            number = float(margin.strip().rstrip("%")) / (100.0 if "%" in margin else 1.0)
        except ValueError:
            number = -1.0
        if not equals or not 0.0 < number < 1.0:
            raise UserError(f"guardrail: found {text!r}; allowed is metric=margin, such as dwell=2%")
        return cls(Metric.parse(name, lower_is_better), number)


def _share(text: str, quantile: str) -> float:
    try:
        number = float(quantile)
    except ValueError:
        number = -1.0
    if not 0.0 < number < 1.0:
        raise UserError(f"metric: found {text!r}; a quantile lies between 0 and 1, as in dwell@0.9")
    return number
