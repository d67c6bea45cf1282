from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from features.registry import registry
from serving.ask import Ask
from serving.pipeline import STAGES, Answer, recommend
from serving.release.loaded import LoadedRelease
from serving.stages.compose import Judged, compose
from serving.web.api import RecommendResponse, response, sent
from surfaces.slate import Slate
from tests.serving.tiny_release import AT, DAY, ITEMS, build_tiny_release, tiny_surface, topic


def answer(release: LoadedRelease, request_id: str = "r1", user_id: str | None = "u0", **more: object) -> Answer:
    return recommend(release, Ask(request_id, AT, user_id=user_id, country="DE", device="phone", **more))  # type: ignore[arg-type]


def items(found: Answer) -> list[str]:
    return [str(found.release.catalogue.ids[slot.row]) for slot in found.slate.slots]


def with_slate(release: LoadedRelease, **rules: object) -> LoadedRelease:
    """`release` with other rules for its slate."""
    slate = Slate.model_validate(release.surface.slate.model_dump() | rules)
    return replace(release, surface=release.surface.model_copy(update={"slate": slate}))


def test_a_known_user_gets_unseen_items_from_several_sources(release: LoadedRelease) -> None:
    found = answer(release)
    assert found.person.known
    assert len(items(found)) == len(set(items(found))) == 10
    assert not set(items(found)) & set(release.seen.get("u0"))
    assert {source for sources in found.candidates.sources for source in sources} >= {"als", "item_item", "popular"}


def test_retrieval_finds_the_users_taste(release: LoadedRelease) -> None:
    for source in ("als", "item_item"):
        rows = answer(release).offers.by_source[source].rows[:5]
        assert {topic(str(item)) for item in release.catalogue.ids[rows]} == {"music"}


def test_the_same_ask_has_the_same_answer_and_chance_follows_the_request_id(release: LoadedRelease) -> None:
    exploring = with_slate(release, epsilon=0.5)
    first, again = response(answer(exploring)), response(answer(exploring))
    assert first.items == again.items
    assert len({tuple(items(answer(exploring, f"r{n}"))) for n in range(10)}) == 10


def test_items_stand_in_the_order_of_value_where_nothing_is_explored(release: LoadedRelease) -> None:
    greedy = with_slate(release, epsilon=0.0, max_per_creator=None)
    shown = response(answer(greedy)).items
    values = [item.value or 0.0 for item in shown]
    assert values == sorted(values, reverse=True)
    assert [item.propensity for item in shown] == [1.0] * 10


def test_value_is_the_weighted_sum_of_calibrated_heads(release: LoadedRelease) -> None:
    found = answer(release)
    weights = release.surface.value
    for item in response(found).items:
        assert item.value == pytest.approx(sum(weights[head] * item.scores[head] for head in weights), rel=1e-5)
    for head, raw in found.scores.raw.items():
        assert found.scores.calibrated[head] == pytest.approx(0.5 * raw)


def test_features_are_those_of_the_user_the_item_and_the_moment(release: LoadedRelease) -> None:
    found = answer(release)
    column = {feature.name: n for n, feature in enumerate(registry(release.surface))}
    users, likes = release.tables["user"], "user_log_impressions_30"
    assert found.features.dense[:, column[likes]] == pytest.approx(users.column(likes)[users.row("u0")])
    hours = [(AT - timedelta(hours=1 + row)) for row in found.candidates.rows.tolist()]
    ages = [math.log1p((AT - created) / timedelta(hours=1)) for created in hours]
    assert found.features.dense[:, column["item_log_age_hours"]] == pytest.approx(ages)
    assert found.features.dense[:, column["log_history"]] == pytest.approx(math.log1p(8))
    topics, known = release.tables["user_topic"], "user_topic_log_impressions_30"
    of_music = topics.column(known)[topics.row("u0\x1fmusic")]
    for n, row in enumerate(found.candidates.rows.tolist()):
        if topic(ITEMS[row]) == "music":
            assert found.features.dense[n, column[known]] == of_music
        if topic(ITEMS[row]) == "food":
            assert found.features.dense[n, column[known]] == 0.0


@pytest.mark.parametrize("user", [None, "nobody"])
def test_an_unknown_user_is_answered(release: LoadedRelease, user: str | None) -> None:
    found = answer(release, user_id=user)
    assert not found.person.known
    assert len(items(found)) == 10
    assert len(found.offers.by_source["popular"]) == len(ITEMS)
    assert len(found.offers.by_source["item_item"]) == 0


def test_an_unknown_user_who_brings_a_history_is_understood(release: LoadedRelease) -> None:
    history = tuple(item for item in ITEMS if topic(item) == "sport")[:6]
    found = answer(release, user_id=None, history=history)
    assert len(found.offers.by_source["item_item"]) > 0
    best = found.offers.by_source["als"].rows[:5]
    assert {topic(str(item)) for item in release.catalogue.ids[best]} == {"sport"}


@pytest.mark.parametrize("size", [1, 10, 52, 60, 100])
def test_a_slate_is_never_short_while_items_exist(release: LoadedRelease, size: int) -> None:
    found = answer(release, size=size)
    assert len(set(items(found))) == len(found.slate.slots) == min(size, len(ITEMS))
    seen = set(release.seen.get("u0"))
    for slot, item in zip(found.slate.slots, items(found), strict=True):
        assert ("seen" in slot.draw.relaxed) == (item in seen)
    if size == 1:
        assert found.slate.slots[0].draw.relaxed == ()


def test_a_slate_longer_than_the_candidates_is_filled_from_the_reserve(release: LoadedRelease) -> None:
    quotas = {name: source.model_copy(update={"max_quota": 2}) for name, source in release.surface.retrieval.items()}
    few = replace(release, surface=release.surface.model_copy(update={"retrieval": quotas}))
    shown = response(answer(few)).items
    assert len(shown) == 10
    reserve = [item for item in shown if not item.sources]
    assert len(reserve) >= 2
    assert all(item.value is None and not item.scores and not item.relaxed for item in reserve)


def test_caps_hold_in_every_slate_that_relaxed_nothing(release: LoadedRelease) -> None:
    capped = with_slate(release, epsilon=0.5, max_per_creator=1, max_per_topic=3)
    slates = [response(answer(capped, f"r{n}", user_id=f"u{n}")).items for n in range(30)]
    strict = [shown for shown in slates if not any(item.relaxed for item in shown)]
    assert len(strict) > 20
    for shown in strict:
        assert max(Counter(item.creator_id for item in shown).values()) == 1
        assert max(Counter(item.topic for item in shown).values()) <= 3


def test_frequencies_of_the_first_slot_are_the_stated_propensities(release: LoadedRelease) -> None:
    found = answer(with_slate(release, epsilon=0.4))
    judged = Judged(found.candidates, found.scores, found.values)
    stated: dict[int, float] = {}
    counted: Counter[int] = Counter()
    for n in range(4000):
        ask = replace(found.ask, request_id=f"fixed {n}", size=1)
        (slot,) = compose(found.release, ask, found.person, judged).slots
        stated[slot.row] = slot.draw.propensity
        counted[slot.row] += 1
    assert sum(stated.values()) == pytest.approx(1.0, abs=1e-9)
    expected = [stated[row] * 4000 for row in counted]
    assert stats.chisquare(list(counted.values()), expected).pvalue > 1e-4


def test_the_policy_weighs_one_on_its_own_logs(release: LoadedRelease) -> None:
    """The mean of 1[item shown] / propensity is one, per item that can be shown first."""
    found = answer(with_slate(release, epsilon=1.0))
    judged = Judged(found.candidates, found.scores, found.values)
    weights = []
    for n in range(3000):
        ask = replace(found.ask, request_id=f"own {n}", size=1)
        (slot,) = compose(found.release, ask, found.person, judged).slots
        weights.append((slot.candidate == 0) / slot.draw.propensity)
    assert abs(np.mean(weights) - 1.0) < 3 * np.std(weights) / math.sqrt(len(weights))


def test_every_stage_says_what_it_kept_and_took(release: LoadedRelease) -> None:
    found = answer(release)
    assert [stage.stage for stage in found.trace.stages] == [stage.__name__ for stage in STAGES]
    assert all(stage.milliseconds >= 0 for stage in found.trace.stages)
    kept = {stage.stage: stage.kept for stage in found.trace.stages}
    assert kept["blend"] == kept["assemble"] == kept["rank"] == kept["combine"] == len(found.candidates.rows)
    assert kept["compose"] == 10
    blended = found.trace.stages[2]
    assert kept["retrieve"] == kept["blend"] + sum(blended.removed.values())


def test_a_surface_without_ranker_ranks_by_retrieval(tmp_path: Path) -> None:
    surface = tiny_surface(ranker=False, epsilon=0.0, max_per_creator=None)
    release_id = build_tiny_release(tmp_path, surface=surface)
    found = answer(LoadedRelease.load(tmp_path / release_id))
    assert found.scores.raw == {}
    assert items(found) == [ITEMS[row] for row in found.candidates.rows[:10]]
    assert [topic(item) for item in items(found)[:5]] == ["music"] * 5


def test_the_answer_goes_over_the_wire_whole(release: LoadedRelease) -> None:
    found = answer(release, "abc")
    told = response(found)
    assert told.release_id == f"{DAY}-aaaaaaaaaa"
    assert told.policy == "epsilon_greedy(0.05)"
    assert [item.impression_id for item in told.items] == [f"abc:{n}" for n in range(10)]
    assert [item.position for item in told.items] == list(range(10))
    assert TypeAdapter(RecommendResponse).validate_json(sent(found).body) == told


def test_a_request_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        Ask("r1", datetime(2026, 1, 9))
