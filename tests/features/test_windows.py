"""Windows over daily counts equal plain sums, whatever the days, at and beyond their edges."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from features.entities import ENTITIES, Entity, entity
from features.registry import batch
from features.spans import spans, totals
from features.tables import daily_counts
from features.windows import batch_features
from surfaces.load import load
from tests.jobs.raw_world import Counts, day, expected_of

SHORTS = load("shorts")
AS_OF = 40

rows = st.tuples(
    st.integers(1, AS_OF + 3),
    st.sampled_from(["a", "b"]),
    st.integers(0, 3),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.125, 31.337]),
)


def table(listed: list[tuple[int, str, int, int, float]], kinds: list[str]) -> tuple[pa.Table, Counts]:
    """gold.daily_counts with each row under every one of `kinds`, and the same for the plain sums."""
    merged: Counts = {}
    for arrived, key, impressions, likes, dwell in listed:
        amounts = {"impressions": float(impressions), "click": float(likes), "like": float(likes), "dwell": dwell}
        for kind in kinds:
            merged[arrived, kind, key] = amounts
    none = dict.fromkeys(SHORTS.outcomes, 0.0)
    records: list[dict[str, Any]] = [
        {"day": day(arrived), "entity": kind, "key": key, **none, **amounts}
        for (arrived, kind, key), amounts in merged.items()
    ]
    return pa.Table.from_pylist(records, daily_counts(SHORTS).arrow()), merged


def computed(session: SparkSession, counts: pa.Table, of: Entity, as_of_days: list[date]) -> list[dict[str, Any]]:
    """batch_features of one entity, as rows."""
    of_items = counts.filter(pa.compute.equal(counts["entity"], "item"))
    looked_at = session.createDataFrame(spans(as_of_days, totals(of_items), batch(SHORTS)))
    features = batch(SHORTS, of.name)
    frame = batch_features(session.createDataFrame(counts), looked_at, of, features, tuple(SHORTS.outcomes))
    listed: list[dict[str, Any]] = frame.toArrow().to_pylist()
    return listed


def near(found: float | None, value: float | None) -> bool:
    """Whether both are null, or equal but for float32 and for counts being whole millionths."""
    return found is None if value is None else found == pytest.approx(value, rel=1e-5, abs=2e-6)


@pytest.mark.spark
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=40), st.sampled_from(["item", "user_creator"]))
def test_windows_equal_plain_sums(spark_session: SparkSession, listed: list[Any], kind: str) -> None:
    counts, plain = table(listed, ["item", "user_creator"])
    as_of_days = [AS_OF - 31, AS_OF]
    found = computed(spark_session, counts, entity(kind), [day(number) for number in as_of_days])
    for number in as_of_days:
        wanted = expected_of(plain, SHORTS, entity(kind), number)
        got = {row["key"]: row for row in found if row["as_of"] == day(number)}
        assert set(got) == set(wanted)
        for key, values in wanted.items():
            for name, value in values.items():
                assert near(got[key][name], value), (number, key, name, got[key][name], value)


@pytest.mark.spark
def test_a_day_leaves_each_window_when_it_is_too_old(spark_session: SparkSession) -> None:
    counts, _ = table([(1, "a", 2, 1, 0.0), (35, "b", 2, 0, 0.0)], ["item"])
    ages = [0, 1, 6, 7, 29, 30]
    found = computed(spark_session, counts, entity("item"), [day(1 + age) for age in ages])
    of_a = {(row["as_of"] - day(1)).days: row for row in found if row["key"] == "a"}
    assert sorted(of_a) == [0, 1, 6, 7, 29], "after 30 days nothing is known"
    assert [of_a[age]["item_log_impressions_1"] > 0 for age in ages[:-1]] == [True, False, False, False, False]
    assert [of_a[age]["item_log_impressions_7"] > 0 for age in ages[:-1]] == [True, True, True, False, False]
    assert [of_a[age]["item_days_since_first_seen"] for age in ages[:-1]] == ages[:-1]
    decayed = [of_a[age]["item_log_response_decayed"] for age in ages[:-1]]
    assert decayed == sorted(decayed, reverse=True)
    assert len(set(decayed)) == len(decayed)


def test_the_prior_is_the_rate_over_all_items_in_the_same_window() -> None:
    counts, _ = table([(1, "a", 3, 2, 0.0), (1, "b", 1, 0, 0.0), (9, "b", 4, 0, 0.0)], ["item"])
    listed = spans([day(1), day(9)], totals(counts), batch(SHORTS)).to_pylist()
    priors = {row["as_of"]: row["prior_like_7"] for row in listed}
    assert priors == {day(1): 0.5, day(9): 0.0}
    assert {row["prior_like_30"] for row in listed if row["as_of"] == day(9)} == {0.25}


def test_without_impressions_there_is_no_prior() -> None:
    counts, _ = table([(1, "a", 0, 0, 0.0)], ["item"])
    assert {row["prior_like_7"] for row in spans([day(1)], totals(counts), batch(SHORTS)).to_pylist()} == {None}


def test_spans_reach_back_thirty_days() -> None:
    listed = spans([day(40)], {}, batch(SHORTS)).to_pylist()
    assert [row["age"] for row in listed] == list(range(30))
    assert all(row["day"] == row["as_of"] - timedelta(days=row["age"]) for row in listed)
    assert max(one.longest for one in ENTITIES) == len(listed)
