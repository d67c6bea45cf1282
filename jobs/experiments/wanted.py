"""What a person wants to know of an experiment, brought together with the data that can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from evaluation.experiments.metric import Guardrail, Metric
from evaluation.experiments.units import Panel, Units
from jobs.experiments import asking
from jobs.experiments.logs import found_in
from jobs.experiments.reading import VALUE, Asked
from jobs.experiments.table import Columns, read_table
from lake.home import Home
from lake.tables import Lake
from schemas.errors import UserError
from surfaces.surface import Surface


@dataclass(frozen=True)
class Metrics:
    """Metrics as people write them; `lower`: those that are better when lower."""

    primary: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    guardrails: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()

    def read(self) -> tuple[tuple[Metric, ...], tuple[Metric, ...], tuple[Guardrail, ...]]:
        """(primary, further, guardrails); raises UserError for what is none, and where nothing decides."""
        if not self.primary:
            raise UserError("which metric decides?", fix="--primary COLUMN, or COLUMN/COLUMN")
        primary = asking.metrics(self.primary, self.lower)
        return primary, asking.metrics(self.further, self.lower), asking.guardrails(self.guardrails, self.lower)


@dataclass(frozen=True)
class Gathered:
    """The data of an experiment with the metrics to judge it by. `shares`: meant; None if nobody said."""

    name: str
    data: Panel | Units
    metrics: Metrics
    shares: Mapping[str, float] | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def arms(self) -> tuple[str, ...]:
        return self.data.people.arms if isinstance(self.data, Panel) else self.data.arms


def from_logs(
    surface: Surface,
    home: Home,
    days: tuple[date, date],
    experiment: str | None,
    *,
    trigger: str | None,
    metrics: Metrics,
) -> Gathered:
    """An experiment in the logs of `surface`; where no metric was named they are those of its outcomes."""
    column, equals, value = (trigger or "").partition("=")
    if trigger is not None and not equals:
        raise UserError(f"trigger: found {trigger!r}; allowed is column=value, such as device=phone")
    chosen = _chosen(surface, metrics)
    measured = _measured(surface, chosen)
    asked = Asked(experiment, *days, trigger=(column, value) if trigger else None, outcomes=measured)
    found = found_in(Lake(home.lake(surface.surface)), surface, asked)
    name = f"{surface.surface} {experiment or 'all users'}, {days[0]} to {days[1]}"
    return Gathered(name, found.panel, chosen, found.shares, found.notes)


def from_table(path: Path, columns: Columns, metrics: Metrics) -> Gathered:
    """An experiment in the file at `path`."""
    primary, further, guardrails = metrics.read()
    read = read_table(path, columns, asking.columns_of([*primary, *further, *guardrails]))
    return Gathered(path.name, read.data, metrics, None, read.notes)


def _chosen(surface: Surface, metrics: Metrics) -> Metrics:
    usual, further, lower = asking.of_surface(surface)
    named = metrics.primary or metrics.further or metrics.guardrails
    return replace(
        metrics,
        primary=metrics.primary or tuple(usual),
        further=metrics.further if named else tuple(further),
        lower=(*metrics.lower, *lower),
    )


def _measured(surface: Surface, metrics: Metrics) -> tuple[str, ...]:
    """Outcomes that the metrics are computed from: only their labels need be known."""
    columns = asking.columns_of([one for part in metrics.read() for one in part])
    weighed = tuple(surface.value) if VALUE in columns else ()
    return tuple(name for name in surface.outcomes if name in columns or name in weighed)
