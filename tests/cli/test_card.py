"""feedmill card: what it needs, and what it prints of a small world."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import feedmill


def test_without_real_logs_it_says_which_variable_names_them(tmp_path: Path) -> None:
    answer = feedmill("card", "shorts", home=tmp_path, FEEDMILL_REAL_DATA="")
    assert answer.code == 2
    assert "FEEDMILL_REAL_DATA is not set" in answer.text


@pytest.mark.real_data
def test_a_world_stands_beside_every_real_set_in_table_and_picture(tmp_path: Path, real_data: Path) -> None:
    answer = feedmill(
        "card", "shorts", "--days", "2", "--users", "300", home=tmp_path, FEEDMILL_REAL_DATA=str(real_data)
    )
    assert answer.code == 0
    for word in ("mind", "kuairand", "open_bandit", "ebnerd", "popularity exponent", "far from every real set"):
        assert word in answer.text
    assert (tmp_path / "worlds" / "shorts" / "card.png").read_bytes()[:4] == b"\x89PNG"
