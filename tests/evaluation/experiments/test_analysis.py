"""Verdicts on experiments whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.experiments.analysis import Analysis, analyse
from evaluation.experiments.metric import Guardrail, Metric
from evaluation.experiments.picture import draw
from evaluation.experiments.question import Question
from evaluation.experiments.told import to_json
from evaluation.experiments.units import Panel, Units
from evaluation.pictures import save
from schemas.errors import UserError
from tests.evaluation.experiments.populations import days_of, users
from tests.evaluation.experiments.test_clusters import grouped

CLICKS = Metric("clicks")
ASKED = Question("control", (CLICKS,), secondary=(Metric("clicks", "views"), Metric.parse("clicks@0.9")))


def reasons(found: Analysis) -> str:
    return "; ".join(found.comparisons[0].verdict.reasons)


def test_what_is_better_and_safe_ships() -> None:
    asked = replace(ASKED, guardrails=(Guardrail(Metric("views"), 0.1),))
    found = analyse(asked, days_of(4000, 14, 1, lift=0.4))
    assert found.decision == "ship"
    assert found.days == 14
    assert "clicks +" in reasons(found)
    assert "a loss beyond 10.00% is ruled out" in reasons(found)


def test_what_is_worse_is_rejected() -> None:
    found = analyse(ASKED, days_of(4000, 14, 2, lift=-0.4))
    assert found.decision == "reject"
    assert "worse than the control" in reasons(found)


def test_fewer_clicks_may_be_what_is_wanted() -> None:
    asked = Question("control", (replace(CLICKS, lower_is_better=True),))
    assert analyse(asked, days_of(4000, 14, 2, lift=-0.4)).decision == "ship"


def test_what_is_not_known_yet_goes_on() -> None:
    found = analyse(ASKED, days_of(400, 10, 3))
    assert found.decision == "continue"
    assert "no difference is shown yet" in reasons(found)


def test_what_is_better_does_not_ship_before_a_week() -> None:
    found = analyse(ASKED, days_of(4000, 5, 4, lift=0.6))
    assert found.decision == "continue"
    assert "it has run for 5 days; 7 were asked for" in reasons(found)


def test_what_is_better_does_not_ship_on_a_handful_of_users() -> None:
    found = analyse(Question("control", (CLICKS,)), users(60, 4, lift=3.0, spread=0.2))
    assert found.comparisons[0].primary[0].state == "better"
    assert found.decision == "continue"
    assert "units; 100 are needed" in reasons(found)


def test_what_fades_does_not_ship() -> None:
    found = analyse(ASKED, days_of(6000, 14, 5, lift=1.0, fading=0.3))
    assert found.decision == "continue"
    assert "fades as users get used to it" in reasons(found)


def test_what_harms_a_guardrail_is_rejected_however_good() -> None:
    panel = days_of(4000, 14, 6, lift=0.5)
    views = panel.sums["views"] * np.where(panel.people.of("treatment")[panel.unit], 0.7, 1.0)
    panel = replace(panel, sums={**panel.sums, "views": views})
    found = analyse(replace(ASKED, guardrails=(Guardrail(Metric("views"), 0.05),)), panel)
    assert found.decision == "reject"
    assert "guardrail views" in reasons(found)


def test_a_gain_too_small_to_want_is_not_waited_for() -> None:
    found = analyse(replace(ASKED, least_effect=0.5), users(20_000, 7, spread=0.3))
    assert found.decision == "reject"
    assert "a gain of 50.00% is ruled out" in reasons(found)


def test_a_broken_assignment_is_rejected_whatever_the_figures() -> None:
    found = analyse(ASKED, users(20_000, 8, lift=1.0, share=0.45))
    assert found.decision == "reject"
    assert "the assignment is broken" in reasons(found)


def test_of_several_treatments_each_has_its_verdict() -> None:
    units = users(9000, 9, spread=0.3)
    arm = np.arange(9000) % 3
    clicks = units.sums["clicks"] * np.array([1.0, 1.2, 0.8])[arm]
    units = Units(("control", "up", "down"), arm, {**units.sums, "clicks": clicks})
    found = analyse(ASKED, units)
    assert [one.verdict.decision for one in found.comparisons] == ["ship", "reject"]
    assert found.decision == "ship"
    assert not found.question.daily


def test_clusters_are_looked_at_once() -> None:
    units = grouped(200, 1, lift=2.0)
    found = analyse(Question("control", (CLICKS,)), units)
    assert found.decision == "ship"
    assert found.assignments[0].counts == {"control": 100, "treatment": 100}
    assert found.comparisons[0].primary[0].effect.metric == "clicks/units"
    with pytest.raises(UserError, match="quantiles of units cannot be told from clusters"):
        analyse(Question("control", (CLICKS,), (Metric.parse("clicks@0.5"),)), units)


def test_triggered_units_are_compared_and_their_effect_spread_over_all() -> None:
    units = replace(users(20_000, 10, lift=0.2, spread=0.3), triggered=np.arange(20_000) % 4 == 0)
    found = analyse(ASKED, units)
    assert len(found.assignments) == 2
    assert sum(found.assignments[1].counts.values()) == 5000
    spread = found.comparisons[0].diluted
    assert spread is not None
    assert spread.share == 0.25


def test_what_is_not_asked_well_is_told() -> None:
    with pytest.raises(UserError, match="control: found 'base'; allowed are the arms control, treatment"):
        analyse(replace(ASKED, control="base"), users(100, 1))
    with pytest.raises(UserError, match="no metric was named"):
        Question("control", ())
    with pytest.raises(UserError, match="a quantile cannot decide"):
        Question("control", (Metric.parse("clicks@0.9"),))
    with pytest.raises(UserError, match="level: found 95"):
        Question("control", (CLICKS,), level=95)
    with pytest.raises(UserError, match="least effect: found 2"):
        Question("control", (CLICKS,), least_effect=2)


def test_a_further_metric_that_cannot_be_told_is_a_note() -> None:
    found = analyse(replace(ASKED, secondary=(Metric("likes"),)), users(1000, 11))
    assert found.comparisons[0].secondary == ()
    assert found.notes == ("there is no column 'likes' to measure",)


@pytest.mark.parametrize("data", [days_of(2000, 15, 12, lift=0.3), users(500, 13)])
def test_json_and_picture_hold_every_figure(data: Panel | Units, tmp_path: Path) -> None:
    found = analyse(replace(ASKED, guardrails=(Guardrail(Metric("views"), 0.1),)), data)
    told = json.loads(to_json(found))
    assert told["decision"] == found.decision
    mine = told["treatments"]["treatment"]
    assert mine["primary"]["clicks"]["effect"]["p"] == found.comparisons[0].primary[0].effect.p
    assert set(mine["secondary"]) == {"clicks/views", "clicks@0.9"}
    assert set(mine["guardrails"]) == {"views"}
    assert len(mine["primary"]["clicks"]["looks"]) == len(found.comparisons[0].primary[0].looks)
    save(draw(found, "a test"), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000
