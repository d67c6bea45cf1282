"""The night's step: a forecast for its release, earlier ones settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jobs import forecast
from jobs.night import Night
from jobs.offpolicy import kept
from schemas.decision import Decision
from tests.jobs.offpolicy import served
from tests.jobs.offpolicy.served import DAY, LOGGING, OTHER
from tests.jobs.offpolicy.test_fact import LINE


def decided(night: Night, release_id: str = LOGGING) -> Night:
    """The night with a decision to ship the release, by default the one that served."""
    with night.writing("decision") as folder:
        Decision("shorts", str(night.day), "ship", release_id, None, (), "").write(folder / "decision.json")
    return night


def test_a_night_forecasts_its_release_and_says_so(spoilt_night: Night) -> None:
    night = decided(spoilt_night)
    report = forecast.run(night)
    (one,) = kept.told(night.lake)
    assert (one.forecast.target, one.forecast.last_day, one.fact) == (LOGGING, DAY, None)
    assert one.forecast.difference is not None
    assert report.rows == 1
    assert report.summary.startswith(f"{LOGGING}: ")
    assert report.summary.endswith("no forecast could be compared yet")
    assert forecast.run(night).figures == report.figures
    assert len(kept.told(night.lake)) == 1


def test_a_night_settles_what_served_its_day(spoilt_night: Night) -> None:
    eve = DAY - timedelta(days=1)
    night = decided(spoilt_night)
    kept.keep(night.lake, replace(LINE, first_day=eve, last_day=eve, measured_on=eve, known_at=eve))
    asked, shown = served.rows(night)
    for row in shown[:]:
        was = {f"{name}_known": eve for name in night.surface.outcomes}
        ids = {name: f"eve-{row[name]}" for name in ("request_id", "impression_id")}
        shown.append(row | was | ids | {"event_day": eve, "arrival_day": eve, "known_from": eve})
    for row in asked[:]:
        at = row["requested_at"] - timedelta(days=1)
        asked.append(row | {"request_id": f"eve-{row['request_id']}", "arrival_day": eve, "requested_at": at})
    served.write(night, asked, shown)
    report = forecast.run(night)
    assert report.figures["settled"] == 1
    assert report.figures["hit_rate"] == 1.0
    assert report.summary.endswith("1 of 1 forecasts held (21% .. 100%)")
    assert (night.reports / "forecast.png").exists()


def test_logs_that_carry_no_estimate_are_a_warning_and_no_failure(spoilt_night: Night) -> None:
    asked, _ = served.rows(spoilt_night)
    served.write(spoilt_night, asked, [])
    report = forecast.run(decided(spoilt_night))
    assert report.rows == 0
    assert report.warnings[0].startswith("no forecast: shorts: no impressions of")


def test_what_a_few_requests_show_to_be_hopeless_is_not_tried_on_more(spoilt_night: Night) -> None:
    report = forecast.run(decided(spoilt_night, OTHER))
    (one,) = kept.told(spoilt_night.lake)
    assert one.forecast.requests < 150
    assert one.forecast.difference is None
    assert report.figures["refused"]
    assert report.summary.startswith(f"{OTHER}: refused, support")
