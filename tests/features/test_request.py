"""Request features against plain arithmetic on datetimes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.request import Context, request_features

SATURDAY_NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def one(
    at: datetime,
    created: datetime | None,
    history: int,
    *,
    near: float = math.nan,
    akin: float = math.nan,
    lasts: float = math.nan,
) -> dict[str, float]:
    born = np.array([us(created) if created else 0], np.int64)
    affinity, neighbours, duration = (np.array([value], np.float32) for value in (near, akin, lasts))
    context = Context.of_request(us(at), born, history, affinity=affinity, neighbours=neighbours, duration_s=duration)
    return {name: float(values[0]) for name, values in request_features(context).items()}


def test_saturday_noon() -> None:
    values = one(SATURDAY_NOON, SATURDAY_NOON - timedelta(hours=3), 7, near=0.5, akin=0.25, lasts=59)
    assert (values["content_affinity"], values["neighbour_affinity"]) == (0.5, 0.25)
    assert values["hour_sin"] == pytest.approx(0, abs=1e-6)
    assert values["hour_cos"] == pytest.approx(-1)
    assert values["is_weekend"] == 1
    assert values["item_log_age_hours"] == pytest.approx(math.log(4))
    assert values["item_age_unknown"] == 0
    assert values["item_log_duration"] == pytest.approx(math.log(60))
    assert values["item_duration_unknown"] == 0
    assert values["log_history"] == pytest.approx(math.log(8))
    assert values["history_empty"] == 0


def test_what_is_unknown_is_null_and_says_so() -> None:
    values = one(SATURDAY_NOON, None, -1)
    assert values["item_age_unknown"] == values["item_duration_unknown"] == 1
    assert all(
        math.isnan(values[name]) for name in ("item_log_age_hours", "item_log_duration", "log_history", "history_empty")
    )
    assert one(SATURDAY_NOON, None, 0)["history_empty"] == 1


def test_an_item_shown_before_its_stated_creation_has_age_zero() -> None:
    assert one(SATURDAY_NOON, SATURDAY_NOON + timedelta(days=1), 0)["item_log_age_hours"] == 0


def test_arrays_of_differing_length_are_refused() -> None:
    numbers, floats = np.zeros(2, np.int64), np.zeros(2, np.float32)
    with pytest.raises(ValueError, match="differ in length"):
        Context(numbers, numbers[:1], numbers, floats, floats, floats)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)))
def test_calendar_features_follow_datetime(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    values = one(at, None, 0)
    minute = at.hour * 60 + at.minute
    assert values["hour_sin"] == pytest.approx(math.sin(2 * math.pi * minute / 1440), abs=1e-6)
    assert values["weekday_cos"] == pytest.approx(math.cos(2 * math.pi * at.weekday() / 7), abs=1e-6)
    assert values["is_weekend"] == (at.weekday() >= 5)
