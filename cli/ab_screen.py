"""The short table of an experiment on the screen."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from evaluation.experiments.analysis import Analysis, Comparison
from evaluation.experiments.distribution import Resampled
from evaluation.experiments.effect import Effect
from evaluation.experiments.finding import Finding
from evaluation.experiments.plan import Plan

_COLOURS = {"ship": "bold green", "reject": "bold red", "continue": "yellow"}


def show(console: Console, analysis: Analysis, title: str) -> None:
    """The assignment, a table for each treatment with its verdict and reasons, and what could not be told."""
    how = "looked at daily" if analysis.question.daily else "looked at once"
    console.print(f"[bold]{title}[/], {how}, intervals at {analysis.question.level:.0%}")
    for one, who in zip(analysis.assignments, ("assignment", "triggered"), strict=False):
        console.print(f"  {who} {'sound' if one.sound else 'BROKEN'}: {one}", markup=False)
    for found in analysis.comparisons:
        console.print(_table(found))
        _cuped(console, found)
        decision = found.verdict.decision
        console.print(f"  [{_COLOURS[decision]}]{decision}[/] {found.treatment}")
        for reason in found.verdict.reasons:
            console.print(f"    {reason}", markup=False)
    for note in analysis.notes:
        console.print(f"  note: {note}", markup=False)


def show_plan(console: Console, plan: Plan, *, arriving: bool) -> None:
    """What a change needs to be seen; and when, where it is known on which days users came (`arriving`)."""
    console.print(
        f"{plan.metric}: a change of {plan.relative:+.2%} is seen with power {plan.power:.0%} "
        f"by {plan.units:,} users in both arms, looking once; by {plan.sequential:,} at the latest, looking daily"
    )
    if not arriving:
        return
    if plan.days is None:
        console.print("  so many never come: no new users came on the last days")
    else:
        console.print(f"  so many come in {plan.days} days, which are whole weeks")


def _table(found: Comparison) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in ("metric", "control", found.treatment, "change", "interval", "p", ""):
        table.add_column(name, justify="left" if name in ("metric", "") else "right", no_wrap=True)
    for one in found.primary:
        table.add_row(*_primary(one), one.state)
    for rail in found.guardrails:
        table.add_row(*_plain(f"guardrail {rail.guardrail.metric.name}", rail.effect), rail.state)
    for other in found.secondary:
        p = "" if other.adjusted is None else f"{other.adjusted:.2g}"
        table.add_row(*_plain(other.metric.name, other.effect)[:5], p, "", style="dim")
    return table


def _primary(found: Finding) -> tuple[str, ...]:
    name, control, treatment, change, interval, _ = _plain(found.metric.name, found.effect)
    if not found.daily:
        return name, control, treatment, change, interval, f"{found.adjusted:.2g}"
    if not found.looks or found.looks[-1].relative is None:
        return name, control, treatment, change, "too few users", ""
    low, value, high = found.looks[-1].relative
    return name, control, treatment, f"{value:+.2%}", f"{low:+.2%} to {high:+.2%}", f"{found.looks[-1].p:.2g}"


def _plain(name: str, found: Effect | Resampled) -> tuple[str, ...]:
    means = tuple(f"{mean:.4g}" for mean in found.means)
    p = f"{found.p:.2g}" if isinstance(found, Effect) else ""
    relative = found.relative if isinstance(found, Effect) else _share(found)
    if relative is None or found.relative_low is None or found.relative_high is None:
        return name, *means, f"{found.difference:+.4g}", f"{found.low:+.4g} to {found.high:+.4g}", p
    return name, *means, f"{relative:+.2%}", f"{found.relative_low:+.2%} to {found.relative_high:+.2%}", p


def _share(found: Resampled) -> float | None:
    return found.difference / found.means[0] if found.means[0] > 0 else None


def _cuped(console: Console, found: Comparison) -> None:
    saved = [
        f"{one.metric.name} x{one.cuped.ratio:.2f} (correlation {one.cuped.rho:.2f})"
        for one in found.primary
        if one.cuped is not None
    ]
    if saved:
        console.print(f"  variance by what users did before: {', '.join(saved)}", markup=False)
