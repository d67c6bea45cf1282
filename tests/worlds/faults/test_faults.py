"""Each fault begins on its day and not before, does what its name says, and is told beside the logs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import UserError
from tests.worlds.conftest import CLEAN, FIRST_DAY, rows, small
from worlds.faults.broken_model import BrokenModel
from worlds.faults.feature_skew import FeatureSkew
from worlds.faults.late import Late
from worlds.faults.repeated import Repeated
from worlds.logs.days import Writing, write
from worlds.world import World


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def written(folder: Path, days: int = 2, **changes: Any) -> World:
    world = small(**{**CLEAN, **changes})
    write(world, days, Writing(folder / "landing", folder / "truth"))
    return world


def _value(world: World) -> float:
    asked = world.requests()
    shown = np.arange(world.catalogue)
    return float(world.utility(asked, shown)[0].mean())


def test_without_faults_nothing_is_late_twice_or_malformed(tmp_path: Path) -> None:
    written(tmp_path)
    names = {path.name for path in (tmp_path / "landing").rglob("day=2026-01-01/*")}
    assert names == {"part-0000.parquet"}
    ids = [row["outcome_id"] for number in range(2) for row in rows(tmp_path / "landing", "outcome", day(number))]
    assert len(ids) == len(set(ids))
    assert json.loads((tmp_path / "truth" / "faults.json").read_text()) == []


def test_an_outage_silences_one_country_from_its_day_on(tmp_path: Path) -> None:
    world = written(tmp_path, **{"faults.outage": {"country": "US", "from_day": 1}})
    landing = tmp_path / "landing"
    for number, silent in ((0, False), (1, True)):
        country = {row["request_id"]: row["country"] for row in rows(landing, "request", day(number), "part*")}
        heard = {country[row["request_id"]] for row in rows(landing, "outcome", day(number), "part*")}
        assert ("US" in heard) is not silent
        assert len(heard) > 2
        assert "US" in set(country.values())
    told = json.loads((tmp_path / "truth" / "faults.json").read_text())
    assert told == [{"fault": "outage", "from": "2026-01-02", "to": None, "country": "US", "share": 1.0}]
    assert world.config.faults.outage is not None


def test_skewed_clocks_shift_the_outcomes_of_some_users(tmp_path: Path) -> None:
    written(tmp_path / "right", days=1)
    written(tmp_path / "wrong", days=1, **{"faults.clock_skew": {"share": 0.3, "seconds": -7200.0}})
    right = {row["outcome_id"]: row["occurred_at"] for row in rows(tmp_path / "right" / "landing", "outcome", day(0))}
    wrong = {row["outcome_id"]: row["occurred_at"] for row in rows(tmp_path / "wrong" / "landing", "outcome", day(0))}
    off = {(right[one] - wrong[one]).total_seconds() for one in right if one in wrong}
    assert off == {0.0, 7200.0}
    told = json.loads((tmp_path / "wrong" / "truth" / "faults.json").read_text())[0]
    assert 20 < len(told["users"]) < 80


def test_bots_come_often_and_click_on_nearly_everything_from_their_day_on(tmp_path: Path) -> None:
    world = small(**{"faults.bots": {"share": 0.1, "from_day": 1, "sessions": 6.0}})
    assert world.config.faults.bots is not None
    bots = world.config.faults.bots.who(np.arange(150), world.streams)
    counts, clicks = [], []
    for _ in range(2):
        asked = world.requests()
        mine = bots[np.minimum(asked.user, 149)] & (asked.user < 150)
        counts.append(mine.mean())
        shown = np.tile(np.arange(10), (len(asked), 1))
        clicks.append(world.rates(asked, shown).once_seen["click"][mine].mean())
        world.pass_day()
    assert counts[1] > 2.0 * counts[0]
    assert clicks[0] < 0.5
    assert clicks[1] > 0.8


def test_tastes_turn_on_the_day_of_the_drift() -> None:
    usual, turned = small(), small(**{"faults.taste_drift": {"from_day": 1, "radians": 1.5}})
    assert _value(usual) == _value(turned)
    usual.pass_day()
    turned.pass_day()
    assert np.einsum("nd,nd->n", usual._taste, turned._taste) == pytest.approx(np.cos(1.5))


def test_a_flood_brings_more_items_on_its_days_and_leaves_the_others_alone() -> None:
    usual, flooded = small(), small(**{"faults.flood": {"from_day": 1, "to_day": 1, "items": 300}})
    for _ in range(2):
        usual.pass_day()
        flooded.pass_day()
    assert len(flooded.items) == len(usual.items) + 300
    new = np.isin(flooded.items.key, usual.items.key)
    assert np.array_equal(flooded.items.latent[new], usual.items.latent)


def test_a_viral_item_is_liked_on_its_days_alone() -> None:
    world = small(**{"faults.viral": {"from_day": 1, "to_day": 1, "boost": 3.0}})
    values = []
    for _ in range(3):
        asked = world.requests()
        item = 261  # the newest of the first day: 250 there were, 12 were created
        values.append(world.rates(asked, np.full((len(asked), 1), item)).once_seen["click"].mean())
        world.pass_day()
    assert world.viral_item() == 261
    assert values[1] > 1.5 * max(values[0], values[2])


def test_a_broken_model_ranks_upside_down() -> None:
    assert BrokenModel().weight(np.array([3.0, 1.0, 2.0])).tolist() == [1.0, 3.0, 2.0]
    assert not BrokenModel(from_day=2, to_day=3).active(1)
    assert BrokenModel(from_day=2, to_day=3).active(3)
    assert not BrokenModel(from_day=2, to_day=3).active(4)


def test_a_broken_model_day_is_worth_less(tmp_path: Path) -> None:
    strong = {"logs.temper": 3.0, "logs.explore": 0.0}
    written(tmp_path / "whole", **strong)
    written(tmp_path / "broken", **strong, **{"faults.broken_model": {"from_day": 1}})
    whole, broken = (
        [len(rows(tmp_path / name / "landing", "outcome", day(number), "part*")) for number in range(2)]
        for name in ("whole", "broken")
    )
    assert whole[0] == broken[0]
    assert broken[1] < 0.9 * whole[1]


def test_a_stale_feature_stays_and_a_skewed_one_is_served_otherwise(tmp_path: Path) -> None:
    changes = {
        "faults.stale_feature": {"feature": "age_days", "from_day": 1},
        "faults.feature_skew": {"feature": "freshness", "from_day": 1, "factor": 2.0},
    }
    written(tmp_path / "fine", days=3)
    written(tmp_path / "off", days=3, **changes)
    for number in range(3):
        fine, off = (
            {
                (row["request_id"], row["item_id"]): dict(row["features"])
                for row in rows(tmp_path / name / "landing", "ranking", day(number))
            }
            for name in ("fine", "off")
        )
        assert set(fine) == set(off)
        for one, values in fine.items():
            if number == 0:
                assert off[one] == values
            else:
                assert off[one]["freshness"] == pytest.approx(2.0 * values["freshness"], rel=1e-5)
                assert off[one]["age_days"] <= values["age_days"]
                assert values["age_days"] - off[one]["age_days"] <= number + 1e-6
    assert FeatureSkew(feature="x", factor=2.0, offset=1.0).served(np.array([3.0])).tolist() == [7.0]


def test_late_and_repeated_follow_their_shares() -> None:
    luck = (np.arange(1000) + 0.5) / 1000
    assert np.bincount(Late(one_day=0.1, two_days=0.05).days(luck)).tolist() == [850, 100, 50]
    which, after = Repeated(outcomes=0.2, next_day=0.25).again(0.2, luck)
    assert (len(which), int(after.sum())) == (200, 50)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"faults.outage": {"country": "XX"}}, "faults.outage.country: found 'XX'"),
        ({"faults.outage": {"country": "US", "share": 2.0}}, "faults.outage.share: found 2.0"),
        ({"faults.viral": {"from_day": 3, "to_day": 2}}, "to_day: found 2; allowed is 3 or more"),
        ({"faults.late": {"one_day": 0.9, "two_days": 0.9}}, "found 1.8"),
        ({"faults.stale_feature": {"from_day": 1}}, "faults.stale_feature.feature: missing"),
        ({"faults.earthquake": {}}, "faults.earthquake: found an unknown key"),
    ],
)
def test_a_wrong_fault_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        small(**changes)
    assert words in str(caught.value)
