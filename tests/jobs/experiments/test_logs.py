"""An experiment read from a lake whose every row is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from evaluation.experiments.units import DAYS
from jobs.experiments.logs import Found, found_in
from jobs.experiments.reading import Asked
from lake.tables import Lake
from schemas.errors import UserError
from tests.jobs.experiments.logged import BEGIN, FIRST, LAST, Row, days, impressions, lake_of, request, surface

TINY = surface()
LOOK = Asked("look", BEGIN, LAST)
ARMS = {"ann": "look:control", "bob": "look:bold", "eve": "look:bold", "hal": "look:holdback"}
"""Of users who ask once a day."""


def everyday() -> list[Row]:
    """No arms before the experiment; eve is new on its second day."""
    asked = [request(user, day, *([arm] if day >= BEGIN else [])) for day in days() for user, arm in ARMS.items()]
    return [row for row in asked if row["user_id"] != "eve" or row["requested_at"].date() > BEGIN]


def answer(asked: Row) -> list[Row]:
    """Bob clicks on all days, likes in the experiment; ann clicked before it."""
    user, day = asked["user_id"], asked["requested_at"].date()
    clicks = user == "bob" or (user == "ann" and day < BEGIN)
    return impressions(asked, click=float(clicks), like=float(user == "bob" and day >= BEGIN))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of(tmp_path, TINY, everyday(), answer)


def of(found: Found, column: str) -> list[float]:
    return found.panel.totals().sums[column].tolist()


def test_users_are_counted_by_the_arm_their_requests_name(lake: Lake) -> None:
    found = found_in(lake, TINY, LOOK)
    assert found.panel.people.arms == ("bold", "control")
    assert found.panel.people.arm.tolist() == [1, 0, 0]
    assert found.shares == {"bold": 0.5, "control": 0.5}
    assert found.panel.entered.tolist() == [0, 0, 1]
    assert found.panel.people.triggered is None
    assert "1 users are held back from all experiments: left out" in found.notes


def test_days_whose_labels_are_not_known_are_left_out_and_told(lake: Lake) -> None:
    found = found_in(lake, TINY, LOOK)
    assert found.panel.days == 3
    assert of(found, "requests") == [3.0, 3.0, 2.0]
    assert of(found, "impressions") == [6.0, 6.0, 4.0]
    assert of(found, "click") == [0.0, 3.0, 0.0]
    assert of(found, "value") == [0.0, 9.0, 0.0]
    assert of(found, DAYS) == [3.0, 3.0, 2.0]
    assert any("2026-01-06 on: labels of 8 impressions are not known yet" in note for note in found.notes)


def test_only_the_labels_that_are_measured_need_be_known(lake: Lake) -> None:
    found = found_in(lake, TINY, replace(LOOK, outcomes=("click",)))
    assert found.panel.days == 4
    assert of(found, "click") == [0.0, 4.0, 0.0]
    assert not {"like", "value"} & set(found.panel.sums)
    assert not any("not known yet" in note for note in found.notes)


def test_what_users_did_before_is_known_and_nothing_is_nothing(lake: Lake) -> None:
    before = found_in(lake, TINY, LOOK).panel.people.before
    assert before["click"].tolist() == [2.0, 2.0, 0.0]
    assert before["requests"].tolist() == [2.0, 2.0, 0.0]


def test_a_time_that_the_experiment_had_begun_is_none_before_it(lake: Lake) -> None:
    found = found_in(lake, TINY, replace(LOOK, first=date(2026, 1, 4)))
    assert found.panel.people.before == {}
    assert any("ran before 2026-01-04 already" in note for note in found.notes)


def test_who_changes_arms_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*everyday(), request("bob", LAST, "look:control", request_id="again")]
    found = found_in(lake_of(tmp_path, TINY, rows, answer), TINY, LOOK)
    assert found.panel.people.arm.tolist() == [1, 0]
    assert "1 of 4 users were in several arms: left out" in found.notes


def test_superseded_versions_of_a_row_do_not_count(tmp_path: Path) -> None:
    def twice(asked: Row) -> list[Row]:
        now = answer(asked)
        return [row | {"known_until": LAST, "click": 9.0} for row in now] + now

    assert of(found_in(lake_of(tmp_path, TINY, everyday(), twice), TINY, LOOK), "click") == [0.0, 3.0, 0.0]


def test_without_users_sessions_are_the_units(tmp_path: Path) -> None:
    rows = [
        request(None, day, f"look:{arm}", session_id=f"s-{arm}", request_id=f"{arm}{day}")
        for day in days(BEGIN)
        for arm in ("bold", "control")
    ]
    found = found_in(lake_of(tmp_path, TINY, rows, impressions), TINY, LOOK)
    assert of(found, "requests") == [3.0, 3.0]


def test_the_holdback_is_compared_with_everyone_else(lake: Lake) -> None:
    found = found_in(lake, TINY, replace(LOOK, experiment="holdback"))
    assert found.panel.people.counts == {"exposed": 3, "holdback": 1}
    assert found.shares == {"holdback": 0.1, "exposed": 0.9}
    assert found.panel.people.before == {}


def test_one_arm_for_all_is_what_a_plan_reads(lake: Lake) -> None:
    found = found_in(lake, TINY, replace(LOOK, experiment=None))
    assert found.panel.people.counts == {"all": 4}
    assert found.shares is None


def test_a_trigger_names_a_column_that_no_arm_can_change(tmp_path: Path) -> None:
    rows = [row | {"device": "tv"} if row["user_id"] == "bob" else row for row in everyday()]
    lake = lake_of(tmp_path, TINY, rows, answer)
    people = found_in(lake, TINY, replace(LOOK, trigger=("device", "tv"))).panel.people
    assert people.triggered is not None
    assert people.triggered.tolist() == [False, True, False]
    assert not np.any(found_in(lake, TINY, replace(LOOK, trigger=("device", "o'clock"))).panel.people.triggered)
    with pytest.raises(UserError, match="trigger: found 'policy'; allowed are country, device, network"):
        found_in(lake, TINY, replace(LOOK, trigger=("policy", "x")))


def test_arms_that_the_surface_file_does_not_know_have_equal_shares_and_a_note(lake: Lake) -> None:
    found = found_in(lake, surface(experiments={}), LOOK)
    assert found.shares is None
    assert any("says no shares for arms bold, control of look: equal ones are assumed" in note for note in found.notes)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("look", LAST, FIRST), "the last day lies before the first"),
        (Asked("'; DROP", BEGIN, LAST), "allowed is the name of a layer, or holdback"),
        (Asked("colour", BEGIN, LAST), "was in an arm of 'colour'; layers in the logs are look"),
        (
            Asked("look", FIRST, FIRST),
            "2026-01-01 was in an arm of 'look'; layers in the logs are look",
        ),
        (Asked(None, date(2025, 1, 1), date(2025, 1, 2)), "tiny has no request from 2025-01-01"),
        (Asked("look", LAST, LAST), "of no day from 2026-01-06 to 2026-01-06 all labels of click, like of tiny"),
    ],
)
def test_what_the_logs_do_not_have_is_told(lake: Lake, asked: Asked, told: str) -> None:
    with pytest.raises(UserError, match=told):
        found_in(lake, TINY, asked)


def test_logs_without_requests_name_no_arms(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="tiny has no request log"):
        found_in(Lake(tmp_path), TINY, LOOK)


def test_logs_that_name_no_layer_say_so(tmp_path: Path) -> None:
    bare = [request("ann", day) for day in days()]
    with pytest.raises(UserError, match="the logs name no layer at all"):
        found_in(lake_of(tmp_path, TINY, bare, answer), TINY, LOOK)


def test_nobody_who_is_left_is_told(tmp_path: Path) -> None:
    late = [request("ann", day) for day in days()] + [request("bob", LAST, "look:bold")]
    with pytest.raises(UserError, match="nobody is in one arm of 'look' by 2026-01-05"):
        found_in(lake_of(tmp_path, TINY, late, answer), TINY, LOOK)
