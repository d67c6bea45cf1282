"""The short table of an experiment on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from evaluation.experiments.analysis import Analysis, Comparison
from evaluation.experiments.distribution import Resampled
from evaluation.experiments.effect import Effect
from evaluation.experiments.finding import Finding
from evaluation.experiments.guardrails import Guarded
from evaluation.experiments.plan import Plan
from evaluation.experiments.sequential import Look

_COLOURS = {"ship": "bold green", "reject": "bold red", "continue": "yellow"}


def show(console: Console, analysis: Analysis, title: str) -> None:
    """The assignment, a table for each treatment with its verdict and reasons, and what could not be told."""
    how = "looked at daily, means a user and day" if analysis.question.daily else "looked at once"
    console.print(f"[bold]{title}[/], {how}, intervals at {analysis.question.level:.0%}")
    for one, who in zip(analysis.assignments, ("assignment", "triggered"), strict=False):
        console.print(f"  {who} {'sound' if one.sound else 'BROKEN'}: {one}", markup=False)
    for found in analysis.comparisons:
        console.print(_table(found), crop=False)
        for words in (*_cuped(found), *_lasting(found), *_spread(found)):
            console.print(f"  {words}", markup=False)
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
        table.add_row(*_guarded(rail), rail.state)
    for other in found.secondary:
        p = "" if other.adjusted is None else f"{other.adjusted:.2g}"
        table.add_row(*_plain(other.metric.name, other.effect)[:5], p, "", style="dim")
    for column in table.columns:
        # However narrow the screen: half a figure is worse than a line that wraps.
        column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    return table


def _primary(found: Finding) -> tuple[str, ...]:
    if not found.daily:
        return (*_plain(found.metric.name, found.effect)[:5], f"{found.adjusted:.2g}")
    return _looked(found.metric.name, found.effect, found.looks[-1] if found.looks else None)


def _guarded(rail: Guarded) -> tuple[str, ...]:
    name = f"guardrail {rail.guardrail.metric.name}"
    if rail.p is None:
        return (*_looked(name, rail.effect, rail.look)[:5], "")
    return (*_plain(name, rail.effect)[:5], f"{rail.p:.2g}")


def _looked(name: str, effect: Effect, look: Look | None) -> tuple[str, ...]:
    """The last look, whose means are a user and day."""
    if look is None:
        return (*_plain(name, effect)[:4], "too few users", "")
    control, treatment = (f"{mean:.4g}" for mean in look.means)
    p = f"{look.p:.2g}"
    if look.relative is None:
        return name, control, treatment, f"{look.difference:+.4g}", f"{look.low:+.4g} to {look.high:+.4g}", p
    low, value, high = look.relative
    return name, control, treatment, f"{value:+.2%}", f"{low:+.2%} to {high:+.2%}", p


def _plain(name: str, found: Effect | Resampled) -> tuple[str, ...]:
    means = tuple(f"{mean:.4g}" for mean in found.means)
    p = f"{found.p:.2g}" if isinstance(found, Effect) else ""
    relative = found.relative if isinstance(found, Effect) else _share(found)
    if relative is None or found.relative_low is None or found.relative_high is None:
        return name, *means, f"{found.difference:+.4g}", f"{found.low:+.4g} to {found.high:+.4g}", p
    return name, *means, f"{relative:+.2%}", f"{found.relative_low:+.2%} to {found.relative_high:+.2%}", p


def _share(found: Resampled) -> float | None:
    return found.difference / found.means[0] if found.means[0] > 0 else None


def _cuped(found: Comparison) -> Iterator[str]:
    saved = [
        f"{one.metric.name} x{one.cuped.ratio:.2f} (correlation {one.cuped.rho:.2f})"
        for one in found.primary
        if one.cuped is not None
    ]
    if saved:
        yield f"variance by what users did before: {', '.join(saved)}"


def _lasting(found: Comparison) -> Iterator[str]:
    name = found.primary[0].metric.name
    new, long = found.novelty, found.long_term
    if new is not None:
        yield (
            f"effect on {name} as users get used to it: {new.course} "
            f"({_lift(new.early)} on their first days, {_lift(new.late)} later; p of no change {new.p:.2g})"
        )
    if long is not None:
        weeks = ", ".join(_lift(one) for one in long.effects)
        yield f"effect on {name} each {long.window} days: {weeks}; p of no trend {long.p:.2g}"


def _spread(found: Comparison) -> Iterator[str]:
    one = found.diluted
    if one is None or one.relative is None:
        return
    base = one.difference / one.relative
    yield (
        f"spread over everyone, {one.share:.1%} of whom are triggered: {one.relative:+.2%} "
        f"({one.low / base:+.2%} to {one.high / base:+.2%})"
    )


def _lift(found: Effect) -> str:
    return f"{found.difference:+.4g}" if found.relative is None else f"{found.relative:+.2%}"
