"""The last requests of this server: what was asked and which release answered, enough to answer it again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from serving.ask import Ask

REMEMBERED = 2_000


@dataclass(frozen=True)
class Asked:
    """One request that was answered; the same ask of the same release has the same answer."""

    surface: str
    release_id: str
    ask: Ask


class Recent:
    """The last `size` requests by request id; the oldest goes first."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self.size = size
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, asked: Asked) -> None:
        """Remember `asked`; of a request id that comes again the last stays."""
        with self._lock:
            self._asked.pop(asked.ask.request_id, None)
            self._asked[asked.ask.request_id] = asked
            if len(self._asked) > self.size:
                self._asked.popitem(last=False)

    def find(self, request_id: str) -> Asked | None:
        """The request, if it is still remembered."""
        return self._asked.get(request_id)
