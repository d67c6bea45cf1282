"""Whether the logs can answer at all: checks of the weights that refuse, and say what would be needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluation.ope.stream import Sums
from evaluation.ope.terms import Doubles


@dataclass(frozen=True)
class Limits:
    """What is refused.

    `effective`: the least effective number of users, (sum of w)^2 / sum of w^2 with w a user's sum of weights.
    `share`: the greatest share that one unit's weight has in their sum. `mean`: how far the mean weight, which is 1 in
    expectation where logging can show all that the target shows, may be from it; `errors`: and by how many of its
    standard errors. `unsupported`: the greatest share of the target's probability on what logging never shows.
    `users`: the least number of users, below which no interval can be trusted.
    """

    effective: float = 150.0
    share: float = 0.05
    mean: float = 0.15
    errors: float = 4.0
    unsupported: float = 0.005
    users: int = 40


@dataclass(frozen=True)
class Trust:
    """What the checks found. `refusals` say in words what is wrong and what would be needed; none: trusted.

    `effective`, `share`, `mean`, `mean_error` are of the kind of weights that is worst in each. `needed`: by how much
    the logs would have to grow for enough effective users, 1 if they have them, None where that cannot be told;
    `explored`: the share of requests that the target itself would have to answer instead. All are None where no
    weights are leant on.
    """

    refusals: tuple[str, ...]
    units: int
    users: int
    effective: float | None = None
    share: float | None = None
    mean: float | None = None
    mean_error: float | None = None
    unsupported: float | None = None
    needed: float | None = None
    explored: float | None = None

    @property
    def trusted(self) -> bool:
        return not self.refusals


def judge(sums: Sums, unsupported: float | None = None, limits: Limits | None = None) -> Trust:
    """Judge the weights that an estimate leans on.

    `unsupported`: the share of the target's probability on actions that logging gives none, where it is known.
    """
    limits = limits or Limits()
    users = sums.occupied
    refusals = [] if users >= limits.users else [_few_users(users, limits)]
    if not sums.weights.shape[1]:
        return Trust(tuple(refusals), sums.count, users)
    effective, share = effective_users(sums), _largest_share(sums)
    means, errors = mean_weights(sums)
    worst = int(np.argmax(np.abs(means - 1.0)))
    mean, error = float(means[worst]), float(errors[worst])
    off = abs(mean - 1.0) > limits.mean or (error > 0 and abs(mean - 1.0) > limits.errors * error)
    # Where the mean weight is off, large weights were not even seen: what more logs would bring cannot be told.
    needed = None if off else max(limits.effective / max(effective, 1e-9), 1.0)
    explored = min(limits.effective / max(users, 1), 1.0)
    refusals += _support(unsupported, limits)
    refusals += _spread(effective, share, _more(needed, explored), limits)
    refusals += [_far_from_one(mean, error, explored)] if off else []
    return Trust(
        tuple(refusals),
        sums.count,
        users,
        effective=effective,
        share=share,
        mean=mean,
        mean_error=error,
        unsupported=unsupported,
        needed=needed,
        explored=explored,
    )


def effective_users(sums: Sums) -> float:
    """(sum of w)^2 / sum of w^2 over users (in groups), of the kind of weights where it is least (Kong 1992)."""
    squares = np.square(sums.weights).sum(axis=0)
    found = np.divide(np.square(sums.weights.sum(axis=0)), squares, out=np.zeros_like(squares), where=squares > 0)
    return float(found.min())


def effective_units(sums: Sums) -> Doubles:
    """(S,) effective number of units (rounds, slates) of each kind of weights: what is commonly called ESS."""
    total = np.square(sums.weights.sum(axis=0))
    return np.asarray(np.divide(total, sums.squares, out=np.zeros_like(total), where=sums.squares > 0))


def mean_weights(sums: Sums) -> tuple[Doubles, Doubles]:
    """(S,) mean of each kind of weights, and its standard error with users as units."""
    n = sums.rows.sum()
    means = sums.weights.sum(axis=0) / n
    rest = sums.weights - sums.rows[:, None] * means
    users = sums.occupied
    scale = users / (users - 1) if users > 1 else math.nan
    return np.asarray(means), np.sqrt(scale * np.square(rest).sum(axis=0)) / n


def _largest_share(sums: Sums) -> float:
    total = sums.weights.sum(axis=0)
    return float(np.divide(sums.largest, total, out=np.ones_like(total), where=total > 0).max())


def _few_users(users: int, limits: Limits) -> str:
    return f"users: found {users}; an interval needs {limits.users} or more: take more days"


def _support(unsupported: float | None, limits: Limits) -> list[str]:
    if unsupported is None or unsupported <= limits.unsupported:
        return []
    return [
        f"support: {unsupported:.1%} of what the target would show has no chance under the logging policy (allowed "
        f"{limits.unsupported:.1%}); no amount of such logs can tell its worth: let logging show every item that the "
        "target may show (a share of uniform exploration, and the target's sources among its own)"
    ]


def _more(needed: float | None, explored: float) -> str:
    """What would be enough, in words."""
    answered = f"{explored:.1%} of requests answered by the target itself" if explored < 1.0 else ""
    times = f"about {needed:,.1f} times as many requests with this exploration" if needed is not None else ""
    return " or ".join(filter(None, [times, answered])) or "more days"


def _spread(effective: float, share: float, more: str, limits: Limits) -> list[str]:
    found = []
    if effective < limits.effective:
        worth = f"the weights are worth {effective:,.0f} users (needed {limits.effective:,.0f})"
        found.append(f"effective sample: {worth}: it takes {more}")
    if share > limits.share:
        has = f"one request has {share:.1%} of all weight (allowed {limits.share:.1%}) and would decide"
        found.append(f"largest weight: {has}: it takes {more}")
    return found


def _far_from_one(mean: float, error: float, explored: float) -> str:
    if mean < 1.0:
        why = f"the target shows what logging hardly ever showed: it takes {_more(None, explored)}"
    else:
        why = "logged propensities are not the probabilities with which things were shown, or a rare one decides"
    return f"mean weight: found {mean:.3g} +- {error:.2g}, expected 1: {why}"
