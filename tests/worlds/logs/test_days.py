"""What a world lands: the same bytes for a seed, rows the contracts accept, and the promised faults."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas.errors import UserError
from schemas.logs import LAYERS, layer
from tests.worlds.conftest import FIRST_DAY, SMALL, odd, readable, rows, small
from worlds.load import load
from worlds.logs import part
from worlds.logs.days import LATER, Writing, write
from worlds.world import World

DAYS = [FIRST_DAY + timedelta(days=number) for number in range(3)]


def _digests(landing: Path, days: list[date]) -> dict[str, str]:
    return {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(landing.rglob("*"))
        if path.is_file() and LATER not in path.parts and any(f"day={day}" in path.parts for day in days)
    }


def test_the_same_seed_gives_the_same_bytes_whatever_the_chunks(tiny: Path, tmp_path: Path) -> None:
    np.random.default_rng().random()
    write(small(), 3, Writing(tmp_path / "landing", tmp_path / "truth", chunk_users=7))
    assert _digests(tmp_path / "landing", DAYS) == _digests(tiny, DAYS)
    assert _digests(tmp_path / "truth", DAYS) == _digests(tiny.parent / "truth", DAYS)


def test_a_shorter_world_is_the_beginning_of_a_longer_one(tiny: Path, tmp_path: Path) -> None:
    write(small(), 2, Writing(tmp_path))
    assert _digests(tmp_path, DAYS[:2]) == _digests(tiny, DAYS[:2])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shorts", "stores"])
def test_two_processes_write_the_bytes_of_one(tmp_path: Path, name: str) -> None:
    config = load(name, changes={"population.users": part.PART_USERS + 300, "population.sessions": 0.02})
    for folder, processes in (("one", 1), ("two", 2)):
        counts = write(World(config, 7, FIRST_DAY), 2, Writing(tmp_path / folder, processes=processes))
        assert counts[DAYS[0]]["impression"] > 5000
    assert _digests(tmp_path / "one", DAYS) == _digests(tmp_path / "two", DAYS)
    assert list((tmp_path / "one").glob("impression/day=*/part-0001.parquet"))


def test_another_seed_gives_another_world(tiny: Path, tmp_path: Path) -> None:
    write(small(8), 1, Writing(tmp_path))
    ours, other = _digests(tiny, DAYS[:1]), _digests(tmp_path, DAYS[:1])
    assert not set(ours.values()) & set(other.values())


def test_every_layer_is_there_every_day_in_the_contracts_types(tiny: Path) -> None:
    for contract in LAYERS:
        assert sorted(path.name for path in (tiny / contract.name).iterdir()) == [f"day={day}" for day in DAYS]
        for path in (tiny / contract.name).rglob("*.parquet"):
            table = pq.ParquetFile(path).read()
            for field in table.schema:
                assert field.type == contract.field(field.name).arrow().type
            assert not [f.name for f in contract.fields if f.required and table[f.name].null_count]


def test_a_slate_is_ten_different_items_in_order_with_sound_propensities(tiny: Path) -> None:
    slates: dict[str, list[dict[str, object]]] = {}
    for row in rows(tiny, "impression", DAYS[0], "part*"):
        slates.setdefault(row["request_id"], []).append(row)
        assert 0 < row["propensity"] <= 1
    assert all([row["position"] for row in slate] == list(range(10)) for slate in slates.values())
    assert all(len({row["item_id"] for row in slate}) == 10 for slate in slates.values())
    asked = [row["request_id"] for row in rows(tiny, "request", DAYS[0], "part*")]
    assert sorted(slates) == sorted(asked)


def test_sampled_candidates_hold_what_was_shown_and_are_ranked(tiny: Path) -> None:
    offered: dict[str, set[str]] = {}
    for row in rows(tiny, "candidate", DAYS[0]):
        assert row["item_id"] not in offered.setdefault(row["request_id"], set()), "offered twice"
        offered[row["request_id"]].add(row["item_id"])
    shown = [row for row in rows(tiny, "impression", DAYS[0], "part*") if row["request_id"] in offered]
    assert shown
    assert all(row["item_id"] in offered[row["request_id"]] for row in shown)
    ranked = rows(tiny, "ranking", DAYS[0])
    assert {(row["request_id"], row["item_id"]) for row in ranked} == {
        (request, item) for request, items in offered.items() for item in items
    }
    sampled = {row["request_id"] for row in rows(tiny, "request", DAYS[0]) if row["sampled"]}
    assert sampled == set(offered)


def test_no_item_is_shown_before_the_day_after_it_was_created(tiny: Path) -> None:
    known: set[str] = set()
    for day in DAYS:
        created = {row["item_id"]: row["created_at"] for row in rows(tiny, "item", day)}
        for row in rows(tiny, "impression", day, "part*"):
            assert row["item_id"] in known or created[row["item_id"]].date() < day
        known |= set(created)


def test_history_holds_what_was_clicked_before(tiny: Path) -> None:
    user = {row["impression_id"]: (row["user_id"], row["item_id"]) for row in rows(tiny, "impression", DAYS[0])}
    happened = [row for day in DAYS for row in rows(tiny, "outcome", day) if row["outcome"] == "click"]
    clicks = {user[row["impression_id"]] for row in happened if row["impression_id"] in user}
    asked = rows(tiny, "request", DAYS[1], "part*")
    later = {(row["user_id"], item) for row in asked for item in row["history"]}
    visitors = {row["user_id"] for row in asked}
    short = {row["user_id"] for row in asked if len(row["history"]) < 20}
    assert {(who, what) for who, what in clicks if who in visitors & short} <= later
    assert later <= clicks


def test_outcomes_arrive_no_earlier_than_they_happen_and_some_late(tiny: Path) -> None:
    delays: Counter[int] = Counter()
    for day in DAYS:
        for row in rows(tiny, "outcome", day):
            delays[(day - row["occurred_at"].date()).days] += 1
    assert set(delays) == {0, 1, 2}
    assert 0.003 < (delays[1] + delays[2]) / delays.total() < 0.05
    assert list((tiny / "outcome" / f"day={DAYS[2]}").glob("late-2026-01-01*"))


def test_about_one_outcome_in_a_hundred_comes_twice(tiny: Path) -> None:
    ids = Counter(row["outcome_id"] for day in DAYS for row in rows(tiny, "outcome", day))
    repeated = sum(count - 1 for count in ids.values())
    assert 0.003 < repeated / ids.total() < 0.02
    assert set(ids.values()) == {1, 2}


def test_some_impressions_come_again_on_the_same_day_and_on_the_next(tiny: Path) -> None:
    first = {row["impression_id"] for row in rows(tiny, "impression", DAYS[1], "part*")}
    before = {row["impression_id"] for row in rows(tiny, "impression", DAYS[0], "part*")}
    assert {row["impression_id"] for row in rows(tiny, "impression", DAYS[1], "again*")} <= first
    assert {row["impression_id"] for row in rows(tiny, "impression", DAYS[1], "late*")} <= before
    assert list(tiny.glob("impression/day=*/again*"))
    assert list(tiny.glob("impression/day=*/late*"))


@pytest.mark.parametrize("name", ["request", "impression", "outcome"])
def test_each_day_has_broken_lines_and_orphans(tiny: Path, name: str) -> None:
    lines = odd(tiny, name, DAYS[0])
    orphans = 3 if name == "outcome" else 0
    assert len(lines) == orphans + 4
    assert len(readable(lines)) == orphans + 2
    assert "## log rotated ##" in lines
    required = {field.name for field in layer(name).fields if field.required}
    lost = [row for row in readable(lines) if "-lost-" in str(row.get("impression_id"))]
    assert len(lost) == orphans
    assert all(required <= set(row) for row in lost)


def test_the_truth_has_all_probabilities_of_every_impression(tiny: Path) -> None:
    folder = tiny.parent / "truth"
    truth = pq.ParquetFile(folder / "impressions" / f"day={DAYS[0]}" / "part-0000.parquet").read()
    shown = {row["impression_id"] for row in rows(tiny, "impression", DAYS[0], "part*")}
    assert set(truth["impression_id"].to_pylist()) == shown
    assert {"examined", "click", "satisfied", "hide", "utility"} <= set(truth.column_names)
    population = np.load(folder / "population.npz")
    assert population["user_taste"].shape == (SMALL["population.users"] + 4 * 6, 16)


def test_no_days_and_no_process_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="days: found 0"):
        write(small(), 0, Writing(tmp_path))
    with pytest.raises(UserError, match="processes: found 0"):
        write(small(), 1, Writing(tmp_path, processes=0))


def test_a_world_goes_on_from_a_saved_state(tmp_path: Path) -> None:
    lived = small()
    write(lived, 2, Writing(tmp_path / "a"))
    again = small()
    again.resume(**lived.state())
    assert again.day == 2
    asked = again.requests()
    assert np.array_equal(asked.at, lived.requests().at)
    shown = np.tile(np.arange(10), (len(asked), 1))
    assert np.array_equal(again.rates(asked, shown).utility, lived.rates(asked, shown).utility)
