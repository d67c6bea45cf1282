"""Golden on Coat (Schnabel et al. 2016): ratings people chose to give, against ratings of random coats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.ope import bandit


@pytest.mark.real_data
def test_propensities_undo_most_of_the_self_selection(real_data: Path) -> None:
    chosen, random = (np.loadtxt(real_data / "coat" / f"{part}.ascii") for part in ("train", "test"))
    propensity = np.loadtxt(real_data / "coat" / "propensities.ascii.gz")
    given = chosen > 0
    weighed = bandit.snips(1.0 / propensity[given], chosen[given]).value
    assert f"{chosen[given].mean():.3f} {weighed:.3f} {random[random > 0].mean():.3f}" == "2.611 2.331 2.229"
