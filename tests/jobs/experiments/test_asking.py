"""What people write becomes a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.experiments.metric import Guardrail, Metric
from jobs.experiments import asking
from jobs.experiments.wanted import Metrics
from schemas.errors import UserError
from tests.jobs.experiments.logged import surface


def test_a_metric_is_better_when_lower_if_it_or_what_it_counts_is_named() -> None:
    found = asking.metrics(["hide/impressions", "click"], ["hide"])
    assert found == (Metric("hide", "impressions", lower_is_better=True), Metric("click"))
    assert asking.guardrails(["hide=2%"], ["hide"]) == (Guardrail(Metric("hide", lower_is_better=True), 0.02),)


def test_a_surface_decides_by_its_value_and_knows_what_it_does_not_want() -> None:
    primary, further, lower = asking.of_surface(surface(value={"click": 1.0, "like": -2.0}))
    assert (primary, lower) == (["value"], ["like"])
    assert further == ["click/impressions", "like/impressions", "requests"]
    assert asking.of_surface(surface(value={}, experiments={}))[0] == ["click"]


def test_columns_are_asked_for_once() -> None:
    metrics = [Metric("a", "b"), Metric("a"), Guardrail(Metric("c", "b"), 0.1)]
    assert asking.columns_of(metrics) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arms", "named", "control"),
    [
        (("bold", "control"), None, "control"),
        (("a", "b"), None, "a"),
        (("exposed", "holdback"), None, "holdback"),
        (("x", "y"), "y", "y"),
    ],
)
def test_the_control_is_who_is_called_so(arms: tuple[str, ...], named: str | None, control: str) -> None:
    assert asking.control_of(arms, named) == control


def test_no_control_is_guessed() -> None:
    with pytest.raises(UserError, match="which of the arms x, y is the control"):
        asking.control_of(("x", "y"), None)
    with pytest.raises(UserError, match="only one arm, x"):
        asking.control_of(("x",), "x")


def test_shares_are_said_of_every_arm_or_of_none() -> None:
    assert asking.shares_of([], ["a", "b"]) is None
    assert asking.shares_of(["a=90%", "b=0.1"], ["a", "b"]) == {"a": 0.9, "b": 0.1}
    with pytest.raises(UserError, match="every arm needs one: a, b"):
        asking.shares_of(["a=90%"], ["a", "b"])
    with pytest.raises(UserError, match="--share: found 'a=much'"):
        asking.shares_of(["a=much"], ["a", "b"])


@given(st.floats(0.001, 0.999))
def test_a_share_may_be_written_as_percent(share: float) -> None:
    assert asking.read_share("plan", f"{share}") == share
    assert asking.read_share("plan", f"{100 * share}%") == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "0", "1", "100%", "-2%", "nan", "many"])
def test_what_is_no_share_is_told(text: str) -> None:
    with pytest.raises(UserError, match="--plan: found"):
        asking.read_share("plan", text)


def test_without_a_metric_that_decides_nothing_is_read() -> None:
    with pytest.raises(UserError, match="which metric decides"):
        Metrics(further=("clicks",)).read()
