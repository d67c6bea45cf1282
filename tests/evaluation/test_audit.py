"""The auditor finds every planted violation, and none that a slot says gave way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from evaluation.audit import Logged, Violation, arms_of, audit
from surfaces.policy import Policy
from surfaces.slate import Slate

AT = datetime(2026, 1, 9, 12, tzinfo=UTC)
NONE = pd.DataFrame({"request_id": [], "item_id": []})


def items(**columns: Sequence[Any]) -> pd.DataFrame:
    """Items a, b, c ... each with its own creator and topic, ten days old, unless `columns` say otherwise."""
    names = list("abcdefgh")
    usual = {
        "item_id": names,
        "creator_id": [f"c{name}" for name in names],
        "topic": [f"t{name}" for name in names],
        "tags": [[] for _ in names],
        "created_at": pd.to_datetime([AT - timedelta(days=10)] * len(names)),
    }
    return pd.DataFrame(usual | columns)


def logged(slate: str, dimension: pd.DataFrame, ranking: pd.DataFrame = NONE, **request: Any) -> Logged:
    """One request `r1` that was shown `slate`; a letter followed by `!rule!` is an item for which the rule gave way."""
    shown: list[tuple[str, list[str]]] = []
    for n, part in enumerate(slate.split("!")):
        if n % 2:
            shown[-1][1].append(part)
        else:
            shown += [(letter, []) for letter in part]
    usual = {
        "request_id": "r1",
        "requested_at": AT,
        "country": None,
        "device": None,
        "user_id": "u",
        "size": len(shown),
    }
    impressions = pd.DataFrame(
        {
            "request_id": "r1",
            "item_id": [item for item, _ in shown],
            "position": range(len(shown)),
            "propensity": 0.5,
            "source": ["als" if item in "abcd" else "reserve" for item, _ in shown],
            "explored": False,
            "relaxed": [relaxed for _, relaxed in shown],
            "user_id": "u",
        }
    )
    return Logged(pd.DataFrame([usual | request]), impressions, dimension, ranking)


def broken(found: Sequence[Violation]) -> list[tuple[str, int | None]]:
    return [(one.rule, one.position) for one in found]


def rules(**keys: Any) -> Slate:
    return Slate.model_validate(keys)


def test_a_sound_slate_has_no_violation() -> None:
    slate = rules(max_per_creator=1, max_per_topic=1, creator_gap=2, sponsored={"one_in": 2})
    assert audit(slate, Policy(), logged("abcd", items())) == []


def test_caps_and_gaps_are_broken_at_their_slots_unless_they_gave_way() -> None:
    same = items(creator_id=["x", "x", "y", "x", None, None, "z", "z"])
    found = audit(rules(max_per_creator=2), Policy(), logged("abcdef", same))
    assert broken(found) == [("max_per_creator", 3)]
    assert found[0].request_id == "r1"
    assert audit(rules(max_per_creator=2), Policy(), logged("abcd!max_per_creator!ef", same)) == []
    assert broken(audit(rules(creator_gap=1), Policy(), logged("abefgh", same))) == [
        ("creator_gap", 1),
        ("creator_gap", 5),
    ]


def test_an_item_twice_a_gap_in_the_positions_and_an_odd_propensity_are_told() -> None:
    odd = logged("aba", items())
    odd.impressions.loc[1, "position"] = 5
    odd.impressions.loc[0, "propensity"] = 0.0
    told = {one.rule for one in audit(rules(), Policy(), odd)}
    assert told == {"once", "positions", "propensity", "size"}


def test_sponsored_items_too_close_are_told() -> None:
    tagged = items(tags=[["sponsored"], [], ["sponsored"], [], [], [], [], []])
    assert broken(audit(rules(sponsored={"one_in": 3}), Policy(), logged("abc", tagged))) == [("sponsored", 2)]
    assert audit(rules(sponsored={"one_in": 3}), Policy(), logged("abdc", tagged)) == []


def test_minimums_may_lack_what_slots_say_gave_way() -> None:
    times = [AT - timedelta(hours=1), *[AT - timedelta(days=10)] * 7]
    slate = rules(size=4, fresh={"least": 2, "within": "1d"}, new_creators={"least": 1, "within": "1d"})
    dimension = items(created_at=pd.to_datetime(times))
    assert broken(audit(slate, Policy(), logged("abcd", dimension))) == [("fresh", None)]
    assert audit(slate, Policy(), logged("abcd!fresh!", dimension)) == []
    assert broken(audit(slate, Policy(), logged("bcd!fresh!e!fresh!", dimension))) == [("new_creators", None)]


def test_the_mix_and_the_share_of_a_source_are_counted() -> None:
    slate = rules(
        size=4, mix=[{"label": "topic:ta", "least": 1}, {"label": "topic:tb", "most": 0}], sources={"als": {"most": 2}}
    )
    assert broken(audit(slate, Policy(), logged("bcde", items()))) == [
        ("mix topic:ta", None),
        ("mix topic:tb", 0),
        ("sources als", 2),
    ]


def test_what_is_withheld_is_told_by_country_device_and_person() -> None:
    tagged = items(tags=[["licensed:DE"], ["adult"], ["tv:phone"], [], [], [], [], []])
    policy = Policy.model_validate(
        {
            "withhold": [{"label": "tag:adult", "unknown_users": True}, {"label": "topic:td", "countries": ["FR"]}],
            "country_tags": "licensed:",
            "device_tags": "tv:",
        }
    )
    fine = logged("abcd", tagged, country="DE", device="phone")
    assert audit(rules(), policy, fine) == []
    wrong = logged("abcd", tagged, country="FR", device="desktop", user_id=None)
    assert [one.rule for one in audit(rules(), policy, wrong)] == [
        "country_tags",
        "withhold tag:adult",
        "device_tags",
        "withhold topic:td",
    ]


def test_floors_and_supply_are_judged_where_the_ranking_was_logged() -> None:
    tagged = items(tags=[["sponsored"], [], [], [], [], [], [], []])
    ranking = pd.DataFrame(
        {"request_id": "r1", "item_id": list("abc"), "value": [0.1, 0.1, 0.9], "shown": [1.0, 9.0, 1.0]}
    )
    slate = rules(
        exploration={"floor": {"score": "value", "least": 0.5}},
        sponsored={"one_in": 5, "floor": {"least": 0.5}},
        supply=[{"feature": "shown", "most": 5.0}],
    )
    day = logged("abcd", tagged, ranking)
    day.impressions["explored"] = [False, True, True, True]
    assert broken(audit(slate, Policy(), day)) == [
        ("sponsored", 0),
        ("exploration floor", 1),
        ("supply", 1),
        ("exploration floor", 3),
    ]
    unsampled = Logged(day.requests, day.impressions, day.items, NONE)
    assert audit(slate, Policy(), unsampled) == []


@pytest.mark.parametrize(("changes", "most"), [([], None), ([{"max_per_creator": 3}, {"max_per_creator": 1}], 1)])
def test_arms_change_the_rules_they_name(changes: list[dict[str, object]], most: int | None) -> None:
    assert arms_of(rules(creator_gap=1), changes) == rules(creator_gap=1, max_per_creator=most)
