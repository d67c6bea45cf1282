"""What every rule of a slate is."""

from __future__ import annotations

from typing import Protocol

from serving.slate.pool import Mask


class Rule(Protocol):
    """A rule and what it has met so far on one slate. `name` is what gives way in `relax` and in the log."""

    @property
    def name(self) -> str: ...

    def allowed(self) -> Mask | None:
        """(n,) who may stand at the next slot; None if everybody. Not to be changed by the caller."""
        ...

    def take(self, index: int) -> None:
        """The item at `index` was put on the slate."""
        ...
