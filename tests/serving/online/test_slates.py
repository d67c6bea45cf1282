"""A slate that was made beforehand is answered, logged and replayed as if it had been drawn when it was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from serving.ask import Ask
from serving.logs.reading import Logged
from serving.logs.records import rows_of
from serving.online.slates import ReadySlate, answered, fits, ready
from serving.pipeline import drafted, recommend
from serving.release.loaded import LoadedRelease
from serving.replay import ask_of, replay
from serving.slate.distributions import distribution
from tests.serving.test_proof import configured
from tests.serving.tiny_release import AT

NIGHT = AT - timedelta(hours=12)
ASKED = Ask("r1", AT, user_id="u0", session_id="s1", country="DE", device="phone", network="wifi")


@pytest.fixture(scope="module")
def exploring(release: LoadedRelease) -> LoadedRelease:
    return configured(release, {"size": 8, "epsilon": 0.5, "max_per_creator": 1, "fresh": {"least": 2, "within": "1d"}})


@pytest.fixture(scope="module")
def slate(exploring: LoadedRelease) -> ReadySlate:
    """The slate made at night for u0 of Germany, who had seen i59."""
    ask = Ask("", NIGHT, user_id="u0", country="DE", seen=("i59",), drawn_at=NIGHT)
    return ReadySlate.decode(ready(recommend(exploring, ask)).encode())


def test_it_is_the_same_answer_as_drawing_it_would_give(exploring: LoadedRelease, slate: ReadySlate) -> None:
    read = answered(exploring, ASKED, slate)
    drawn = recommend(exploring, read.ask)
    assert rows_of(read, sample=1.0) == rows_of(drawn, sample=1.0)
    assert [slot.row for slot in read.slate.slots] == [slot.row for slot in drawn.slate.slots]
    scores = {c: read.scores.calibrated["click"][c] for c in range(read.candidates.kept)}
    assert len(scores) == read.candidates.kept > 0
    for slot in read.slate.slots:
        if slot.candidate >= 0:
            place = drawn.candidates.rows.tolist().index(slot.row)
            assert scores[slot.candidate] == drawn.scores.calibrated["click"][place]


def test_chance_is_that_of_the_user_and_the_release_not_of_the_request(
    exploring: LoadedRelease, slate: ReadySlate
) -> None:
    asks = [replace(answered(exploring, ASKED, slate).ask, request_id=f"r{n}") for n in range(5)]
    slates = {tuple(slot.row for slot in recommend(exploring, ask).slate.slots) for ask in asks}
    assert len(slates) == 1
    others = [replace(ask, user_id=f"u{n}") for n, ask in enumerate(asks)]
    assert len({tuple(slot.row for slot in recommend(exploring, ask).slate.slots) for ask in others}) == 5


def test_a_replay_from_the_log_alone_comes_out_the_same(exploring: LoadedRelease, slate: ReadySlate) -> None:
    rows = rows_of(answered(exploring, ASKED, slate), sample=1.0)
    (request,) = rows["request"]
    assert (request["sampled"], request["drawn_at"]) == (False, "2026-01-09T00:00:00.000000Z")
    assert ask_of(request).drawn_at == NIGHT
    logged = Logged(request, None, None, rows["impression"])
    assert replay(exploring, logged).difference is None
    logged.impressions[3]["propensity"] /= 2
    assert "stage compose: impression row 3" in str(replay(exploring, logged).difference)


def test_logged_propensities_are_the_conditional_probabilities(exploring: LoadedRelease, slate: ReadySlate) -> None:
    """What off-policy evaluation recomputes from the log's own ask."""
    read = answered(exploring, ASKED, slate)
    one, above = drafted(exploring, read.ask), list[int]()
    for slot in read.slate.slots[:3]:
        indices, probabilities = distribution(one.pool, one.plan, tuple(above))
        place = one.pool.items[indices].tolist().index(slot.row)
        assert probabilities[place] == slot.draw.propensity
        above.append(int(indices[place]))


@pytest.mark.parametrize(
    ("change", "does"),
    [
        ({}, True),
        ({"size": 8}, True),
        ({"device": "tv"}, True),
        ({"size": 5}, False),
        ({"country": "US"}, False),
        ({"history": ("i01",)}, False),
        ({"seen": ("i01",)}, False),
        ({"arms": ("ranking:b",)}, False),
    ],
)
def test_only_who_asks_for_no_more_than_the_night_knew_gets_it(
    exploring: LoadedRelease, slate: ReadySlate, change: dict[str, Any], *, does: bool
) -> None:
    assert fits(exploring, replace(ASKED, **change), slate) == does
