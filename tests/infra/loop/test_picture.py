"""The loop on paper: everything that was measured is in the table, the picture and the page."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

from rich.console import Console

from infra.loop.picture import draw, figure
from infra.loop.record import Turn
from infra.loop.screen import line, summary
from tests.infra.loop.turns import turn

TURNS = [turn(1, 0.0, "no night"), turn(2, 0.1, "no night"), turn(3, 0.2, "held", "held: recall"), turn(4, 0.6)]


def printed(turns: list[Turn]) -> str:
    """The tables of `turns` on a wide screen."""
    console = Console(width=200, record=True, file=StringIO())
    for table in summary(turns):
        console.print(table)
    return console.export_text()


def test_a_line_says_how_far_and_how_the_night_ended() -> None:
    assert line(TURNS[2]).startswith("2026-01-03  gap closed  20.0% ±2.0%  most popular  20.0% item-item  30.0%")
    assert "held (held: recall)" in line(TURNS[2])
    assert "1,234 requests by 2026-01-03-abc; shipped" in line(TURNS[3])


def test_the_tables_have_every_day_every_segment_and_the_verdicts() -> None:
    text = printed(TURNS)
    assert all(str(one.day) in text for one in TURNS)
    assert "60.0% [58.0%, 62.0%]" in text
    assert re.search(r"2026-01-01.*│\s+1.0% │\s+- │", text), text
    assert re.search(r"2026-01-02.*│\s+1.0% │\s+90.0% │", text), text
    assert "gap closed by segment, 2026-01-04\n" in re.sub(r" +\n", "\n", text)
    assert re.search(r"new users\s+│\s+30.0%", text), text
    assert re.search(r"1 \(50%\) │ 1 \(50%\) │\s+0 \(0%\)", text), text


def test_segments_are_the_mean_of_the_days_that_a_release_served() -> None:
    text = printed([*TURNS, turn(5, 0.8)])
    assert "gap closed by segment, mean of 2026-01-04 to 2026-01-05" in " ".join(text.split())
    assert re.search(r"new users\s+│\s+35.0%", text), text


def test_segments_are_of_every_day_while_no_release_has_served() -> None:
    text = printed(TURNS[:3])
    assert "gap closed by segment, mean of 2026-01-01 to 2026-01-03" in " ".join(text.split())
    assert re.search(r"new users\s+│\s+5.0%", text), text


def test_the_picture_has_a_curve_for_each_policy() -> None:
    gaps, exposure, segments = figure(TURNS, "shorts").axes
    curves = {curve.get_label(): curve.get_ydata() for curve in gaps.lines}
    assert list(curves["served"]) == [0.0, 0.1, 0.2, 0.6]
    assert len(curves["item-item"]) == 2
    assert len(exposure.lines) == 5
    assert [label.get_text() for label in segments.get_yticklabels()] == ["new users"]


def test_the_page_stands_alone_and_shows_every_day(tmp_path: Path) -> None:
    page = draw(TURNS, "sho<rts", tmp_path)
    text = page.read_text()
    assert "http" not in text.split("base64,")[0]
    assert 'src="data:image/png' in text
    assert "sho&lt;rts" in text
    assert "sho<rts" not in text
    assert text.count("<tr>") == len(TURNS) + 1
    assert (tmp_path / "loop.png").read_bytes()[:4] == b"\x89PNG"
