from __future__ import annotations

import numpy as np

from evaluation.ope.soundness import Excluded, counted, unsound


def test_every_kind_of_wrong_propensity_is_counted_once() -> None:
    found = unsound(np.array([[0.5, 0.5], [0.0, -1.0], [-0.1, 0.5], [1.5, 0.5], [np.nan, 2.0], [1.0, 1e-9]]))
    sound, excluded = counted(found, 6)
    assert sound.tolist() == [True, False, False, False, False, True]
    assert excluded.kept == 2
    assert excluded.by_reason == {
        "propensity missing": 1,
        "propensity 0": 1,
        "propensity negative": 1,
        "propensity above 1": 1,
    }


def test_slots_that_are_not_there_have_no_propensity_to_miss() -> None:
    shown = np.array([[True, False]])
    assert not any(mask.any() for mask in unsound(np.array([[0.5, np.nan]]), shown).values())


def test_rounds_of_one_action() -> None:
    assert unsound(np.array([0.5, 0.0]))["propensity 0"].tolist() == [False, True]


def test_counts_add_up() -> None:
    total = Excluded()
    for _ in range(2):
        total.add(counted(unsound(np.array([0.5, 0.0])), 2)[1])
    assert (total.kept, total.total, total.by_reason) == (2, 2, {"propensity 0": 2})
