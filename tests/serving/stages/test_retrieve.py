"""The newest items as candidates, so that exploration reaches what no model offers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from serving.ask import Ask
from serving.experiments.variant import in_arms
from serving.fallback.guard import LiveGuard
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from serving.release.sources import NEWEST
from surfaces.experiments import Experiments
from surfaces.fallback import Fallback
from surfaces.slate import Slate
from tests.serving.fallback.test_chain import without_sources
from tests.serving.tiny_release import AT, ITEMS

ASK = Ask("r1", AT, user_id="u0", country="DE", device="phone")
FEW = {
    "als": {"max_quota": 5},
    "item_item": {"max_quota": 5},
    "two_tower": {"max_quota": 5},
    "popular": {"max_quota": 5},
}


def exploring(release: LoadedRelease, **exploration: Any) -> LoadedRelease:
    """`release` whose sources offer few items, and which explores as told."""
    content = release.surface.model_dump() | {"retrieval": FEW}
    content["slate"] |= {"exploration": exploration}
    return replace(release, surface=type(release.surface).model_validate(content))


def names(answer: Answer, source: str) -> list[str]:
    brought = zip(answer.candidates.rows, answer.candidates.sources, strict=True)
    return [str(answer.release.catalogue.ids[row]) for row, names in brought if source in names]


def test_the_newest_unseen_items_are_candidates_of_every_request(release: LoadedRelease) -> None:
    answer = recommend(exploring(release, epsilon=0.1, newest=12), ASK)
    seen = set(release.seen.get("u0"))
    assert sorted(names(answer, NEWEST)) == [item for item in ITEMS if item not in seen][:12]
    assert set(answer.scores.raw["click"].shape) == {answer.candidates.kept}, "the ranker scores them like any other"


def test_nothing_is_brought_for_its_age_where_nothing_is_to_be_explored(release: LoadedRelease) -> None:
    answer = recommend(exploring(release, epsilon=0.0), ASK)
    assert NEWEST not in answer.offers.by_source
    assert names(answer, NEWEST) == []


def test_an_item_that_no_model_offers_is_shown_in_time_and_only_by_exploring(release: LoadedRelease) -> None:
    off, on = exploring(release, epsilon=0.0), exploring(release, epsilon=0.3, newest=30)
    offered = {item for source in FEW for item in names(recommend(on, ASK), source)}
    shown = {one: set[str]() for one in ("off", "on")}
    for number in range(300):
        for one, chosen in (("off", off), ("on", on)):
            answer = recommend(chosen, replace(ASK, request_id=f"r{number}"))
            rows = [slot.row for slot in answer.slate.slots if slot.candidate >= 0]
            shown[one] |= {str(release.catalogue.ids[row]) for row in rows}
    assert shown["off"] <= offered
    assert len(shown["on"] - offered) >= 10


def test_an_arm_may_explore_what_the_others_do_not(release: LoadedRelease) -> None:
    arms = {"wide": {"share": 0.5, "slate": {"exploration": {"epsilon": 0.1, "newest": 7}}}, "plain": {"share": 0.5}}
    content = release.surface.model_dump() | {
        "experiments": Experiments.model_validate({"layers": {"new": {"arms": arms}}})
    }
    both = replace(release, surface=type(release.surface).model_validate(content))
    assert NEWEST not in both.quotas
    assert in_arms(both, ["new:wide"]).quotas[NEWEST].max_quota == 7


def test_the_newest_alone_make_no_slate(release: LoadedRelease) -> None:
    guard = LiveGuard(Fallback(failures=3))
    try:
        found = exploring(release, epsilon=0.1, newest=12)
        answer = recommend(without_sources(found, *FEW), ASK, guard)
    finally:
        guard.close()
    assert answer.fallbacks == ("popular",)


def test_a_rule_may_name_the_source() -> None:
    assert Slate.model_validate({"sources": {NEWEST: {"most": 2}}}).sources[NEWEST].most == 2
    with pytest.raises(ValueError, match="newest"):
        Slate.model_validate({"exploration": {"newest": -1}})
