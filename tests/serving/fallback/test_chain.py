"""One step down at a time, said in the answer, and the same again when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from models.interface import Requests
from serving.ask import Ask
from serving.fallback.guard import LiveGuard
from serving.logs.records import rows_of
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from serving.release.snapshot import Lists
from serving.release.sources import Offer
from surfaces.fallback import Deadlines, Fallback
from tests.serving.tiny_release import AT, ITEMS

ASK = Ask("r1", AT, user_id="u0", country="DE", device="phone")


@dataclass(frozen=True)
class Broken:
    """A source, or a ranker, that does not answer."""

    calibration: Any = None

    def offer(self, request: Requests, k: int) -> Offer:
        raise OSError("its shard is gone")

    def raw(self, dense: object, categories: object) -> dict[str, object]:
        raise OSError("the runtime is gone")


@pytest.fixture
def guard() -> Iterator[LiveGuard]:
    made = LiveGuard(Fallback(failures=3))
    yield made
    made.close()


def items(answer: Answer) -> list[str]:
    return [str(answer.release.catalogue.ids[slot.row]) for slot in answer.slate.slots]


def without_sources(release: LoadedRelease, *names: str) -> LoadedRelease:
    return replace(release, sources={n: Broken() if n in names else s for n, s in release.sources.items()})  # type: ignore[arg-type]


def without_ranker(release: LoadedRelease) -> LoadedRelease:
    return replace(release, ranker=Broken())  # type: ignore[arg-type]


def logged(answer: Answer) -> dict[str, list[dict[str, Any]]]:
    return rows_of(answer, sample=1.0)


def test_all_is_well_under_a_guard_as_without_one(release: LoadedRelease, guard: LiveGuard) -> None:
    answer = recommend(release, ASK, guard)
    assert answer.fallbacks == ()
    assert logged(answer) == logged(recommend(release, ASK))
    assert guard.last_good("u0") == tuple(items(answer))


def test_a_source_that_fails_is_left_out_and_named(release: LoadedRelease, guard: LiveGuard) -> None:
    answer = recommend(without_sources(release, "als"), ASK, guard)
    assert answer.fallbacks == ("source:als",)
    assert set(answer.offers.by_source) == set(release.quotas) - {"als"}
    assert len(items(answer)) == 10


def test_the_light_ranker_ranks_where_the_heavy_one_does_not(release: LoadedRelease, guard: LiveGuard) -> None:
    answer = recommend(without_ranker(release), ASK, guard)
    assert answer.fallbacks == ("light",)
    assert answer.scores.calibrated == {}
    assert len(set(items(answer))) == 10
    assert answer.slate.policy == "epsilon_greedy(0.05)"


def test_a_ranker_that_is_too_slow_is_not_waited_for(release: LoadedRelease, guard: LiveGuard) -> None:
    hurried = Deadlines(retrieve=None, rank=timedelta(0))
    answer = recommend(replace(release, surface=release.surface.model_copy(update={"deadlines": hurried})), ASK, guard)
    assert answer.fallbacks == ("light",)


def test_without_any_source_the_last_good_slate_is_shown_again_as_it_was(
    release: LoadedRelease, guard: LiveGuard
) -> None:
    before = recommend(release, replace(ASK, request_id="r0"), guard)
    answer = recommend(without_sources(release, *release.sources), ASK, guard)
    assert answer.fallbacks == ("last_good",)
    assert items(answer) == items(before)
    assert {slot.draw.propensity for slot in answer.slate.slots} == {1.0}
    assert answer.slate.policy == "greedy"


def test_what_is_popular_there_and_then_everywhere_comes_last(release: LoadedRelease, guard: LiveGuard) -> None:
    dead = without_sources(release, *release.sources)
    there = replace(dead, popular_in=Lists({"DE": 0}, pa.array([ITEMS[20:60]])))
    seen = set(release.seen.get("u0"))
    answer = recommend(there, ASK, guard)
    assert answer.fallbacks == ("segment_popular",)
    unseen = [item for item in ITEMS[20:60] if item not in seen]
    assert items(answer)[0] == unseen[0]
    assert set(items(answer)) <= set(unseen)
    answer = recommend(dead, ASK, guard)
    assert answer.fallbacks == ("popular",)
    assert len(set(items(answer)) - seen) == 10


@pytest.mark.parametrize(
    "broken",
    [
        lambda release: without_sources(release, "als", "popular"),
        without_ranker,
        lambda release: without_ranker(without_sources(release, "two_tower")),
        lambda release: without_sources(release, *release.sources),
    ],
)
@pytest.mark.parametrize("seen_before", [False, True])
def test_the_fallbacks_of_a_log_force_the_same_answer_from_a_sound_release(
    *, release: LoadedRelease, guard: LiveGuard, broken: Callable[[LoadedRelease], LoadedRelease], seen_before: bool
) -> None:
    if seen_before:
        recommend(release, replace(ASK, request_id="r0"), guard)
    answer = recommend(broken(release), ASK, guard)
    assert answer.fallbacks
    assert logged(recommend(release, answer.ask)) == logged(answer)
    assert recommend(release, answer.ask).fallbacks == answer.fallbacks


def test_a_breaker_stops_asking_and_the_answer_still_comes(release: LoadedRelease, guard: LiveGuard) -> None:
    dead = without_ranker(release)
    answers = [recommend(dead, replace(ASK, request_id=f"r{n}"), guard) for n in range(6)]
    assert all(answer.fallbacks == ("light",) and len(answer.slate.slots) == 10 for answer in answers)
    assert guard.open_breakers == ["stage:rank"]
    assert guard.taken["light"] == 6
