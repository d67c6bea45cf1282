from __future__ import annotations

from pathlib import Path

from serving.pipeline import STAGES
from tests.cli.command import feedmill


def test_every_stage_is_told_in_its_order_with_its_deadline(tmp_path: Path) -> None:
    answer = feedmill("stages", "shorts", home=tmp_path)
    assert answer.code == 0
    told = [line.split()[1] for line in answer.text.splitlines() if line.startswith("│") and line.split()[1] != "│"]
    assert [name for name in told if name in {stage.__name__ for stage in STAGES}] == [one.__name__ for one in STAGES]
    assert "what gives way, in this order: supply" in answer.text
    assert "policy: epsilon_greedy(0.05)" in answer.text
