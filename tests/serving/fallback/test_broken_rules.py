from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from serving.ask import Ask
from serving.fallback.broken_rules import broken_rules
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from serving.slate.draw import Draw
from serving.stages.compose import Slot
from surfaces.policy import Policy
from surfaces.slate import Slate
from tests.serving.tiny_release import AT

FREE = Policy()


def showing(release: LoadedRelease, items: list[str], *, relaxed: tuple[str, ...] = (), **slate: Any) -> Answer:
    """An answer to a German on a phone that shows `items`, of which the last says what gave way for it."""
    lax = {"size": 5, "max_per_creator": None, "max_per_topic": None}
    rules = {"slate": Slate.model_validate(lax | slate)}
    changed = replace(release, surface=release.surface.model_copy(update=rules))
    answer = recommend(changed, Ask("r", AT, user_id="u0", seen=("i59",), country="DE", device="phone"))
    gave = [()] * (len(items) - 1) + [relaxed]
    rows = [release.catalogue.row_of[item] for item in items]
    slots = [Slot(row, Draw(0, 1.0, 1, False, names), -1) for row, names in zip(rows, gave, strict=True)]
    return replace(answer, slate=replace(answer.slate, slots=slots))


@pytest.mark.parametrize(
    ("policy", "broken"),
    [
        ({"withhold": [{"label": "tag:adult"}]}, {"withhold tag:adult": 2}),
        (
            {"withhold": [{"label": "topic:music"}, {"label": "item:i10"}]},
            {"withhold topic:music": 1, "withhold item:i10": 1},
        ),
        ({"withhold": [{"label": "tag:adult", "countries": ["US"]}]}, {}),
        ({"country_tags": "licensed:"}, {}),
        ({"country_tags": "spons"}, {"country_tags": 1}),
        ({"device_tags": "licensed:"}, {"device_tags": 1}),
    ],
)
def test_what_policy_forbids_is_counted_by_rule(
    release: LoadedRelease, policy: dict[str, Any], broken: dict[str, int]
) -> None:
    """i10 and i30 are for adults, i07 is licensed in Germany alone, i03 is sponsored, i36 is music."""
    shown = [item for item in ("i10", "i30", "i07", "i03", "i36") if item not in _seen(release)]
    assert len(shown) == 5
    assert broken_rules(showing(release, shown), Policy.model_validate(policy)) == broken


def _seen(release: LoadedRelease) -> list[str]:
    return release.seen.get("u0")


@pytest.mark.parametrize(
    ("items", "slate", "rule"),
    [
        (["i10", "i11"], {"max_per_creator": 1}, "max_per_creator"),
        (["i10", "i11"], {"creator_gap": 1}, "creator_gap"),
        (["i10", "i30", "i14"], {"max_per_topic": 2}, "max_per_topic"),
        (["i03", "i10", "i09"], {"sponsored": {"one_in": 3}}, "sponsored"),
        (["i10", "i59"], {}, "seen"),
    ],
)
def test_a_rule_of_the_slate_is_broken_unless_the_slot_says_that_it_gave_way(
    release: LoadedRelease, items: list[str], slate: dict[str, Any], rule: str
) -> None:
    assert broken_rules(showing(release, items, **slate), FREE) == {rule: 1}
    assert not broken_rules(showing(release, items, relaxed=(rule,), **slate), FREE)
    assert not broken_rules(showing(release, items[:1], **slate), FREE)


def test_an_item_stands_once(release: LoadedRelease) -> None:
    assert broken_rules(showing(release, ["i10", "i11", "i10"]), FREE) == {"once": 1}


def test_no_slate_that_is_really_drawn_breaks_a_rule(release: LoadedRelease) -> None:
    slate = {"size": 20, "epsilon": 0.5, "max_per_creator": 2, "creator_gap": 1, "sponsored": {"one_in": 4}}
    policy = Policy.model_validate({"withhold": [{"label": "tag:adult"}], "country_tags": "licensed:"})
    rules = {"slate": Slate.model_validate(slate), "policy": policy}
    other = replace(release, surface=release.surface.model_copy(update=rules))
    for n in range(60):
        ask = Ask(f"r{n}", AT, user_id=f"u{n}", country="DE" if n % 2 else "US")
        assert not broken_rules(recommend(other, ask), policy)
