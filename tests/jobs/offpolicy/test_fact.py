"""Forecasts kept in the lake, and what came of them once their release served."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from jobs.night import Night
from jobs.offpolicy import fact, kept
from serving.logs.records import Row
from tests.jobs.offpolicy import served
from tests.jobs.offpolicy.lines import LINE
from tests.jobs.offpolicy.served import DAY, LOGGING, OTHER

NEXT = DAY + timedelta(days=1)


def next_day(night: Night, release_id: str = LOGGING, more: float = 0.0) -> Night:
    """The night after a day on which `release_id` served the same slates again, each first slot worth `more` likes."""
    asked, shown = served.rows(night)
    later = {"event_day": NEXT, "arrival_day": NEXT, "known_from": NEXT}
    known = {f"{name}_known": NEXT for name in night.surface.outcomes}
    for row in shown[:]:
        again: Row = row | later | known | {name: f"again-{row[name]}" for name in ("request_id", "impression_id")}
        shown.append(again | {"like": more if row["position"] == 0 else 0.0})
    for row in asked[:]:
        at = row["requested_at"] + timedelta(days=1)
        again = {"request_id": f"again-{row['request_id']}", "release_id": release_id}
        asked.append(row | again | {"arrival_day": NEXT, "requested_at": at})
    served.write(night, asked, shown)
    return Night(night.surface, NEXT, night.home)


def test_what_is_kept_is_read_back_and_written_again_stands_once(spoilt_night: Night) -> None:
    lake, one = spoilt_night.lake, LINE
    assert kept.told(lake) == []
    kept.keep(lake, one)
    kept.keep(lake, one)
    kept.keep(lake, replace(one, target="it's another"))
    found = kept.told(lake)
    assert [told.forecast for told in found] == [one, replace(one, target="it's another")]
    assert all(told.fact is None and told.pair is None for told in found)
    assert kept.told(lake, until=DAY - timedelta(days=1)) == []


def test_the_day_after_settles_a_forecast_by_what_its_release_showed(spoilt_night: Night) -> None:
    """The same slates and clicks again, and one like a slate more: worth 3 in `shorts`."""
    kept.keep(spoilt_night.lake, LINE)
    night = next_day(spoilt_night, more=1.0)
    (settled,) = fact.settle(night)
    assert settled.difference == pytest.approx(3.0)
    assert (settled.kind, settled.measured_on, settled.requests, settled.users) == ("fact", NEXT, 700, 196)
    (told,) = kept.told(night.lake)
    assert told.fact == settled
    assert told.pair is not None
    assert not told.pair.held
    assert str(kept.rate_of([told])).startswith("0 of 1 forecasts held")


def test_the_same_again_is_no_difference_and_holds(spoilt_night: Night) -> None:
    kept.keep(spoilt_night.lake, LINE)
    night = next_day(spoilt_night)
    (settled,) = fact.settle(night)
    assert settled.difference == pytest.approx(0.0, abs=1e-12)
    assert settled.value == pytest.approx(settled.logged)
    assert kept.rate_of(kept.told(night.lake)).held == 1


def test_settling_again_changes_nothing_and_the_first_day_it_served_counts(spoilt_night: Night) -> None:
    kept.keep(spoilt_night.lake, LINE)
    night = next_day(spoilt_night)
    assert fact.settle(night) == fact.settle(night)
    assert fact.settle(Night(night.surface, NEXT + timedelta(days=1), night.home)) == []
    assert len(kept.told(night.lake)) == 1


def test_a_release_that_did_not_serve_the_day_is_not_measured(spoilt_night: Night) -> None:
    kept.keep(spoilt_night.lake, LINE)
    assert fact.settle(spoilt_night) == []
    assert fact.settle(next_day(spoilt_night, release_id=OTHER)) == []


def test_labels_are_as_old_as_those_of_the_forecast_were(spoilt_night: Night) -> None:
    """A forecast made two days after its logs is settled two days after the day on which its release served."""
    kept.keep(spoilt_night.lake, replace(LINE, known_at=DAY + timedelta(days=2)))
    night = next_day(spoilt_night)
    assert fact.settle(night) == []
    later = Night(night.surface, NEXT + timedelta(days=2), night.home)
    assert [one.measured_on for one in fact.settle(later)] == [NEXT]


def test_outcomes_that_the_forecast_left_out_are_left_out(spoilt_night: Night) -> None:
    kept.keep(spoilt_night.lake, replace(LINE, left_out=("like",)))
    (settled,) = fact.settle(next_day(spoilt_night, more=1.0))
    assert settled.difference == pytest.approx(0.0, abs=1e-12)


def test_a_refused_forecast_is_measured_and_compared_with_nothing(spoilt_night: Night) -> None:
    kept.keep(
        spoilt_night.lake,
        replace(LINE, reasons=("support: none",), difference=None, difference_low=None),
    )
    assert len(fact.settle(next_day(spoilt_night))) == 1
    assert kept.rate_of(kept.told(spoilt_night.lake)).count == 0


def test_a_day_of_which_nothing_arrived_is_not_measured(spoilt_night: Night) -> None:
    assert fact.measured(Night(spoilt_night.surface, NEXT, spoilt_night.home), LINE, date(2026, 3, 1)) is None
