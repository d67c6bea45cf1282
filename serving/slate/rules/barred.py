"""Items that a rule excludes whatever stands above: their supply is used up, or they are too weak to be sponsored."""

from __future__ import annotations

from serving.slate.pool import Mask


class Barred:
    """None of `members`."""

    def __init__(self, name: str, members: Mask) -> None:
        self.name = name
        self._allowed = ~members if members.any() else None

    def allowed(self) -> Mask | None:
        return self._allowed

    def take(self, index: int) -> None:
        """What stands above does not matter."""
