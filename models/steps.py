"""Passes over millions of ids, in steps. A release is loaded beside requests that are being answered: between two steps
they have the interpreter to themselves, which a pass in one go would leave to nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STEP = 2000
"""Ids of one step: less than a millisecond."""
REST_S = 0.001
"""How long the interpreter is left to others after a step, where that is wanted."""
_gentle: ContextVar[bool] = ContextVar("gentle", default=False)


@contextmanager
def gently() -> Iterator[None]:
    """Within the block, in this thread, others may compute after every step."""
    before = _gentle.set(True)
    try:
        yield
    finally:
        _gentle.reset(before)


def steps(n: int) -> Iterator[slice]:
    """The places 0..n-1, STEP at a time."""
    for begin in range(0, n, STEP):
        yield slice(begin, min(begin + STEP, n))
        if _gentle.get() and begin + STEP < n:
            time.sleep(REST_S)
