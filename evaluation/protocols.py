"""How a model is tried on events that it was not fitted on: protocols as objects, so that a report can name them.

A protocol divides events into what a model may be fitted on, what is known of a user when it is asked (and therefore
masked in its list), and what its list must then contain. Figures under different protocols do not compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.ranking.order import Places, Ties, places
from evaluation.splits import share_by_hash

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CHUNK = 512
"""Requests that are ranked against the whole catalogue at once: 512 x 100,000 scores are 400 MB."""


@dataclass(frozen=True)
class Events:
    """n events, arrays of one length: `users` and `items` ids, `times` int64; of equal times the earlier row counts as
    earlier."""

    users: npt.NDArray[Any]
    items: npt.NDArray[Any]
    times: Ints

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Division:
    """(n,) masks over events: a model is fitted on `train` and chosen on `validation`; when a user is asked its `given`
    events are known and masked; its `wanted` ones are looked for. `name` is the protocol's, in words."""

    name: str
    train: Bools
    validation: Bools
    given: Bools
    wanted: Bools

    def __post_init__(self) -> None:
        if (self.wanted & (self.train | self.validation | self.given)).any():
            raise ValueError(f"{self.name}: an event that is looked for is known before")

    def popularity(self, items: Ints, catalogue: int) -> Ints:
        """(catalogue,) how many events of `train` each item has; `items` (n,) are rows of the catalogue."""
        return np.bincount(items[self.train], minlength=catalogue).astype(np.int64)

    def check_popularity(self, counts: Ints, items: Ints) -> None:
        """Raise ValueError if `counts` (catalogue,) knows of other events of `items` (n,) than those of `train`.

        Counting what is held out is the commonest leak: it makes most-popular look better, and models worse beside it.
        """
        extra = int((counts - self.popularity(items, len(counts))).clip(min=0).sum())
        if extra:
            held = int((~self.train).sum())
            raise ValueError(f"{self.name}: popularity counts {extra:,} events beyond train; {held:,} are held out")


class EvaluationProtocol(Protocol):
    """Divides events."""

    @property
    def name(self) -> str:
        """The protocol with its settings, in words for a report."""
        ...

    def divide(self, events: Events) -> Division: ...


@dataclass(frozen=True)
class GlobalTime:
    """All that happened before `start` is train, of which from `validation_start` on validation; the rest is looked
    for (Ji et al. 2023, "A critical study on data leakage in recommender system offline evaluation").

    `new_only`: only items that the user has no earlier event with are looked for, and what it has is masked. `when`:
    what a report calls `start`.
    """

    start: int
    validation_start: int | None = None
    new_only: bool = True
    when: str = ""

    @property
    def name(self) -> str:
        looked_for = "items new to the user, what it had masked" if self.new_only else "all items, nothing masked"
        return f"global time split at {self.when or self.start}: {looked_for}"

    def divide(self, events: Events) -> Division:
        before = events.times < self.start
        validation = before & (events.times >= (self.start if self.validation_start is None else self.validation_start))
        given = before if self.new_only else np.zeros(len(events), dtype=np.bool_)
        pairs = _pairs(events)
        known = np.isin(pairs, pairs[given])
        return Division(self.name, before & ~validation, validation, given, ~before & ~known)


@dataclass(frozen=True)
class LeaveOneOut:
    """The last item of each user is looked for, the one before it is validation, the rest is train; what the user had
    before is masked, and ranks are against all other items (He et al. 2017, without its sampled negatives: Krichene,
    Rendle 2020). Users with fewer than three events are train."""

    @property
    def name(self) -> str:
        return "leave one out: the last item against all, what the user had masked, popularity of train only"

    def divide(self, events: Events) -> Division:
        behind, length = _places_from_end(events)
        tried = length >= 3
        wanted, validation = tried & (behind == 0), tried & (behind == 1)
        pairs = _pairs(events)
        given = tried & ~wanted
        fresh = wanted & ~np.isin(pairs, pairs[given])
        return Division(self.name, ~(wanted | validation), validation, given, fresh)


@dataclass(frozen=True)
class StrongGeneralisation:
    """Users of whom the model knows nothing: all events of the others are train; a held-out user gives the first
    `given_share` of its events, and the rest is looked for (Marlin 2004; Liang et al. 2018, "Variational autoencoders
    for collaborative filtering"). Half as many users again are validation. Users are drawn by the hash of their id."""

    held_out_share: float = 0.1
    given_share: float = 0.8
    salt: str = "strong generalisation"

    @property
    def name(self) -> str:
        return (
            f"strong generalisation: {self.held_out_share:.0%} of users unknown to the model, "
            f"the first {self.given_share:.0%} of their events given"
        )

    def divide(self, events: Events) -> Division:
        ids = [str(user) for user in events.users.tolist()]
        tested = share_by_hash(ids, self.held_out_share, self.salt)
        validation = ~tested & share_by_hash(ids, self.held_out_share / 2, f"{self.salt}, validation")
        behind, length = _places_from_end(events)
        early = (length - 1 - behind) < np.floor(length * self.given_share)
        pairs, given = _pairs(events), tested & early
        wanted = tested & ~early & ~np.isin(pairs, pairs[given])
        return Division(self.name, ~(tested | validation), validation, given, wanted)


def leave_one_out_places(scores: Any, events: Events, division: Division, catalogue: int) -> Places:
    """Where the wanted item of each user stands among all `catalogue` items, its given ones masked.

    `events.items` are rows of the catalogue. `scores(users)` gives the (u, catalogue) scores of some users, in the
    order asked for; equal scores are `tied`.
    """
    wanted = np.flatnonzero(division.wanted)
    codes, _ = pd.factorize(events.users)
    given = np.flatnonzero(division.given)
    given = given[np.argsort(codes[given], kind="stable")]
    found = []
    for start in range(0, len(wanted), CHUNK):
        rows = wanted[start : start + CHUNK]
        masked = np.zeros((len(rows), catalogue), dtype=np.bool_)
        first, last = (np.searchsorted(codes[given], codes[rows], side=side) for side in ("left", "right"))
        for nth, (low, high) in enumerate(zip(first, last, strict=True)):
            masked[nth, events.items[given[low:high]]] = True
        found.append(places(scores(events.users[rows]), events.items[rows], masked))
    return Places(np.concatenate([one.above for one in found]), np.concatenate([one.tied for one in found]))


def figures(found: Places, k: int, ties: Ties) -> dict[str, float]:
    """The figures of leave-one-out at `k`, and the share of requests where ties decided."""
    return {
        f"hit_rate@{k}": found.hit_rate(k, ties),
        f"ndcg@{k}": found.ndcg(k, ties),
        f"mrr@{k}": found.mrr(k, ties),
        "tied": found.ambiguous,
    }


def relevant(events: Events, division: Division) -> tuple[list[Any], list[frozenset[Any]], list[list[Any]]]:
    """The users that are asked for, in the order of their first event; what each is wanted to find; what is masked."""
    listed: dict[Any, tuple[set[Any], list[Any]]] = {}
    for row in np.flatnonzero(division.wanted):
        listed.setdefault(events.users[row], (set(), []))[0].add(events.items[row])
    for row in np.flatnonzero(division.given):
        if events.users[row] in listed:
            listed[events.users[row]][1].append(events.items[row])
    pairs: Sequence[tuple[set[Any], list[Any]]] = list(listed.values())
    return list(listed), [frozenset(wanted) for wanted, _ in pairs], [given for _, given in pairs]


def _pairs(events: Events) -> Ints:
    """(n,) a number for each (user, item)."""
    users, _ = pd.factorize(events.users)
    items, names = pd.factorize(events.items)
    return np.asarray(users.astype(np.int64) * len(names) + items)


def _places_from_end(events: Events) -> tuple[Ints, Ints]:
    """(n,) how many events of its user come later, and how many the user has; equal times keep the order of rows."""
    codes, _ = pd.factorize(events.users)
    length = np.bincount(codes)[codes]
    order = np.lexsort((np.arange(len(codes)), events.times, codes))
    ends = np.cumsum(np.bincount(codes))
    behind = np.empty(len(codes), dtype=np.int64)
    behind[order] = ends[codes[order]] - 1 - np.arange(len(codes))
    return behind, length.astype(np.int64)
