"""Faults of what serves: the release that answers has them on their days, and is whole again afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infra.loop.spoilt import Spoiling
from schemas.errors import UserError
from schemas.release import digests
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release import slots
from serving.release.loaded import LoadedRelease
from tests.serving.tiny_release import build_tiny_release, tiny_surface
from worlds.faults.faults import Faults

FEATURE = "item_log_impressions_30"
SURFACE = tiny_surface()


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    folder = tmp_path / "releases" / "shorts"
    slots.switch(folder, build_tiny_release(folder, surface=SURFACE))
    return folder


def spoiling(releases: Path, **faults: Any) -> Spoiling:
    return Spoiling(Faults.model_validate(faults), SURFACE, releases, releases.parents[1] / "spoilt")


def live(releases: Path) -> LoadedRelease:
    folder = slots.active_release(releases)
    assert folder is not None
    return LoadedRelease.load(folder)


def values(releases: Path) -> np.ndarray:
    return live(releases).tables["item"].column(FEATURE)[:-1]


def ranked(releases: Path) -> list[int]:
    answer = recommend(live(releases), Ask("r1", datetime(2026, 1, 9, tzinfo=UTC), user_id="u0"))
    return answer.candidates.rows[answer.values.order].tolist()


def test_a_broken_model_ranks_upside_down_on_its_days_under_the_same_id(releases: Path) -> None:
    before, right, whole = (
        live(releases).release_id,
        ranked(releases),
        digests(releases / f"{live(releases).release_id}"),
    )
    broken = spoiling(releases, broken_model={"from_day": 3, "to_day": 3})
    for day, spoilt in ((2, False), (3, True), (4, False)):
        with broken.of(day):
            assert live(releases).release_id == before
            assert (ranked(releases) == right[::-1]) is spoilt
            assert (ranked(releases) == right) is not spoilt
        assert digests(releases / before) == whole


def test_a_skewed_feature_is_served_otherwise_than_it_was_computed(releases: Path) -> None:
    before = values(releases)
    with spoiling(releases, feature_skew={"feature": FEATURE, "factor": 2.0, "offset": 1.0}).of(3):
        assert np.allclose(values(releases), 2 * before + 1, equal_nan=True)
    assert np.array_equal(values(releases), before, equal_nan=True)


def test_a_stale_feature_stays_as_it_was_on_the_first_morning(releases: Path) -> None:
    stale = spoiling(releases, stale_feature={"feature": FEATURE, "from_day": 3})
    first = values(releases)
    with stale.of(3):
        assert np.array_equal(values(releases), first, equal_nan=True)
    slots.switch(releases, build_tiny_release(releases, "2026-01-09-bbbbbbbbbb", seed=2, surface=SURFACE))
    with spoiling(releases, feature_skew={"feature": FEATURE, "offset": 5.0}).of(3):
        later = values(releases)
    assert not np.array_equal(later, first, equal_nan=True)
    with stale.of(4):
        assert np.array_equal(values(releases), first, equal_nan=True)


def test_a_loop_that_was_killed_on_such_a_day_finds_the_release_whole(releases: Path) -> None:
    before = digests(releases / live(releases).release_id)
    broken = spoiling(releases, broken_model={"from_day": 3})
    killed = broken.of(3)
    killed.__enter__()
    assert digests(releases / live(releases).release_id) != before
    with spoiling(releases).of(4):
        assert digests(releases / live(releases).release_id) == before


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"feature": "age_days", "from_day": 3},
            f"feature: found 'age_days'; allowed in a loop are .*{FEATURE}",
        ),
        ({"feature": FEATURE, "from_day": 2}, "from_day: found 2; allowed in a loop is 3 or more"),
    ],
)
def test_a_fault_that_a_loop_cannot_have_is_refused(releases: Path, fault: dict[str, Any], words: str) -> None:
    for name in ("stale_feature", "feature_skew"):
        with pytest.raises(UserError, match=f"faults.{name}.{words}"):
            spoiling(releases, **{name: fault}).check(3)
    spoiling(releases, broken_model={}, stale_feature={"feature": FEATURE, "from_day": 3}).check(3)
