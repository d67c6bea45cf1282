"""Where online state lies: small values with a time to live, each under an owner that can be forgotten whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from schemas.errors import InfrastructureError

Change = Callable[[bytes | None], bytes | None]
"""From a value (None if there is none) to the one that replaces it (None to remove it); it may be called again."""

ENTRY_TRIES = 20
"""How often a change is tried when others change the same owner at the same time."""


class StoreError(InfrastructureError):
    """The store did not answer; what it would have said falls back to the stated default."""


class Store(Protocol):
    """A key is an owner and a name. Every method raises StoreError if the store does not answer.

    Values vanish `ttl` seconds after they were written. Names and owners are any text.
    """

    def read(self, owner: str, names: Sequence[str]) -> list[bytes | None]:
        """The value of each of `names`, None where there is none, in one round trip."""
        ...

    def put(self, owner: str, values: Mapping[str, bytes], ttl: float) -> None:
        """Write `values` by name, all or none."""
        ...

    def update(self, owner: str, name: str, change: Change, ttl: float) -> bytes | None:
        """Replace the value by what `change` makes of it, atomically; the value as it is then."""
        ...

    def entries(self, owner: str) -> dict[str, bytes]:
        """Everything under `owner`, by name in no particular order."""
        ...

    def forget(self, owner: str, names: Sequence[str] | None = None) -> int:
        """Remove `names` of `owner`, all of them if None; how many there were."""
        ...

    def sweep(self) -> int:
        """Remove what has outlived its time, where the store does not by itself; how much that was."""
        ...

    def close(self) -> None:
        """Release what the store holds open."""
        ...
