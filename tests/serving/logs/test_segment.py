from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from serving.logs.segment import Segment, free_name, recover
from tests.serving.logs.landed import DAY, files, hidden

WRITER = """
import os, signal, sys
from datetime import date
from pathlib import Path
from serving.logs.segment import Segment, free_name
landing, day, server = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), sys.argv[3]
for layer, data in (("impression", b"{}\\n{"), ("request", b"")):
    folder, name, _ = free_name(landing, layer, day, server, 0)
    segment = Segment(folder, name)
    segment.write(data)
    globals()[layer] = segment
os.kill(os.getpid(), signal.SIGKILL)
"""


def begun(landing: Path, data: bytes = b"{}\n", server: str = "here") -> Segment:
    folder, name, _ = free_name(landing, "impression", DAY, server, 0)
    segment = Segment(folder, name)
    segment.write(data)
    segment.sync()
    segment.commit()
    return segment


def died(landing: Path, server: str = "gone") -> None:
    """A server writes a row and half of the next, and dies."""
    command = [sys.executable, "-c", WRITER, str(landing), str(DAY), server]
    assert subprocess.run(command, env=os.environ | {"PYTHONPATH": str(Path.cwd())}, check=False).returncode == -9


def test_an_open_segment_is_hidden_from_ingest_until_it_is_closed(tmp_path: Path) -> None:
    segment = begun(tmp_path)
    assert (files(tmp_path), hidden(tmp_path)) == ([], [f"impression/day={DAY}/.here-000000.jsonl.open"])
    segment.close()
    assert (files(tmp_path), hidden(tmp_path)) == ([f"impression/day={DAY}/here-000000.jsonl"], [])


def test_a_segment_without_rows_vanishes(tmp_path: Path) -> None:
    begun(tmp_path, b"").close()
    assert files(tmp_path) == hidden(tmp_path) == []


def test_what_was_not_committed_can_be_taken_back(tmp_path: Path) -> None:
    segment = begun(tmp_path, b"one\n")
    segment.write(b"tw")
    segment.rollback()
    segment.write(b"three\n")
    segment.close()
    assert segment.final.read_text() == "one\nthree\n"


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    begun(tmp_path).close()
    first = begun(tmp_path)
    assert first.final.name == "here-000001.jsonl"
    assert begun(tmp_path).final.name == "here-000002.jsonl"


@pytest.mark.parametrize("later", [0, 1, 40])
def test_what_a_dead_server_left_arrives_on_the_day_it_is_found(tmp_path: Path, later: int) -> None:
    died(tmp_path)
    today = DAY + timedelta(days=later)
    (landed,) = recover(tmp_path, today)
    assert landed == tmp_path / "impression" / f"day={today}" / "gone-000000.jsonl"
    assert landed.read_bytes() == b"{}\n{"
    assert hidden(tmp_path) == []
    assert recover(tmp_path, today) == []


def test_a_living_server_keeps_its_segment(tmp_path: Path) -> None:
    segment = begun(tmp_path)
    assert recover(tmp_path, DAY) == []
    segment.close()
    assert files(tmp_path) == [f"impression/day={DAY}/here-000000.jsonl"]


def test_nothing_that_lies_there_is_written_over(tmp_path: Path) -> None:
    taken = tmp_path / "impression" / f"day={date(2026, 1, 11)}" / "gone-000000.jsonl"
    taken.parent.mkdir(parents=True)
    taken.write_text("older\n")
    died(tmp_path)
    (landed,) = recover(tmp_path, date(2026, 1, 11))
    assert landed.name == "gone-000000-1.jsonl"
    assert taken.read_text() == "older\n"
