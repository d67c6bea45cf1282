"""The benchmark of a world's logs: what it measures, and how it is told."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from infra.bench.worlds import Generated, bench, table


def test_a_small_run_is_measured_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = bench(tmp_path / "logs", 5000, processes=1)
    assert 2000 < found.impressions < 12_000
    assert found.written > 50 * found.impressions
    assert found.seconds > 0
    assert found.peak_rss > 2**20
    assert not (tmp_path / "logs").exists()


def test_growth_is_told_against_the_first_run() -> None:
    console = Console(width=200, record=True)
    console.print(table([Generated(1_000_000, 100_000_000, 5.0, 2**30), Generated(10_000_000, 10**9, 55.0, 2**31)]))
    text = console.export_text()
    assert "200,000" in text
    assert "1.10" in text
    assert "2.00" in text
