"""What each user has consumed before each request of a day: no policy shows it to them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.draws import Codes, Mask
from worlds.memory import Consumption, Rows
from worlds.sessions import Requests


@dataclass(frozen=True)
class Past:
    """`before`: (n, memory) item rows each user had consumed when the day began, -1 where there are fewer. `today`:
    what was consumed since, by whom and when."""

    before: Rows
    today: Consumption

    def consumed(self, asked: Requests, items: int) -> Mask:
        """(r, items) whether each of the first `items` items was consumed by whom each request comes from before it
        came."""
        had = np.zeros((len(asked), items + 1), dtype=bool)
        np.put_along_axis(had, self._known(self.before[asked.user].astype(np.int64), items), True, axis=1)
        request, item = self._earlier_today(asked)
        had[request, self._known(item, items)] = True
        return had[:, :items]

    def _earlier_today(self, asked: Requests) -> tuple[Codes, Codes]:
        """(e,) index of a request and item of each consumption that came before it, by the same user on the day."""
        order = np.lexsort((self.today.at, self.today.user))
        user, at, item = self.today.user[order], self.today.at[order], self.today.item[order]
        start, end = np.searchsorted(user, asked.user), np.searchsorted(user, asked.user, side="right")
        request = np.repeat(np.arange(len(asked)), end - start)
        nth = np.arange(len(request)) - np.repeat(np.cumsum(end - start) - (end - start), end - start)
        event = start[request] + nth
        earlier = at[event] < asked.at[request]
        return request[earlier], item[event[earlier]].astype(np.int64)

    @staticmethod
    def _known(item: Codes, items: int) -> Codes:
        """`item`, with all that is none of the first `items` in the place after them."""
        return np.where((item >= 0) & (item < items), item, items)
