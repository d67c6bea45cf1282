"""A known effect in a population where who got it is no accident; refused where nobody is left to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.causal import CausalEffect, Codes, Doubles, Mask, causal_effect, check_overlap
from schemas.errors import UserError
from tests.evaluation.experiments.replications import FULL, REPLICATIONS

EFFECT = 1.0


@dataclass(frozen=True)
class Drawn:
    outcome: Doubles
    treated: Mask
    covariates: dict[str, Doubles]
    user: Codes
    propensity: Doubles

    def effect(self) -> CausalEffect:
        return causal_effect(self.outcome, self.treated, self.covariates, self.user)


def confounded(seed: int, users: int = 250, rows: int = 4, strength: float = 0.8) -> Drawn:
    """`rows` rows of each of `users` users, whose zeal and need drive both treatment and outcome; rows of a user share
    what is not explained. The effect is EFFECT on average, more for those with more need."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), rows)
    zeal = rng.normal(size=users)[user]
    need = rng.normal(size=users * rows)
    propensity = 1 / (1 + np.exp(-strength * (zeal + need)))
    treated = rng.random(len(user)) < propensity
    shared = 0.5 * rng.normal(size=users)[user]
    outcome = (EFFECT + 0.5 * need) * treated + 2 * zeal + need + shared + rng.normal(size=len(user))
    return Drawn(outcome, treated, {"zeal": zeal, "need": need}, user, propensity)


def test_the_plain_difference_misleads_and_the_effect_does_not() -> None:
    found = confounded(1, users=1000).effect()
    assert found.naive > 2 * EFFECT
    assert found.low is not None
    assert found.high is not None
    assert found.low < EFFECT < found.high
    assert found.high - found.low < 0.5
    assert (found.rows, found.users) == (4000, 1000)


def test_without_confounding_it_is_the_regression_with_clusters() -> None:
    """Treatment by lot: as precise as least squares on the covariates and their products with the treatment."""
    drawn = confounded(2, users=1000, strength=0.0)
    found = drawn.effect()
    plain = np.column_stack(list(drawn.covariates.values()))
    plain -= plain.mean(axis=0)
    treated = drawn.treated.astype(float)
    design = np.column_stack([np.ones(len(plain)), treated, plain, treated[:, None] * plain])
    fit = sm.OLS(drawn.outcome, design).fit(cov_type="cluster", cov_kwds={"groups": drawn.user})
    assert found.value == pytest.approx(float(fit.params[1]), abs=0.2 * float(fit.bse[1]))
    assert found.error == pytest.approx(float(fit.bse[1]), rel=0.05)


def test_repeating_every_row_adds_nothing() -> None:
    drawn = confounded(3)
    twice = Drawn(
        np.tile(drawn.outcome, 2),
        np.tile(drawn.treated, 2),
        {name: np.tile(column, 2) for name, column in drawn.covariates.items()},
        np.tile(drawn.user, 2),
        np.tile(drawn.propensity, 2),
    )
    assert twice.effect().error == pytest.approx(drawn.effect().error, rel=0.02)


@settings(deadline=None, max_examples=10)
@given(shift=st.floats(-100, 100), scale=st.floats(0.1, 10))
def test_units_of_measurement_do_not_matter(shift: float, scale: float) -> None:
    drawn = confounded(4, users=60)
    moved = {name: shift + scale * column for name, column in drawn.covariates.items()}
    found = causal_effect(scale * drawn.outcome + shift, drawn.treated, moved, drawn.user)
    assert found.value == pytest.approx(scale * (drawn.effect().value or math.nan), rel=1e-3, abs=1e-3 * scale)


def test_who_has_nobody_alike_is_not_compared() -> None:
    found = confounded(5, strength=8.0).effect()
    assert found.value is found.low is found.high is found.p is None
    assert not found.overlap.enough
    assert "have a propensity within 0.02 of 0 or 1" in found.overlap.faults[0]
    assert found.overlap.outside > 0.05


def test_overlap_is_judged_by_propensities_weights_and_balance() -> None:
    drawn = confounded(6, users=1000)
    fine = check_overlap(drawn.propensity, drawn.treated, drawn.covariates)
    assert fine.enough
    assert max(map(abs, fine.imbalance.values())) < 0.1
    wrong = check_overlap(np.full(4000, 0.5), drawn.treated, drawn.covariates)
    assert "still differ after weighting in zeal, need" in wrong.faults[0]
    one = np.where(np.arange(4000) == int(np.flatnonzero(drawn.treated)[0]), 1e-6, 0.5)
    assert any("a few rows would decide" in fault for fault in check_overlap(one, drawn.treated, {}).faults)


def test_what_cannot_be_told_is_told() -> None:
    drawn = confounded(7, users=40)
    with pytest.raises(UserError, match="no covariates"):
        causal_effect(drawn.outcome, drawn.treated, {}, drawn.user)
    zeal = np.where(np.arange(160) == 3, np.nan, drawn.covariates["zeal"])
    with pytest.raises(UserError, match="zeal: 1 of 160 values are no number"):
        causal_effect(drawn.outcome, drawn.treated, {"zeal": zeal}, drawn.user)
    with pytest.raises(UserError, match="0 treated users; 10 are needed"):
        causal_effect(drawn.outcome, np.zeros(160, dtype=bool), drawn.covariates, drawn.user)


@pytest.mark.slow
def test_intervals_cover_the_effect_and_it_is_not_biased() -> None:
    times = max(REPLICATIONS // 10, 60)
    found = [confounded(seed).effect() for seed in range(times)]
    values = np.array([one.value for one in found if one.value is not None])
    held = np.mean([one.low <= EFFECT <= one.high for one in found if one.low is not None and one.high is not None])
    bias, error = values.mean() - EFFECT, values.std(ddof=1) / math.sqrt(len(values))
    naive = np.mean([one.naive for one in found]) - EFFECT
    print(
        f"\n  effect: bias {bias:+.4f} +- {error:.4f} (plain difference {naive:+.2f}); 95 % intervals hold it in "
        f"{held:.2%} of {len(values):,}; {times - len(values)} refused"
    )
    assert len(values) > 0.95 * times
    assert abs(bias) < 3.5 * error + 0.02
    assert abs(held - 0.95) <= 3.5 * math.sqrt(0.95 * 0.05 / len(values))


@pytest.mark.slow
def test_without_overlap_it_refuses() -> None:
    times = REPLICATIONS // 20 if REPLICATIONS >= FULL else 30
    refused = np.mean([confounded(seed, strength=6.0).effect().value is None for seed in range(times)])
    print(f"\n  effect: refused in {refused:.1%} of {times} populations without overlap")
    assert refused >= 0.95
