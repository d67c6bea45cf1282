"""Estimators for slates drawn slot by slot: from the weights of every slot to terms.

Arrays are (n, K) float64, one row a slate. `weights` are, for each slot, target / logged probability of the item that
was shown; `rewards` what happened at it. Slots beyond the end of a shorter slate have weight 1 and reward 0. `top`
keeps the first slots alone: the value of what stands there, which no slot further down can change.
"""

from __future__ import annotations

import numpy as np

from evaluation.ope.terms import Doubles, Terms, mean_of


def sips(weights: Doubles, rewards: Doubles, top: int | None = None) -> Terms:
    """Standard IPS: all rewards times the weight of the whole slate. `weights` given the items above.

    Unbiased whatever users do; its weights are a product over all slots. (McInerney et al.: KDD 2020, eq. 1.)
    """
    weights, rewards = _top(weights, rewards, top)
    whole = weights.prod(axis=1)
    return mean_of(whole * rewards.sum(axis=1), whole)


def iips(marginal: Doubles, rewards: Doubles, top: int | None = None, *, normalised: bool = False) -> Terms:
    """Independent IPS: every slot by itself (Li et al.: KDD 2018, item-position model).

    Unbiased if a slot's reward depends on its own item alone, and `marginal` weights are ratios of the probabilities
    of the item at that position whatever stands above. Ratios given the items above are these only where the items
    above make no difference to what may be drawn.
    """
    marginal, rewards = _top(marginal, rewards, top)
    return _by_slot(marginal, rewards, normalised)


def rips(
    weights: Doubles, rewards: Doubles, top: int | None = None, *, normalised: bool = False, clip: float = np.inf
) -> Terms:
    """Reward-interaction IPS: a slot's reward times the weight of the slate down to it, given the items above.

    Unbiased if users look from the top, so that nothing below a slot changes its reward. (McInerney et al.: KDD 2020.)
    `normalised`: each slot by the sum of its own weights (SNRIPS). `clip`: no weight down to a slot is larger, which
    trades bias for variance.
    """
    weights, rewards = _top(weights, rewards, top)
    return _by_slot(np.minimum(down_to(weights), clip), rewards, normalised)


def cascade_dr(
    weights: Doubles, rewards: Doubles, predicted: Doubles, baseline: Doubles, top: int | None = None
) -> Terms:
    """Cascade-DR: RIPS with a model of what is still to come at every slot (Kiyohara et al.: WSDM 2022).

    `predicted`: the model's reward from the slot on, given the slate down to it; `baseline`: its expectation under the
    target given the items above. Unbiased under the same condition whatever the model is; the better the model, the
    less variance. `with_future` makes both from a model of single slots.
    """
    weights, rewards = _top(weights, rewards, top)
    predicted, baseline = _top(predicted, baseline, top)
    down = down_to(weights)
    above = np.hstack([np.ones((len(weights), 1)), down[:, :-1]])
    return mean_of((down * (rewards - predicted) + above * baseline).sum(axis=1), down)


def with_future(
    predicted: Doubles, baseline: Doubles, rollout: Doubles, top: int | None = None
) -> tuple[Doubles, Doubles]:
    """(predicted, baseline) of what is still to come, for `cascade_dr`, from those of every slot by itself.

    `rollout`: (n, K) the model's rewards of a slate that the target itself drew: what it expects further down.
    """
    predicted, baseline = _top(predicted, baseline, top)
    rollout = rollout[:, : predicted.shape[1]]
    after = rollout.sum(axis=1, keepdims=True) - np.cumsum(rollout, axis=1)
    return predicted + after, baseline + after


def down_to(weights: Doubles) -> Doubles:
    """(n, K) the weight of the slate down to each slot."""
    return np.asarray(np.cumprod(weights, axis=1))


def slate_dm(rollout: Doubles, top: int | None = None) -> Terms:
    """DM: the model's rewards of slates that the target itself drew."""
    return mean_of(rollout[:, :top].sum(axis=1))


def pseudo_inverse(marginal: Doubles, rewards: Doubles, top: int | None = None) -> Terms:
    """PI: the slate's reward times 1 + the sum over slots of (weight - 1), where logging draws slots independently.

    Unbiased if the slate's reward is a sum of unknown parts of its slots (Swaminathan et al.: NIPS 2017, with
    factorised logging, where the pseudo-inverse has this closed form).
    """
    marginal, rewards = _top(marginal, rewards, top)
    whole = 1.0 + (marginal - 1.0).sum(axis=1)
    return mean_of(whole * rewards.sum(axis=1), whole)


def on_policy(rewards: Doubles, top: int | None = None) -> Terms:
    """The mean reward of the slates that were shown."""
    return mean_of(rewards[:, :top].sum(axis=1))


def _by_slot(weights: Doubles, rewards: Doubles, normalised: bool) -> Terms:
    if normalised:
        return Terms(weights * rewards, weights, weights)
    return mean_of((weights * rewards).sum(axis=1), weights)


def _top(first: Doubles, second: Doubles, top: int | None) -> tuple[Doubles, Doubles]:
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(f"slates: found shapes {first.shape} and {second.shape}; allowed are two equal (n, K)")
    return first[:, :top], second[:, :top]
