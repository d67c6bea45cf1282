"""A served day judged: by the release that served it, by others, and with logs that are not as they should be."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from jobs.night import Night
from jobs.offpolicy.asked import Asked
from jobs.offpolicy.evaluate import evaluate
from jobs.offpolicy.forecast import forecast
from jobs.offpolicy.logged import parse_segment
from jobs.offpolicy.report import as_json
from schemas.errors import UserError
from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface
from tests.jobs.offpolicy import served
from tests.jobs.offpolicy.served import DAY, LOGGING, OTHER, exploring_surface

ASKED = Asked((DAY,))


def sharper(temperature: float = 0.2) -> Surface:
    return exploring_surface(policy="plackett_luce", temperature=temperature, epsilon=0.2)


def test_the_release_that_served_is_worth_what_was_shown(served_night: Night) -> None:
    """Self-IPS: its weights come out as 1, bit for bit, from what the log froze."""
    found = evaluate(served_night, served_night.home.releases("shorts") / LOGGING, ASKED)
    assert found.unsupported == 0.0
    for name in ("rips", "snrips", "sips", "rips_slope"):
        interval = found.estimates[name].interval
        assert interval is not None
        assert interval.value == found.logged.value
        ends = found.logged.low, found.logged.high
        assert (interval.low, interval.high) == pytest.approx(ends, rel=1e-12)
        assert found.estimates[name].trust.mean == 1.0
    difference = found.difference.interval
    assert difference is not None
    assert difference.low < 0.0 < difference.high
    assert found.excluded.by_reason == {}
    assert found.main.trust.units == 700


def test_slates_that_were_drawn_beforehand_are_weighed_as_they_were_drawn(spoilt_night: Night) -> None:
    folder = spoilt_night.home.releases("shorts") / LOGGING
    night_before = datetime(2026, 1, 8, 23, tzinfo=UTC)
    served.serve(spoilt_night, LoadedRelease.load(folder), 200, drawn_at=night_before)
    found = evaluate(spoilt_night, folder, ASKED)
    assert found.excluded.by_reason == {}
    assert found.main.trust.units == 200
    assert found.estimates["snrips"].trust.mean == 1.0


def test_a_sharper_policy_is_given_a_value(served_night: Night) -> None:
    found = forecast(served_night, served_night.home.releases("shorts") / LOGGING, [DAY], surface=sharper())
    assert not found.refused
    assert found.reasons == ()
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found.value - found.logged == pytest.approx(found.difference)
    assert found.as_dict()["target"] == LOGGING


def test_a_greedy_policy_is_refused_and_has_no_number(served_night: Night) -> None:
    greedy = exploring_surface(epsilon=0.0)
    asked = Asked((DAY,), surface=greedy)
    found = evaluate(served_night, served_night.home.releases("shorts") / LOGGING, asked)
    assert found.main.refused
    told = as_json(served_night, asked, found)
    assert told["value"] is told["low"] is told["difference"] is None
    assert told["refused"]
    assert "value" not in told["estimates"]["cascade_dr"]
    assert "dm" not in told["estimates"]
    assert any("effective sample" in reason for reason in told["reasons"])


def test_a_release_of_other_models_shows_what_was_never_shown(served_night: Night) -> None:
    found = evaluate(served_night, served_night.home.releases("shorts") / OTHER, ASKED)
    assert found.unsupported is not None
    assert found.unsupported > 0.1
    assert found.main.trust.refusals[0].startswith("support:")


def test_a_release_in_memory_is_taken_as_it_is(served_night: Night) -> None:
    release = LoadedRelease.load(served_night.home.releases("shorts") / LOGGING)
    on_disk = forecast(served_night, served_night.home.releases("shorts") / LOGGING, [DAY], sample=200)
    assert forecast(served_night, release, [DAY], sample=200) == on_disk


def test_a_sample_is_the_same_every_time_and_near_the_size_that_was_asked_for(served_night: Night) -> None:
    folder = served_night.home.releases("shorts") / LOGGING
    first, again = (forecast(served_night, folder, [DAY], sample=200) for _ in range(2))
    assert first == again
    assert 140 < first.requests < 260


def test_the_first_slot_alone(served_night: Night) -> None:
    folder = served_night.home.releases("shorts") / LOGGING
    whole, top = evaluate(served_night, folder, ASKED), evaluate(served_night, folder, Asked((DAY,), top=1))
    assert 0.0 < top.logged.value < whole.logged.value


def test_a_segment_and_an_empty_one(served_night: Night) -> None:
    folder = served_night.home.releases("shorts") / LOGGING
    some = evaluate(served_night, folder, Asked((DAY,), segment=parse_segment("country=FR")))
    assert some.main.trust.units == 175
    with pytest.raises(UserError, match="no request of 2026-01-09 to 2026-01-09 with country XX"):
        evaluate(served_night, folder, Asked((DAY,), segment=parse_segment("country=XX")))
    with pytest.raises(UserError, match="allowed are country"):
        parse_segment("age=30")


def test_wrong_propensities_are_counted_and_left_out(spoilt_night: Night) -> None:
    asked, shown = served.rows(spoilt_night)
    for place, wrong in ((0, None), (3, 0.0), (6, -0.5), (9, 1.5), (12, float("nan"))):
        shown[place]["propensity"] = wrong
    del shown[16]
    served.write(spoilt_night, asked, shown)
    found = evaluate(spoilt_night, spoilt_night.home.releases("shorts") / LOGGING, ASKED)
    assert found.excluded.by_reason == {
        "propensity missing": 2,
        "propensity 0": 1,
        "propensity negative": 1,
        "propensity above 1": 1,
        "slots missing or doubled": 1,
    }
    assert found.main.trust.units == 694
    assert np.isfinite(found.logged.value)


def test_rows_without_their_other_layer_are_counted(spoilt_night: Night) -> None:
    asked, shown = served.rows(spoilt_night)
    gone, alone = asked[0]["request_id"], asked[1]["request_id"]
    served.write(spoilt_night, asked[1:], [row for row in shown if row["request_id"] != alone])
    found = evaluate(spoilt_night, spoilt_night.home.releases("shorts") / LOGGING, ASKED)
    assert gone != alone
    assert found.excluded.by_reason == {"no request logged": 1, "no impressions logged": 1}


def test_labels_that_are_not_known_yet_are_no_zeros(spoilt_night: Night) -> None:
    asked, shown = served.rows(spoilt_night)
    for row in shown:
        row["follow"] = None
    for row in shown[:30]:
        row["click"] = None
    served.write(spoilt_night, asked, shown)
    found = evaluate(spoilt_night, spoilt_night.home.releases("shorts") / LOGGING, ASKED)
    assert found.left_out == ("follow",)
    assert found.excluded.by_reason == {"labels not known yet": 10}


def test_logs_without_impressions_are_told(spoilt_night: Night) -> None:
    asked, _ = served.rows(spoilt_night)
    served.write(spoilt_night, asked, [])
    with pytest.raises(UserError, match="no impressions of 2026-01-09 to 2026-01-09 were joined"):
        evaluate(spoilt_night, spoilt_night.home.releases("shorts") / LOGGING, ASKED)


def test_few_users_have_no_interval(spoilt_night: Night) -> None:
    asked, shown = served.rows(spoilt_night)
    few = {row["request_id"] for row in asked if row["user_id"] in {"u1", "u2", "u3"}}
    served.write(
        spoilt_night,
        [row for row in asked if row["request_id"] in few],
        [row for row in shown if row["request_id"] in few],
    )
    found = forecast(spoilt_night, spoilt_night.home.releases("shorts") / LOGGING, [DAY])
    assert found.refused
    assert found.reasons[0].startswith("users: found 3")
