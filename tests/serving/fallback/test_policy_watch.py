from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from serving.ask import Ask
from serving.fallback.policy_watch import PolicyWatch
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from surfaces.policy import Policy
from tests.serving.tiny_release import AT, tiny_surface

STRICT = Policy.model_validate(
    {"withhold": [{"label": "tag:adult"}], "trip": {"window": "10m", "most": 0.08, "least": 40}}
)


@pytest.fixture
def watch(release: LoadedRelease) -> PolicyWatch:
    found = PolicyWatch(tiny_surface().model_copy(update={"policy": STRICT}))
    found.begin(release.release_id)
    return found


@pytest.fixture(scope="module")
def sound(release: LoadedRelease) -> LoadedRelease:
    """A release that holds to the policy."""
    return replace(release, surface=release.surface.model_copy(update={"policy": STRICT}))


_NUMBERS: Iterator[int] = count()


def answer(release: LoadedRelease, minutes: float = 0.0) -> Answer:
    """60 slots: every item there is, or every one that policy allows."""
    return recommend(release, Ask(f"r{next(_NUMBERS)}", AT + timedelta(minutes=minutes), size=60))


def test_too_many_broken_rules_are_told_with_the_last_request(release: LoadedRelease, watch: PolicyWatch) -> None:
    assert watch.excess() is None
    bad = answer(release)
    watch.answered(bad)
    found = watch.excess()
    assert found is not None
    assert (found.broken, found.shown, found.ask, found.rules) == (6, 60, bad.ask, ("withhold tag:adult",))
    assert watch.share == pytest.approx(0.1)
    assert watch.broken == {"withhold tag:adult": 6}


def test_a_share_within_the_limit_is_none(release: LoadedRelease, sound: LoadedRelease, watch: PolicyWatch) -> None:
    for one in (sound, release):
        watch.answered(answer(one))
    assert watch.share == pytest.approx(6 / 114)
    assert watch.excess() is None


def test_too_few_slots_judge_nobody(release: LoadedRelease, watch: PolicyWatch) -> None:
    watch.answered(recommend(release, Ask("short", AT, size=30)))
    assert watch.share > 0
    assert watch.excess() is None


def test_what_the_window_has_left_behind_does_not_count(
    release: LoadedRelease, sound: LoadedRelease, watch: PolicyWatch
) -> None:
    watch.answered(answer(release))
    watch.answered(answer(sound, minutes=5))
    assert watch.share == pytest.approx(6 / 114)
    watch.answered(answer(sound, minutes=11))
    assert watch.share == 0.0


def test_only_the_release_that_answers_is_judged(release: LoadedRelease, watch: PolicyWatch) -> None:
    watch.begin("another")
    watch.answered(answer(release))
    assert watch.share == 0.0
    assert watch.excess() is None
    assert watch.broken.total() == 6
