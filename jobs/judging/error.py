"""What chance can do to a gate: a value that misses its threshold fails only if chance does not explain it.

Where candidate and other were measured on the same users the paired interval of their difference decides; where there
is none, the standard error of the value.
"""

from __future__ import annotations

import math
from dataclasses import replace

from schemas.decision import Gate
from schemas.evaluation import Paired

ONE_SIDED = 1.645
"""Standard errors by which a value must miss its threshold to fail: a chance of 5 % for one that is just as good."""


def uncertain(gate: Gate, pair: Paired | None, error: float, of: str) -> Gate:
    """`gate`, a value that must be at least its threshold, judged by `pair` if there is one, else by the `error` of
    the value of `of` (so many users or positives)."""
    return by_difference(gate, pair) if pair is not None else within_error(gate, error, of)


def by_difference(gate: Gate, pair: Paired) -> Gate:
    """`gate` with the paired difference in its reason; a warning in place of a failure unless the whole interval of
    the difference lies below what is tolerated: the distance from the other's value down to the threshold."""
    value, low, high = pair.value or 0.0, pair.low or 0.0, pair.high or 0.0
    reason = f"{gate.reason}; paired difference {value:+.4f} [{low:+.4f}, {high:+.4f}] of {pair.users} users"
    if gate.verdict == "pass" or gate.value is None or gate.threshold is None:
        return replace(gate, reason=reason)
    tolerated = gate.threshold - (gate.value - value)
    if high < tolerated:
        return replace(gate, reason=f"{reason}, all below the tolerated {tolerated:+.4f}")
    return replace(gate, verdict="warn", reason=f"{reason}, which does not exclude the tolerated {tolerated:+.4f}")


def within_error(gate: Gate, error: float, of: str) -> Gate:
    """`gate`; a warning in place of a failure that misses its threshold by no more than the error of `of`."""
    if gate.verdict == "pass" or gate.value is None or gate.threshold is None:
        return gate
    if gate.value + ONE_SIDED * error < gate.threshold:
        return gate
    words = f"within the error {error:.2g} of {of}"
    reason = f"{gate.reason}; {words}" if gate.reason else words
    return replace(gate, verdict="warn", reason=reason)


def auc_error(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an AUC (Hanley & McNeil 1982)."""
    both_positive, both_negative = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (both_positive - auc**2) + (negatives - 1) * (both_negative - auc**2)
    return math.sqrt(max(spread, 0.0) / (positives * negatives))


def recall_error(value: float, other: float, users: int) -> float:
    """Standard error, at most, of the difference of two mean recalls of `users` users each.

    A user's recall lies in [0, 1], so its variance is at most that of a yes or no; that the two lists were shown to
    the same users, which would make it less, is not counted on.
    """
    mean = (value + other) / 2
    return math.sqrt(2 * mean * (1 - mean) / users)
