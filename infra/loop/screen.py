"""The loop on the screen: a line a turn, and tables of all turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.table import Table

from infra.loop.record import BOOTSTRAP, ENDINGS, ITEM_ITEM, POLICIES, POPULAR, SERVED, Turn

LAST = 3
"""Days at the end over which a loop is judged, of those that a release served if there are any."""


def line(turn: Turn) -> str:
    """What a turn came to, in a line."""
    gap = turn.gap[SERVED]
    others = " ".join(f"{one} {turn.gap[one].value:6.1%}" for one in (POPULAR, ITEM_ITEM) if one in turn.gap)
    verdict = f"{turn.verdict}{f' ({turn.reason})' if turn.reason else ''}"
    return (
        f"{turn.day}  gap closed {gap.value:6.1%} ±{(gap.high - gap.low) / 2:.1%}  {others}  "
        f"{turn.requests:,} requests by {turn.served_by}; {verdict}  {turn.seconds:.0f} s"
    )


def summary(turns: Sequence[Turn]) -> Iterator[Table]:
    """By day: gap closed, exposure, verdict. By segment: mean gap closed over the last days. Verdicts, counted."""
    yield _days(turns)
    yield _exposure(turns)
    yield _segments([turn for turn in turns if turn.served_by != BOOTSTRAP][-LAST:] or turns[-LAST:])
    yield _verdicts(turns)


def _days(turns: Sequence[Turn]) -> Table:
    table = Table(title="share of the oracle gap closed, with 95 % intervals", title_justify="left")
    table.add_column("day", no_wrap=True)
    for name in (*POLICIES, f"{SERVED} ahead of {POPULAR}", f"ahead of {ITEM_ITEM}"):
        table.add_column(name, justify="right")
    table.add_column("night", no_wrap=True)
    for turn in turns:
        found = [turn.gap.get(one) for one in POLICIES] + [turn.ahead.get(one) for one in (POPULAR, ITEM_ITEM)]
        table.add_row(str(turn.day), *(str(one) if one else "-" for one in found), turn.verdict)
    return table


def _exposure(turns: Sequence[Turn]) -> Table:
    table = Table(title="who was shown", title_justify="left")
    table.add_column("day", no_wrap=True)
    for name in ("catalogue shown", "Gini", "on new items", "on new creators", "yesterday's items shown"):
        table.add_column(name, justify="right")
    for turn in turns:
        shown = turn.exposure
        shares = (shown.coverage, shown.new_items, shown.new_creators, shown.reached)
        cells = ["-" if share is None else f"{share:.1%}" for share in shares]
        table.add_row(str(turn.day), cells[0], f"{shown.gini:.3f}", *cells[1:])
    return table


def _segments(turns: Sequence[Turn]) -> Table:
    days = str(turns[0].day) if len(turns) == 1 else f"mean of {turns[0].day} to {turns[-1].day}"
    table = Table(title=f"gap closed by segment, {days}", title_justify="left")
    table.add_column("segment")
    for policy in POLICIES:
        table.add_column(policy, justify="right")
    for segment in dict.fromkeys(name for turn in turns for name in turn.segments):
        table.add_row(
            segment, *(_mean([turn.segments.get(segment, {}).get(one) for turn in turns]) for one in POLICIES)
        )
    return table


def _verdicts(turns: Sequence[Turn]) -> Table:
    nights = [turn.verdict for turn in turns if turn.verdict != "no night"]
    table = Table(title=f"{len(nights)} nights", title_justify="left")
    for ending in ENDINGS:
        table.add_column(ending, justify="right")
    counts = [nights.count(ending) for ending in ENDINGS]
    table.add_row(*(f"{count} ({count / max(len(nights), 1):.0%})" for count in counts))
    return table


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.1%}" if known else "-"
