"""Interleaving: two rankers compared within one slate, for the same user at the same moment.

What differs between users and moments, most of the noise of an A/B test, is the same on both sides. So a direction is
found with far fewer requests; how large the gain would be is for an A/B test to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import stats

from schemas.errors import UserError

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Item = TypeVar("Item", bound=Hashable)
Team = Literal["a", "b"]


@dataclass(frozen=True)
class Interleaved(Generic[Item]):
    """A slate of both rankers' items, and whose pick each slot was."""

    items: tuple[Item, ...]
    teams: tuple[Team, ...]


@dataclass(frozen=True)
class Preference:
    """How much of what was earned went to `b` rather than `a`, a request: `value`, its `error` and interval at `level`,
    from `requests` requests of `users` users. `p`: two-sided, of no preference. `agreement`: how probable it is that
    the sign of another such experiment is that of this one's value, were the value the truth."""

    value: float
    error: float
    low: float
    high: float
    p: float
    agreement: float
    requests: int
    users: int
    level: float


def team_draft(
    a: Sequence[Item],
    b: Sequence[Item],
    size: int,
    coin: Callable[[int], bool],
    allowed: Callable[[Sequence[Item], Item], bool] | None = None,
) -> Interleaved[Item]:
    """Interleave two lists, best first, into one slate of at most `size` (Radlinski, Kurup, Joachims, CIKM 2008).

    In every round both teams pick their best item not yet on the slate; `coin(round)` says whether `a` picks first.
    Derive it from the request id, so that the slate can be replayed. `allowed(above, item)` says whether an item keeps
    the surface's rules below those above it. A team with nothing left to pick passes; the slate ends when both do.
    """
    shown: list[Item] = []
    teams: list[Team] = []
    lists: dict[Team, Sequence[Item]] = {"a": a, "b": b}
    rounds = 0
    while len(shown) < size:
        first: tuple[Team, Team] = ("a", "b") if coin(rounds) else ("b", "a")
        picked = len(shown)
        for team in first:
            pick = _pick(lists[team], shown, allowed)
            if pick is not None and len(shown) < size:
                shown.append(lists[team][pick])
                teams.append(team)
        if len(shown) == picked:
            break
        rounds += 1
    return Interleaved(tuple(shown), tuple(teams))


def credit(teams: Sequence[Team], earned: Sequence[float]) -> float:
    """What `b`'s slots earned less what `a`'s did, on one slate; `earned` is by slot, clicks or any value."""
    if len(teams) != len(earned):
        raise ValueError(f"{len(earned)} values for {len(teams)} slots")
    return float(sum(value if team == "b" else -value for team, value in zip(teams, earned, strict=True)))


def preference(credits: Doubles, user: Codes, level: float = 0.95) -> Preference:
    """Mean of (r,) `credits` a request, with users as independent units; `user` (r,) says whose each request was.

    Raises UserError where there are fewer than two users, or nothing was ever earned.
    """
    value, error, users = _clustered_mean(credits, user)
    if not error > 0:
        raise UserError(f"nothing was earned on {len(credits):,} interleaved slates: no preference can be told")
    reach = float(stats.t.ppf((1 + level) / 2, users - 1)) * error
    p = float(2 * stats.t.sf(abs(value / error), users - 1))
    agreement = float(stats.norm.cdf(abs(value / error)))
    return Preference(value, error, value - reach, value + reach, p, agreement, len(credits), users, level)


def agreement(value: float, spread: float, requests: float) -> float:
    """How often the sign found with `requests` is that of the true `value` a request; `spread` is the error times the
    square root of the requests it was found with."""
    return float(stats.norm.cdf(abs(value) / spread * math.sqrt(requests)))


def requests_needed(value: float, spread: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Requests until a mean of `value` a request is found with `power` at two-sided `alpha`."""
    if not value:
        raise UserError("no number of requests finds a difference of 0")
    reach = float(stats.norm.isf(alpha / 2) + stats.norm.ppf(power))
    return math.ceil((reach * spread / value) ** 2)


@dataclass(frozen=True)
class Sensitivity:
    """Requests that each way of comparing needs to find the same difference, with the same power."""

    interleaving: int
    ab: int

    @property
    def times(self) -> float:
        """How many times the requests an A/B test needs."""
        return self.ab / self.interleaving


def sensitivity(
    credits: tuple[Doubles, Codes],
    a: tuple[Doubles, Codes],
    b: tuple[Doubles, Codes],
    power: float = 0.8,
    alpha: float = 0.05,
) -> Sensitivity:
    """What interleaving saves, from (values, users) a request of interleaved slates and of those of either ranker.

    An A/B test splits its requests over two arms, so the variance of its difference is that of both, each on half.
    """
    value, error, _ = _clustered_mean(*credits)
    means = [_clustered_mean(*arm) for arm in (a, b)]
    spread = math.sqrt(2 * sum(one[1] ** 2 * len(arm[0]) for one, arm in zip(means, (a, b), strict=True)))
    return Sensitivity(
        requests_needed(value, error * math.sqrt(len(credits[0])), power, alpha),
        requests_needed(means[1][0] - means[0][0], spread, power, alpha),
    )


def _pick(
    ranked: Sequence[Item], shown: Sequence[Item], allowed: Callable[[Sequence[Item], Item], bool] | None
) -> int | None:
    for place, item in enumerate(ranked):
        if item not in shown and (allowed is None or allowed(shown, item)):
            return place
    return None


def _clustered_mean(values: Doubles, user: Codes) -> tuple[float, float, int]:
    """(mean a request, its error, users), by the delta method over users."""
    _, unit = np.unique(user, return_inverse=True)
    users = int(unit.max(initial=-1)) + 1
    if users < 2:
        raise UserError(f"{len(values):,} requests of {users} users: a comparison needs two users at least")
    mean = float(values.mean())
    rest = np.bincount(unit, values - mean, users)
    return mean, float(np.sqrt(users / (users - 1) * np.square(rest).sum()) / len(values)), users
