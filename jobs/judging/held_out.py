"""The held-out day as retrieval sees it: who is asked for, what they knew, and what they then responded to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evaluation.protocols import GlobalTime
from evaluation.ranking import of_new_creators
from features.tables import samples
from jobs.gold.training_data import catalogue, interactions, item_rows, microseconds
from jobs.night import Night
from models.index_recall import segments
from models.interface import Catalogue, Interactions, Ints, Requests
from models.validation import Holdout, holdout
from models.vocabulary import Vocabulary
from serving.ask import Ask

USERS = 1000
"""Users (at most) that are asked for: a recall of 0.2 is then known to about 0.01."""
NEW_DAYS = 2
"""Items created at most this many days before the end of the night are new."""

LEAST_USERS = 30
"""Users that a country or a device must have to be told apart."""


@dataclass(frozen=True)
class HeldOutDay:
    """`holdout`: m requests as they stood before the day, and what each user responded to on it and had not before.
    `gains`: the same m, with what each response is worth by the surface's weights.

    `items`: the n items that might have been shown. `parts`: item ids by segment. `asks`: the same m requests for
    serving. `responses`: (n,) responses to each item in the training days. `new_items`: (n,) whether each is new.
    `protocol`: how users and items were chosen, in words.
    """

    holdout: Holdout
    gains: list[dict[str, float]]
    items: Catalogue
    parts: dict[str, frozenset[str]]
    asks: list[Ask]
    responses: Ints
    new_items: npt.NDArray[np.bool_]
    protocol: str

    def __len__(self) -> int:
        return len(self.holdout.relevant)

    @property
    def new_users(self) -> list[int]:
        """Rows of users without any response before the day."""
        return [row for row, history in enumerate(self.holdout.requests.histories) if not history]

    @property
    def user_segments(self) -> dict[str, list[int]]:
        """Rows of the users of each segment: new ones, and those of each country and device that has LEAST_USERS."""
        found: dict[str, list[int]] = {"new_users": self.new_users}
        for kind in ("country", "device"):
            rows: dict[str, list[int]] = {}
            for row, ask in enumerate(self.asks):
                rows.setdefault(f"{kind}/{getattr(ask, kind) or 'unknown'}", []).append(row)
            found |= {name: rows[name] for name in sorted(rows) if len(rows[name]) >= LEAST_USERS}
        return found

    def take(self, rows: Sequence[int]) -> HeldOutDay:
        """The same day, of some users only."""
        asked = self.holdout.requests
        requests = Requests(
            [asked.users[row] for row in rows],
            [asked.histories[row] for row in rows],
            [asked.seen[row] for row in rows],
        )
        return replace(
            self,
            holdout=Holdout(requests, [self.holdout.relevant[row] for row in rows]),
            gains=[self.gains[row] for row in rows],
            asks=[self.asks[row] for row in rows],
        )

    @cached_property
    def of_new_creators(self) -> npt.NDArray[np.bool_]:
        """(n,) whether the item's creator has new items only."""
        return of_new_creators(self.items.creators, self.new_items)


def held_out_day(night: Night) -> HeldOutDay:
    """The night's day, as known at its end. Users responded at least once to something new; at most USERS are drawn."""
    before, after = interactions(night, night.training_days), interactions(night, [night.day])
    items = catalogue(item_rows(night))
    found = holdout(before, after, night.seed("evaluate"), USERS)
    responses = np.bincount(Vocabulary(items.item_ids).known(before.items), minlength=len(items)).astype(np.int64)
    newest = microseconds(night.day - timedelta(days=NEW_DAYS - 1))
    masks = segments(responses.astype(np.float32), items.created, newest)
    return HeldOutDay(
        holdout=found,
        gains=_gains(found, after),
        items=items,
        parts={name: frozenset(items.item_ids[mask].tolist()) for name, mask in masks.items()},
        asks=_asks(night, found.requests, after),
        responses=responses,
        new_items=items.created >= newest,
        protocol=f"{GlobalTime(microseconds(night.day), when=str(night.day)).name}; {_drawn(len(found.relevant))}; "
        "gains are the surface's weights of the responses",
    )


def _gains(found: Holdout, after: Interactions) -> list[dict[str, float]]:
    """What each of a user's responses to what it is to find is worth, summed by item."""
    worth: dict[tuple[str, str], float] = {}
    for user, item, weight in zip(after.users.tolist(), after.items.tolist(), after.weights.tolist(), strict=True):
        worth[user, item] = worth.get((user, item), 0.0) + weight
    pairs = zip(found.requests.users, found.relevant, strict=True)
    return [{item: worth[user or "", item] for item in sorted(wanted)} for user, wanted in pairs]


def _drawn(users: int) -> str:
    return f"{users} users drawn" if users == USERS else f"all {users} users"


class _Place(NamedTuple):
    """Where a request came from, and what it was made with."""

    country: str | None = None
    device: str | None = None
    area: str | None = None


def _asks(night: Night, requests: Requests, after: Interactions) -> list[Ask]:
    """Each request at the time of the user's first response of the day, from the place and device of that day."""
    first: dict[str, int] = {}
    for user, time in zip(after.users.tolist(), after.times.tolist(), strict=True):
        first[user] = min(time, first.get(user, time))
    places = _places(night)
    return [
        Ask(
            request_id=f"evaluate/{night.day}/{user}",
            at=datetime.fromtimestamp(first[user or ""] / 1e6, UTC),
            user_id=user,
            country=place.country,
            device=place.device,
            area=place.area,
            history=tuple(history),
        )
        for user, history in zip(requests.users, requests.histories, strict=True)
        for place in [places.get(user or "", _Place())]
    ]


def _places(night: Night) -> dict[str, _Place]:
    """That of each user's first impression of the day."""
    first = ", ".join(f"arg_min_null({name}, shown_at) AS {name}" for name in _Place._fields)
    sql = f"""
        SELECT user_id, {first}
        FROM rows WHERE event_day = DATE '{night.day}' AND user_id IS NOT NULL GROUP BY user_id"""
    rows = night.lake.query(samples(night.surface), sql).to_pylist()
    return {row.pop("user_id"): _Place(**row) for row in rows}
