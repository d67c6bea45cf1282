"""Mistakes are told in words, with the exit code that says whether to retry, and never as a traceback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.main import VERBS, application
from tests.cli.command import feedmill


def test_every_verb_can_be_loaded() -> None:
    commands = application(list(VERBS)).registered_commands
    assert {command.name for command in commands} == set(VERBS)
    assert all(command.callback is not None and command.callback.__doc__ for command in commands)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "shrts", "2026-01-08"), "Did you mean 'shorts'?"),
        (("run", "shorts", "yesterday"), "found 'yesterday'; allowed is a UTC date"),
        (("run", "shorts", "2026-01-08", "--from", "jion"), "there is no step 'jion'; steps are: ingest, join"),
        (("run", "shorts", "2026-01-08", "--from", "decide", "--to", "ingest"), "comes after"),
        (("step", "jion", "shorts", "2026-01-08"), "there is no step 'jion'"),
        (("ledger", "shorts", "2026-01-08"), "the ledger of shorts has no line for 2026-01-08"),
        (("tables", "shorts"), "shorts has no tables"),
        (("spark", "start", "shorts"), "name both SURFACE and DAY"),
        (("no-such-verb",), "No such command"),
    ],
)
def test_a_mistake_is_exit_code_2_and_says_what_is_allowed(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    answer = feedmill(*words, home=tmp_path)
    assert answer.code == 2
    assert told in answer.text
    assert "Traceback" not in answer.text


def test_a_day_in_the_future_is_refused(tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    answer = feedmill("run", "shorts", str(tomorrow), home=tmp_path)
    assert answer.code == 2
    assert f"{tomorrow} is in the future" in answer.text


def test_steps_lists_what_each_reads_and_writes(tmp_path: Path) -> None:
    answer = feedmill("steps", "shorts", home=tmp_path)
    assert answer.code == 0
    lines = answer.text.splitlines()
    join = lines.index(next(line for line in lines if line.startswith("join ")))
    assert lines[join + 1].split() == ["after", "ingest"]
    assert "bronze.impression" in lines[join + 2]
    assert "silver.labelled" in lines[join + 3]
