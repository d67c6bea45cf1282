"""Goldens on the Open Bandit Dataset (small, campaign `all`), to the digits that Saito et al. 2021's code prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from evaluation.ope import bandit
from evaluation.ope.stream import summed
from evaluation.ope.terms import Doubles
from evaluation.ope.trust import effective_units

pytestmark = pytest.mark.real_data
DRAWS, SLOTS = 100_000, 3


def thompson(prior: Path) -> Doubles:
    """(80, 3) how often each item stands at each position: the order of Beta draws from the published prior."""
    content = yaml.safe_load(prior.read_text())["all"]
    luck, found = np.random.RandomState(12345), np.zeros((80, SLOTS))
    for _ in range(DRAWS):
        best = np.argsort(luck.beta(content["alpha"], content["beta"]))[::-1][:SLOTS]
        found[best, range(SLOTS)] += 1
    return found / DRAWS


@pytest.fixture
def folder(real_data: Path) -> Path:
    return real_data / "open_bandit"


def test_values_of_both_arms_from_both_logs(folder: Path) -> None:
    random, bts = (pd.read_csv(folder / f"{arm}_all.csv.gz") for arm in ("random", "bts"))
    assert f"{random.click.mean():.4f} {bts.click.mean():.4f}" == "0.0038 0.0042"
    target = thompson(folder / "prior_bts.yaml")[random.item_id, random.position - 1]
    forward = Weighed(target, random)
    assert f"{forward.ips:.6f} {forward.snips:.6f}" == "0.004553 0.004776"
    assert f"{abs(forward.ips / bts.click.mean() - 1):.6f}" == "0.084019"
    assert f"{forward.weight.mean():.3f} {forward.effective:.3f}" == "0.953 0.164"
    back = Weighed(np.full(len(bts), 1 / 80), bts)
    assert f"{back.ips:.6f} {back.snips:.6f} {back.effective:.3f}" == "0.002360 0.002334 0.034"


class Weighed:
    def __init__(self, target: Doubles, log: pd.DataFrame) -> None:
        self.weight, reward = target / log.propensity_score.to_numpy(), log.click.to_numpy(np.float64)
        terms = bandit.ips(self.weight, reward)
        self.ips, self.snips = terms.value, bandit.snips(self.weight, reward).value
        self.effective = effective_units(summed(terms, np.arange(len(log), dtype=np.uint64)))[0] / len(log)
