"""Estimators for one action a round: from importance weights, rewards and a model of rewards to terms.

Arrays are (n,) float64, one entry a round: `weight` is target / logged probability of the action that was taken,
`reward` what happened, `predicted` the model's reward of that action, `baseline` the model's expected reward under the
target, that is the sum over actions of target probability times predicted reward.
"""

from __future__ import annotations

import numpy as np

from evaluation.ope.terms import Doubles, Terms, mean_of, ratio_of


def direct_method(baseline: Doubles) -> Terms:
    """DM: what the reward model expects of the target (Beygelzimer, Langford: KDD 2009)."""
    return mean_of(baseline)


def ips(weight: Doubles, reward: Doubles) -> Terms:
    """IPS: mean of weight times reward (Horvitz, Thompson 1952; Precup et al.: ICML 2000). Unbiased with support."""
    return mean_of(weight * reward, weight)


def snips(weight: Doubles, reward: Doubles) -> Terms:
    """SNIPS: weights normalised by their sum (Swaminathan, Joachims: NIPS 2015)."""
    return ratio_of(weight * reward, weight)


def clipped_ips(weight: Doubles, reward: Doubles, clip: float) -> Terms:
    """IPS with weights of at most `clip` (Bottou et al.: JMLR 2013): less variance, biased towards 0."""
    clipped = np.minimum(weight, clip)
    return mean_of(clipped * reward, clipped)


def doubly_robust(weight: Doubles, reward: Doubles, predicted: Doubles, baseline: Doubles) -> Terms:
    """DR: the model, corrected by the weighted residual (Dudik, Langford, Li: ICML 2011)."""
    return mean_of(baseline + weight * (reward - predicted), weight)


def self_normalised_dr(weight: Doubles, reward: Doubles, predicted: Doubles, baseline: Doubles) -> Terms:
    """SNDR: DR with the correction normalised by the sum of weights (Kallus, Uehara: NeurIPS 2019)."""
    return mean_of(baseline).plus(ratio_of(weight * (reward - predicted), weight))


def switch_dr(weight: Doubles, reward: Doubles, predicted: Doubles, baseline: Doubles, threshold: float) -> Terms:
    """Switch-DR: DR where the weight is at most `threshold`, the model alone where it is larger (Wang, Agarwal, Dudik:
    ICML 2017)."""
    used = np.where(weight <= threshold, weight, 0.0)
    return mean_of(baseline + used * (reward - predicted), used)


def dr_shrunk(weight: Doubles, reward: Doubles, predicted: Doubles, baseline: Doubles, shrinkage: float) -> Terms:
    """DRos: DR with optimistically shrunk weights (Su et al.: ICML 2020); `shrinkage` 0 is DM, infinity is DR."""
    used = shrunk(weight, shrinkage)
    return mean_of(baseline + used * (reward - predicted), used)


def shrunk(weight: Doubles, shrinkage: float) -> Doubles:
    """shrinkage * weight / (weight^2 + shrinkage): nearly the weight where it is small, nearly 0 where it is large."""
    if np.isinf(shrinkage):
        return weight
    below = np.square(weight) + shrinkage
    return np.asarray(np.divide(shrinkage * weight, below, out=np.zeros_like(weight), where=below > 0))
