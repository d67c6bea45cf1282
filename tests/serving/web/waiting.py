"""Waiting for what a server does soon."""

from __future__ import annotations

import threading
from collections.abc import Callable


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether `holds` comes true within `seconds`."""
    pause = threading.Event()
    return any(holds() or pause.wait(0.02) for _ in range(int(seconds / 0.02)))
