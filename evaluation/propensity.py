"""Whether logged propensities are the probabilities with which things were shown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Doubles = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def binomial_z(counts: Counts, trials: int, probabilities: Doubles) -> Doubles:
    """(m,) how far each of (m,) `counts` in `trials` is from its stated probability, in standard deviations.

    It is the |z| of a normal that is as improbable, two-sided, as the count is under the exact binomial distribution:
    no approximation for rare items. Infinite where the impossible happened.
    """
    below = stats.binom.cdf(counts, trials, probabilities)
    above = stats.binom.sf(counts - 1, trials, probabilities)
    return np.asarray(stats.norm.isf(np.minimum(np.minimum(below, above), 0.5)))


def bonferroni_z(cells: int, level: float = 1e-4) -> float:
    """The |z| that the largest of `cells` exceeds with probability at most `level` if everything is as stated."""
    return float(stats.norm.isf(level / max(cells, 1) / 2))


def mean_weight(target: Doubles, logged: Doubles) -> tuple[float, float]:
    """(mean, standard error) of the importance weights target / logged of what was drawn; the mean of (n,) weights is
    1 in expectation if `logged` are the probabilities it was drawn with and cover the target."""
    weights = target / logged
    return float(weights.mean()), float(weights.std(ddof=1) / np.sqrt(len(weights)))


def inverse_propensity(rewards: Doubles, target: Doubles, logged: Doubles) -> float:
    """The IPS estimate of the target's mean reward: mean(target / logged * reward) (Horvitz, Thompson 1952)."""
    return float((target / logged * rewards).mean())
