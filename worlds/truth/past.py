"""What no policy shows to a user again: what they have consumed, and what the server has shown them lately."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.draws import Codes, Mask
from worlds.memory import Consumption, Rows
from worlds.sessions import Requests


@dataclass(frozen=True)
class Shown:
    """e impressions: (e,) user rows, item rows, and when (UTC microseconds). One counts for `keep` microseconds, and
    as long as it is among the `most` last ones of its user."""

    user: Codes
    item: Codes
    at: Codes
    keep: int
    most: int


@dataclass(frozen=True)
class Past:
    """`before`: (n, memory) item rows that each user remembers having consumed when the day began, -1 where there are
    fewer. `lately`: what else was consumed, by whom and when. `shown`: what was shown, on the day and before."""

    before: Rows
    lately: Consumption
    shown: Shown | None = None

    def barred(self, asked: Requests, items: int) -> Mask:
        """(r, items) whether each of the first `items` items was consumed by, or lately shown to, whom each request
        comes from before it came."""
        had = np.zeros((len(asked), items + 1), dtype=bool)
        np.put_along_axis(had, _known(self.before[asked.user].astype(np.int64), items), True, axis=1)
        eaten = Shown(self.lately.user, self.lately.item, self.lately.at, keep=2**62, most=len(self.lately.at))
        for events in (eaten, self.shown):
            if events is not None:
                request, item = _earlier(events, asked)
                had[request, _known(item, items)] = True
        return had[:, :items]


def _earlier(events: Shown, asked: Requests) -> tuple[Codes, Codes]:
    """(e,) index of a request and item of each of the `events` that counts when it comes."""
    order = np.lexsort((events.at, events.user))
    user, at, item = events.user[order], events.at[order], events.item[order]
    start, end = np.searchsorted(user, asked.user), np.searchsorted(user, asked.user, side="right")
    request = np.repeat(np.arange(len(asked)), end - start)
    nth = np.arange(len(request)) - np.repeat(np.cumsum(end - start) - (end - start), end - start)
    event = start[request] + nth
    age = asked.at[request] - at[event]
    before = np.bincount(request[age > 0], minlength=len(asked))
    counts = (age > 0) & (age < events.keep) & (nth >= (before - events.most)[request])
    return request[counts], item[event[counts]].astype(np.int64)


def _known(item: Codes, items: int) -> Codes:
    """`item`, with all that is none of the first `items` in the place after them."""
    return np.where((item >= 0) & (item < items), item, items)
