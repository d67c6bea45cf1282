"""A treatment that the logs hold without lots: read with what was known before, its effect found, or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from evaluation.causal import causal_effect
from features.tables import samples
from jobs.experiments.condition import Condition
from jobs.experiments.observed import Observed, Wanted, observe
from lake.tables import Lake
from schemas.errors import UserError
from schemas.tables import BRONZE
from tests.jobs.experiments.logged import BEGIN, FIRST, LAST, surface

TINY = surface()
WANTED = Wanted(Condition.parse("source=als"), "click", FIRST, FIRST, given=("user_click_rate_30", "position"))


def impressions(n: int = 6000, seed: int = 1) -> list[dict[str, Any]]:
    """Users who click much are shown more by ALS, which itself makes a click more likely by .1."""
    rng = np.random.default_rng(seed)
    zeal = rng.uniform(0.1, 0.7, 300)
    rows = []
    for row in range(n):
        user = row % 300
        treated = rng.random() < 0.2 + zeal[user] / 1.2
        rows.append(
            {
                "event_day": FIRST,
                "impression_id": f"i{row:05}",
                "request_id": f"r{row // 10}",
                "user_id": f"u{user}",
                "item_id": "x",
                "position": row % 10,
                "source": "als" if treated else "popular",
                "country": "DE" if user % 3 else "FR",
                "explored": False,
                "user_click_rate_30": zeal[user],
                "click": float(rng.random() < zeal[user] + 0.1 * treated),
                "shown_at": datetime.combine(FIRST, time(12), UTC),
                "arrival_day": FIRST,
                "known_from": FIRST,
            }
        )
    return rows


def lake_of(folder: Path, rows: list[dict[str, Any]]) -> Lake:
    lake, table = Lake(folder), samples(TINY)
    lake.write_arrow(pa.Table.from_pylist(rows, table.arrow()), table, "true")
    return lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return lake_of(tmp_path_factory.mktemp("lake"), impressions())


def effect(seen: Observed) -> float:
    found = causal_effect(seen.outcome, seen.treated, seen.covariates, seen.user)
    assert found.value is not None, found.overlap.faults
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.1 < found.high
    assert found.naive > found.high
    return found.value


def test_what_was_known_before_explains_away_what_is_no_effect(lake: Lake) -> None:
    seen = observe(lake, TINY, WANTED)
    assert len(seen.outcome) == 6000
    assert set(seen.covariates) == {"user_click_rate_30", "position"}
    assert len(np.unique(seen.user)) == 300
    assert effect(seen) == pytest.approx(0.1, abs=0.04)


def test_without_a_choice_everything_that_varies_is_a_covariate(lake: Lake) -> None:
    seen = observe(lake, TINY, replace(WANTED, given=()))
    assert set(seen.covariates) == {"user_click_rate_30", "position", "country=FR"}
    assert (
        "user_click_rate_30"
        not in observe(
            lake, TINY, replace(WANTED, given=(), treatment=Condition.parse("user_click_rate_30>=0.4"))
        ).covariates
    )


def test_conditions_are_on_numbers_and_words(lake: Lake) -> None:
    for text, share in (("position<4", 0.4), ("position=0", 0.1), ("country=FR", 1 / 3), ("explored=true", 0.0)):
        seen = observe(lake, TINY, replace(WANTED, treatment=Condition.parse(text), given=("user_click_rate_30",)))
        assert seen.treated.mean() == pytest.approx(share), text


def test_a_rule_that_gave_way_is_a_treatment(tmp_path: Path) -> None:
    rows = impressions(40)
    lake = lake_of(tmp_path, rows)
    shown = [
        {"schema_version": 1, "relaxed": ["max_per_creator"] if n % 2 else None}
        | {key: row[key] for key in ("impression_id", "request_id", "item_id", "shown_at", "arrival_day")}
        for n, row in enumerate(rows[:30])
    ]
    table = BRONZE["impression"]
    lake.write_arrow(pa.Table.from_pylist(shown, table.arrow()), table, "true")
    seen = observe(lake, TINY, replace(WANTED, treatment=Condition.parse("relaxed=max_per_creator")))
    assert (len(seen.treated), int(seen.treated.sum())) == (30, 15)
    assert seen.notes == ("10 of 40 impressions left out: their relaxed is not known",)


def test_what_is_not_known_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = impressions(100)
    rows[0] |= {"click": None}
    rows[1] |= {"source": None}
    old = [row | {"known_until": LAST} for row in rows[:10]]
    seen = observe(lake_of(tmp_path, [*rows, *old]), TINY, WANTED)
    assert len(seen.outcome) == 98
    assert seen.notes == (
        "1 of 100 impressions left out: their source is not known",
        "1 of 100 impressions left out: their label of click is not known",
    )


def test_of_too_many_impressions_those_of_whole_users_are_used(lake: Lake) -> None:
    seen = observe(lake, TINY, replace(WANTED, most=1000))
    assert 950 <= len(seen.outcome) <= 1000
    assert set(np.bincount(seen.user).tolist()) == {20}
    assert "of 6,000 impressions are used: those of" in seen.notes[0]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (replace(WANTED, outcome="likes"), "--on: found 'likes'; allowed are click, like"),
        (replace(WANTED, treatment=Condition.parse("colour=red")), "--of: found 'colour'"),
        (replace(WANTED, given=("source",)), "--given: found 'source'"),
        (replace(WANTED, first=BEGIN, last=LAST + timedelta(days=1)), "no impression from 2026-01-03"),
        (replace(WANTED, outcome="like"), "of no impression are both the treatment and the label known"),
    ],
)
def test_what_is_not_there_is_told(lake: Lake, wanted: Wanted, told: str) -> None:
    with pytest.raises(UserError, match=told):
        observe(lake, TINY, wanted)


@pytest.mark.parametrize("text", ["", "source", "=als", "rate>=much", "a b>=1", "rate>"])
def test_what_is_no_condition_is_told(text: str) -> None:
    with pytest.raises(UserError, match="--of: found"):
        Condition.parse(text)


def test_conditions_are_read_as_people_write_them() -> None:
    assert Condition.parse(" rate >= 0.5 ") == Condition("rate", ">=", 0.5)
    assert str(Condition.parse("source = it's")) == "source=it's"
    assert Condition.parse("source=it's").sql() == "\"source\"::VARCHAR = 'it''s'"
