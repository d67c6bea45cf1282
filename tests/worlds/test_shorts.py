"""What the default world lands: the same bytes for a seed, rows the contracts accept, and the promised faults."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas.errors import UserError
from schemas.logs import LAYERS, layer
from tests.worlds.conftest import FIRST_DAY, TINY, lines, rows
from worlds import shorts
from worlds.shorts.delivery import ORPHANS, SHOWN_TWICE

DAYS = [FIRST_DAY + timedelta(days=number) for number in range(3)]


def _digests(landing: Path, days: list[date]) -> dict[str, str]:
    return {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(landing.rglob("*"))
        if path.is_file() and any(f"day={day}" in path.parts for day in days)
    }


def test_the_same_seed_gives_the_same_bytes(tiny: Path, write_tiny: Callable[..., Path]) -> None:
    np.random.default_rng().random()
    assert _digests(write_tiny(), DAYS) == _digests(tiny, DAYS)


def test_a_shorter_world_is_the_beginning_of_a_longer_one(tiny: Path, write_tiny: Callable[..., Path]) -> None:
    assert _digests(write_tiny(days=2), DAYS[:2]) == _digests(tiny, DAYS[:2])


def test_another_seed_gives_another_world(tiny: Path, write_tiny: Callable[..., Path]) -> None:
    ours, other = _digests(tiny, DAYS[:1]), _digests(write_tiny(days=1, seed=8), DAYS[:1])
    assert not set(ours.values()) & set(other.values())


def test_every_layer_is_there_every_day(tiny: Path) -> None:
    for contract in LAYERS:
        assert sorted(path.name for path in (tiny / contract.name).iterdir()) == [f"day={day}" for day in DAYS]
    assert {path.suffix for path in tiny.rglob("*") if path.is_file()} == {".gz", ".jsonl", ".parquet"}


@pytest.mark.parametrize("name", ["candidate", "ranking", "item", "user"])
def test_parquet_layers_have_their_contracts_types(tiny: Path, name: str) -> None:
    contract = layer(name)
    for path in (tiny / name).rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        for field in table.schema:
            assert field.type == contract.field(field.name).arrow().type
        assert not [f.name for f in contract.fields if f.required and table[f.name].null_count]


@pytest.mark.parametrize("name", ["request", "impression", "outcome"])
def test_json_rows_have_all_that_is_required_and_nothing_unknown(tiny: Path, name: str) -> None:
    contract = layer(name)
    required = {field.name for field in contract.fields if field.required}
    for row in rows(tiny, name, DAYS[1], "*.jsonl.gz"):
        assert set(row) <= set(contract.names)
        assert all(row[field] is not None for field in required)


def test_a_slate_is_ten_different_items_in_order_with_sound_propensities(tiny: Path) -> None:
    slates: dict[str, list[dict[str, object]]] = {}
    for row in rows(tiny, "impression", DAYS[0], "part*"):
        slates.setdefault(row["request_id"], []).append(row)
        assert 0 < row["propensity"] <= 1
    assert all([row["position"] for row in slate] == list(range(10)) for slate in slates.values())
    assert all(len({row["item_id"] for row in slate}) == 10 for slate in slates.values())
    asked = [row["request_id"] for row in rows(tiny, "request", DAYS[0], "part*")]
    assert sorted(slates) == sorted(asked)


def test_sampled_candidates_hold_what_was_shown(tiny: Path) -> None:
    table = pq.ParquetFile(tiny / "candidate" / f"day={DAYS[0]}" / "part-0000.parquet").read()
    offered: dict[str, set[str]] = {}
    for request, item in zip(table["request_id"].to_pylist(), table["item_id"].to_pylist(), strict=True):
        assert item not in offered.setdefault(request, set()), "offered twice"
        offered[request].add(item)
    shown = [row for row in rows(tiny, "impression", DAYS[0], "part*") if row["request_id"] in offered]
    assert shown
    assert all(row["item_id"] in offered[row["request_id"]] for row in shown)


def test_no_item_is_shown_before_it_was_created_and_known(tiny: Path) -> None:
    born: dict[str, datetime] = {}
    for day in DAYS:
        for row in rows(tiny, "impression", day, "part*"):
            if row["item_id"] in born:
                assert datetime.fromisoformat(row["shown_at"]) > born[row["item_id"]]
            else:
                assert day == DAYS[0], "an item shown on a later day has no dimension row of an earlier one"
        table = pq.ParquetFile(tiny / "item" / f"day={day}" / "part-0000.parquet").read()
        born |= dict(zip(table["item_id"].to_pylist(), table["created_at"].to_pylist(), strict=True))


def test_history_holds_what_was_clicked_before(tiny: Path) -> None:
    user = {
        row["impression_id"]: (row["user_id"], row["item_id"]) for row in rows(tiny, "impression", DAYS[0], "part*")
    }
    clicks = {
        user[row["impression_id"]]
        for row in rows(tiny, "outcome", DAYS[0], "part*")
        if row["outcome"] == "click" and row["impression_id"] in user
    }
    later = {(row["user_id"], item) for row in rows(tiny, "request", DAYS[1], "part*") for item in row["history"]}
    visitors = {row["user_id"] for row in rows(tiny, "request", DAYS[1], "part*")}
    missing = {(who, what) for who, what in clicks if who in visitors} - later
    assert len(missing) <= 0.05 * len(clicks), "only a history longer than its limit may have forgotten a click"


def test_an_outcome_arrives_no_earlier_than_it_happened_and_some_late(tiny: Path) -> None:
    delays: Counter[int] = Counter()
    for day in DAYS:
        for row in rows(tiny, "outcome", day, "*.jsonl.gz"):
            delays[(day - datetime.fromisoformat(row["occurred_at"]).date()).days] += 1
    assert min(delays) == 0
    assert set(delays) == {0, 1, 2}
    assert 0.005 < (delays[1] + delays[2]) / delays.total() < 0.05
    assert list((tiny / "outcome" / f"day={DAYS[2]}").glob("late-2026-01-01*"))


def test_about_one_outcome_in_a_hundred_comes_twice(tiny: Path) -> None:
    ids = Counter(row["outcome_id"] for day in DAYS for row in rows(tiny, "outcome", day, "*.jsonl.gz"))
    repeated = sum(count - 1 for count in ids.values())
    assert 0.004 < repeated / ids.total() < 0.02


def test_some_impressions_come_again_on_the_same_day_and_on_the_next(tiny: Path) -> None:
    first = [row["impression_id"] for row in rows(tiny, "impression", DAYS[1], "part*")]
    before = {row["impression_id"] for row in rows(tiny, "impression", DAYS[0], "part*")}
    again = [row["impression_id"] for row in rows(tiny, "impression", DAYS[1], "retried*")]
    assert len(set(first)) == len(first)
    assert sum(one in set(first) for one in again) == SHOWN_TWICE
    assert sum(one in before for one in again) == 5


def test_long_dwell_comes_in_two_rows_that_add_up(tiny: Path) -> None:
    dwell: dict[str, dict[str, float]] = {}
    for day in DAYS:
        for row in rows(tiny, "outcome", day, "*.jsonl.gz"):
            if row["outcome"] == "dwell":
                dwell.setdefault(row["impression_id"], {})[row["outcome_id"]] = row["value"]
    long = [parts for parts in dwell.values() if len(parts) == 2]
    assert long
    assert all(max(parts.values()) >= 60.0 for parts in long)


@pytest.mark.parametrize("name", ["request", "impression", "outcome"])
def test_each_day_has_broken_lines_and_the_rest_can_be_read(tiny: Path, name: str) -> None:
    odd = lines(tiny / name / f"day={DAYS[0]}" / "odd.jsonl")
    orphans = ORPHANS if name == "outcome" else 0
    assert len(odd) == orphans + 4
    assert len(rows(tiny, name, DAYS[0], "odd.jsonl")) == orphans + 2
    assert "## log rotated ##" in odd


def test_the_truth_has_a_probability_for_every_impression(tiny: Path) -> None:
    truth = pq.ParquetFile(tiny.parent / "truth" / f"impressions-{DAYS[0]}.parquet").read()
    shown = {row["impression_id"] for row in rows(tiny, "impression", DAYS[0], "part*")}
    assert set(truth["impression_id"].to_pylist()) == shown
    population = np.load(tiny.parent / "truth" / "population.npz")
    assert population["user_taste"].shape == (TINY.users, 16)
    assert len(population["item_latent"]) >= TINY.items


def test_a_world_without_days_or_items_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least one day"):
        shorts.write(tmp_path, FIRST_DAY, 0)
    with pytest.raises(UserError, match="items 10"):
        shorts.WorldConfig(items=10)
