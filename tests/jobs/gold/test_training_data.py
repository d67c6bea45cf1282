from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from jobs.gold.training_data import catalogue, interactions, item_rows, known_rows, microseconds, split
from jobs.night import Night
from schemas.errors import UserError
from schemas.tables import labelled
from tests.jobs.silver_rows import day, item, shown, write_items, write_labelled

WEEK = [day(number) for number in range(1, 8)]


def test_weights_sum_the_outcomes_and_halve_with_age(night: Night) -> None:
    """click 1, like 2, follow 3; half-life three days; the night is the 8th."""
    rows = [shown("u", "clicked", 5, click=1.0), shown("u", "loved", 2, click=1.0, like=1.0, follow=1.0)]
    write_labelled(night, rows)
    found = interactions(night, WEEK)
    assert found.items.tolist() == ["loved", "clicked"]
    np.testing.assert_allclose(found.weights, [6.0 / 4, 1.0 / 2])
    assert found.weights.dtype == np.float32
    assert found.times.tolist() == [microseconds(day(2)), microseconds(day(5))]


def test_only_positive_responses_come(night: Night) -> None:
    rows = [shown("u", "ignored", 3), shown("u", "hidden", 3, hide=1.0, dwell=20.0), shown("u", "liked", 3, like=1.0)]
    write_labelled(night, rows)
    assert interactions(night, WEEK).items.tolist() == ["liked"]


def test_only_the_days_asked_for_come(night: Night) -> None:
    write_labelled(night, [shown("u", f"of-{n}", n, click=1.0) for n in range(1, 10)])
    assert interactions(night, WEEK[-2:]).items.tolist() == ["of-6", "of-7"]


def test_a_log_without_users_brings_empty_ones(night: Night) -> None:
    write_labelled(night, [shown(None, "a", 3, click=1.0), shown("u", "b", 3, 1, click=1.0)])
    assert interactions(night, WEEK).users.tolist() == ["", "u"]


def test_a_label_that_became_known_later_counts_for_nothing(night: Night) -> None:
    rows = [
        shown("u", "known", 7, click=1.0, click_known=day(8)),
        shown("u", "not-yet", 7, like=1.0, like_known=day(9)),
    ]
    write_labelled(night, rows)
    assert interactions(night, WEEK).items.tolist() == ["known"]
    assert interactions(night, WEEK, as_of=day(9)).items.tolist() == ["known", "not-yet"]


def test_the_version_that_was_known_at_the_night_is_read(night: Night) -> None:
    """A like arrived on the 9th: the night of the 8th still sees the row as it was, on time or in a backfill."""
    before = shown("u", "a", 7, click=1.0, impression_id="one", known_until=day(9))
    after = shown("u", "a", 7, click=1.0, like=1.0, impression_id="one", known_from=day(9))
    write_labelled(night, [before, after])
    on_the_8th, on_the_9th = (interactions(night, WEEK, as_of=day(n)) for n in (8, 9))
    np.testing.assert_allclose(on_the_8th.weights * 2 ** (1 / 3), [1.0], rtol=1e-6)
    np.testing.assert_allclose(on_the_9th.weights * 2 ** (1 / 3), [3.0], rtol=1e-6)


def test_the_order_of_rows_is_that_of_time_whatever_the_files(night: Night) -> None:
    rows = [shown("u", f"i{n}", 2 + n % 3, n, click=1.0, impression_id=f"x{n:02}") for n in range(20)]
    write_labelled(night, rows)
    first = interactions(night, WEEK)
    write_labelled(night, rows[::-1])
    again = interactions(night, WEEK)
    assert first.items.tolist() == again.items.tolist()
    assert (np.diff(first.times) > 0).all()


def test_a_negative_weight_can_take_a_response_back(night: Night) -> None:
    training = night.surface.training.model_copy(update={"positives": {"click": 1.0, "hide": -2.0}})
    changed = Night(night.surface.model_copy(update={"training": training}), night.day, night.home)
    write_labelled(night, [shown("u", "kept", 7, click=1.0), shown("u", "regretted", 7, click=1.0, hide=1.0)])
    assert interactions(changed, WEEK).items.tolist() == ["kept"]


def test_known_rows_masks_only_what_was_not_known(night: Night) -> None:
    write_labelled(night, [shown("u", "a", 7, click=1.0, follow=1.0, follow_known=day(9))])
    table = labelled(list(night.surface.outcomes))
    rows = known_rows(night, table, WEEK, ["item_id", "click", "follow", "hide"]).to_pylist()
    assert rows == [{"item_id": "a", "click": 1.0, "follow": None, "hide": 0.0}]


def test_split_by_the_day_of_the_response(night: Night) -> None:
    write_labelled(
        night, [shown("u", f"of-{n}", n, 86_399, click=1.0) for n in (5, 6)] + [shown("u", "of-7", 7, click=1.0)]
    )
    before, after = split(interactions(night, WEEK), day(7))
    assert before.items.tolist() == ["of-5", "of-6"]
    assert after.items.tolist() == ["of-7"]
    assert (len(before.users), len(before.weights), len(before.times)) == (2, 2, 2)


def test_items_are_as_known_at_the_night(night: Night) -> None:
    versions = [item("a", 1, 5, topic="old"), item("a", 5, 9, topic="then"), item("a", 9, topic="later"), item("b", 9)]
    write_items(night, versions)
    write_labelled(night, [shown("u", "a", 3)])
    assert item_rows(night).select(["item_id", "topic"]).to_pylist() == [{"item_id": "a", "topic": "then"}]


def test_items_that_were_shown_without_a_dimension_row_are_there(night: Night) -> None:
    write_items(night, [item("b", topic="t", creator_id="c", title="B")])
    write_labelled(night, [shown("u", "z", 3), shown("u", "a", 8), shown("v", "b", 2), shown("v", "too-late", 9)])
    found = catalogue(item_rows(night))
    assert found.item_ids.tolist() == ["a", "b", "z"]
    assert found.topics.tolist() == ["", "t", ""]
    assert found.creators.tolist() == ["", "c", ""]
    assert found.content.shape == (3, 0)


def test_catalogue_carries_content_and_age(night: Night) -> None:
    made = datetime(2026, 1, 2, tzinfo=UTC)
    rows = [
        item("a", content=[1.0, 2.0], created_at=made),
        item("b", content=[3.0]),
        item("c", content=[4.0, 5.0]),
        item("d"),
    ]
    write_items(night, rows)
    write_labelled(night, [shown("u", "a", 3)])
    found = catalogue(item_rows(night))
    np.testing.assert_array_equal(found.content, np.array([[1, 2], [np.nan] * 2, [4, 5], [np.nan] * 2], np.float32))
    assert found.created.tolist() == [microseconds(day(2)), 0, 0, 0]


def test_without_silver_the_table_is_named(night: Night) -> None:
    with pytest.raises(UserError, match=r"silver\.labelled does not exist"):
        interactions(night, WEEK)
