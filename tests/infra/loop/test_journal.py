"""The loop's memory: what it takes down, what it refuses, and what a stop in the middle leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from infra.loop.journal import Journal, State, fingerprint
from schemas.errors import UserError
from tests.infra.loop.turns import turn
from worlds.load import load
from worlds.world import World

WHO = {"world": "shorts", "seed": 1, "users": 100}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    found = Journal(tmp_path / "loop")
    found.begin(WHO)
    return found


def state(day: int, online: Path = Path("nowhere")) -> State:
    consumed = np.array([[-1, day], [3, 4]], dtype=np.int32)
    world = {"day": np.array(day), "consumed": consumed, "queue": np.array([0.5])}
    return State(
        world,
        np.array([1.5, 0.0]),
        {"shown": np.array([[1], [2], [day]])},
        [{"outcome_id": "o", "arrives_at": 5, "value": 1.0}],
        online,
    )


def test_a_new_loop_has_no_turns_and_no_state(journal: Journal) -> None:
    assert journal.turns() == []
    assert journal.state() is None


def test_what_was_noted_is_told_again(journal: Journal) -> None:
    journal.note(turn(1), state(1))
    journal.note(turn(2, served=0.25), state(2))
    assert journal.turns() == [turn(1), turn(2, served=0.25)]
    found = journal.state()
    assert found is not None
    assert {name: values.tolist() for name, values in found.world.items()} == {
        "day": 2,
        "consumed": [[-1, 2], [3, 4]],
        "queue": [0.5],
    }
    assert found.world["consumed"].dtype == np.int32
    assert found.popular.tolist() == [1.5, 0.0]
    assert {name: events.tolist() for name, events in found.seen.items()} == {"shown": [[1], [2], [2]]}
    assert found.pending == state(2).pending


def test_real_time_state_is_kept_as_it_was_after_the_turn(journal: Journal, tmp_path: Path) -> None:
    online = tmp_path / "online"
    online.mkdir()
    for number in (1, 2):
        (online / "data").write_text(f"after turn {number}")
        journal.note(turn(number), state(number, online))
    (online / "data").write_text("in the middle of turn 3")
    found = journal.state()
    assert found is not None
    assert (found.online / "data").read_text() == "after turn 2"


def test_a_turn_whose_line_was_not_written_did_not_happen(journal: Journal) -> None:
    journal.note(turn(1), state(1))
    lines = (journal.folder / "turns.jsonl").read_bytes()
    kept = {path: path.read_bytes() for path in journal.folder.glob("*-1.*")}
    journal.note(turn(2), state(2))
    (journal.folder / "turns.jsonl").write_bytes(lines)
    for path, content in kept.items():
        path.write_bytes(content)
    found = journal.state()
    assert found is not None
    assert found.world["day"] == 1


def test_a_second_beginning_is_refused(journal: Journal) -> None:
    with pytest.raises(UserError, match="holds a loop of world shorts, seed 1"):
        journal.begin(WHO)


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no loop to resume"):
        Journal(tmp_path / "none").resume(WHO)


def test_resuming_another_world_or_seed_is_refused_naming_both(journal: Journal) -> None:
    journal.resume(WHO)
    with pytest.raises(UserError, match=r"with world shorts, seed 1; asked is one with world news, seed 2"):
        journal.resume(WHO | {"world": "news", "seed": 2})


def test_a_loop_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    """Its states are others, and so is what its lines say."""
    now = fingerprint(World(load("shorts")))
    older = Journal(tmp_path / "older")
    older.begin({name: value for name, value in now.items() if name != "format"})
    with pytest.raises(UserError, match=r"with format None; asked is one with format \d"):
        older.resume(now)


def test_the_fingerprint_follows_every_change_of_a_world() -> None:
    plain = fingerprint(World(load("shorts")))
    other = fingerprint(World(load("shorts", changes={"population.drift": 0.5})))
    assert {key for key in plain if plain[key] != other[key]} == {"configuration"}
