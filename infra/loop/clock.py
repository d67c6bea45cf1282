"""The simulated time that a server in the loop lives in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SimulatedClock:
    """A clock that stands still until it is set; calling it tells the time. Handed to the server as its own."""

    def __init__(self, microseconds: int) -> None:
        self.microseconds = microseconds
        """Since 1970, UTC."""

    def __call__(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.microseconds)

    def set(self, microseconds: int) -> None:
        """Make it `microseconds`. Raises ValueError for a time that is over."""
        if microseconds < self.microseconds:
            raise ValueError(f"time goes back by {self.microseconds - microseconds} microseconds")
        self.microseconds = microseconds
