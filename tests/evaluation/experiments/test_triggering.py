"""Of units for which nothing could change only noise is gained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.triggering import diluted, triggered
from evaluation.experiments.units import Units
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS, users

CLICKS = Metric("clicks")


def partly(n: int, seed: int, lift: float, share: float) -> Units:
    """Units of which a random `share` could see the change, which lifts their clicks by `lift`."""
    units = users(n, seed, spread=0.5)
    could = np.random.default_rng(seed + 1).random(n) < share
    lifted = units.sums["clicks"] * np.where(could & units.of("treatment"), 1 + lift, 1.0)
    return replace(units, sums={"clicks": lifted}, before={}, triggered=could)


def test_the_diluted_effect_is_that_on_all_with_a_narrower_interval() -> None:
    units = partly(40_000, 1, 0.3, 0.1)
    some, sound = triggered(units)
    found = diluted(units, CLICKS, effect(some, CLICKS, *ARMS))
    everyone = effect(units, CLICKS, *ARMS)
    assert sound.sound
    assert found.share == pytest.approx(0.1, abs=0.01)
    assert everyone.low < found.difference < everyone.high
    assert found.high - found.low < 0.5 * (everyone.high - everyone.low)
    assert found.low > 0
    assert found.relative == pytest.approx(0.03, abs=0.01)


def test_a_trigger_that_depends_on_the_arm_is_seen() -> None:
    units = partly(10_000, 2, 0.0, 0.5)
    drawn = np.random.default_rng(3).random(10_000)
    _, sound = triggered(replace(units, triggered=drawn < np.where(units.of("treatment"), 0.6, 0.5)))
    assert not sound.sound


def test_what_cannot_be_diluted_is_told() -> None:
    units = partly(1000, 4, 0.0, 0.5)
    found = effect(units, CLICKS, *ARMS)
    with pytest.raises(UserError, match="only a mean a unit"):
        diluted(units, Metric("clicks", "views"), found)
    with pytest.raises(UserError, match="which units were triggered"):
        triggered(replace(units, triggered=None))
