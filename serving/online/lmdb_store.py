"""Online state in a file of this machine: LMDB, shared by all processes that open the same folder."""

from __future__ import annotations

import hashlib
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import lmdb

from serving.online.store import Change, StoreError

Bytes: TypeAlias = "bytes | memoryview[int]"

MAP_SIZE = 8 << 30
"""Bytes the file may grow to; address space is reserved, disk is not."""
_HEADER = struct.Struct("<dI")
"""Expiry (unix seconds) and length of the name, which follows; then the value."""


class LmdbStore:
    """Keys are two 128-bit digests, owner and name, so that an owner's entries lie side by side and no id is too long.

    Commits are not flushed one by one: a killed process loses nothing, a power cut the last seconds, never the file's
    soundness. `clock` gives unix seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder.resolve()
        self._clock = clock
        self._opened: lmdb.Environment | None = None

    def read(self, owner: str, names: Sequence[str]) -> list[bytes | None]:
        now = self._clock()
        with self._transaction() as found:
            return [_alive(found.get(_key(owner, name)), now) for name in names]

    def put(self, owner: str, values: Mapping[str, bytes], ttl: float) -> None:
        expiry = self._clock() + ttl
        with self._transaction(write=True) as found:
            for name, value in values.items():
                found.put(_key(owner, name), _packed(name, value, expiry))

    def update(self, owner: str, name: str, change: Change, ttl: float) -> bytes | None:
        now, key = self._clock(), _key(owner, name)
        with self._transaction(write=True) as found:
            fresh = change(_alive(found.get(key), now))
            if fresh is None:
                found.delete(key)
            else:
                found.put(key, _packed(name, fresh, now + ttl))
            return fresh

    def entries(self, owner: str) -> dict[str, bytes]:
        now = self._clock()
        with self._transaction() as found:
            stored = [bytes(value) for _, value in _under(found, _digest(owner))]
        return {_name(one): value for one in stored if (value := _alive(one, now)) is not None}

    def forget(self, owner: str, names: Sequence[str] | None = None) -> int:
        with self._transaction(write=True) as found:
            listed = [_key(owner, name) for name in names] if names is not None else None
            keys = listed if listed is not None else [bytes(key) for key, _ in _under(found, _digest(owner))]
            return sum(found.delete(key) for key in keys)

    def sweep(self) -> int:
        now = self._clock()
        with self._transaction() as found:
            late = [bytes(key) for key, value in found.cursor() if _alive(value, now) is None]
        with self._transaction(write=True) as found:
            return sum(found.delete(key) for key in late if _alive(found.get(key), now) is None)

    def close(self) -> None:
        with _LOCK:
            if self._opened is not None:
                self._opened = None
                _release(self._folder)

    def _environment(self) -> lmdb.Environment:
        """Opened at the first use."""
        if self._opened is None:
            with _LOCK:
                self._opened = self._opened or _acquire(self._folder)
        return self._opened

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[lmdb.Transaction]:
        try:
            with self._environment().begin(write=write) as found:
                yield found
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"the online store in {self._folder} failed: {error}") from error


_LOCK = threading.Lock()
_OPEN: dict[Path, tuple[lmdb.Environment, int]] = {}
"""What this process has open, and how often: LMDB must not open one folder twice in a process."""


def _acquire(folder: Path) -> lmdb.Environment:
    found, users = _OPEN.get(folder, (None, 0))
    if found is None:
        folder.mkdir(parents=True, exist_ok=True)
        found = lmdb.open(str(folder), map_size=MAP_SIZE, sync=False, max_readers=512)
    _OPEN[folder] = (found, users + 1)
    return found


def _release(folder: Path) -> None:
    found, users = _OPEN.pop(folder)
    if users > 1:
        _OPEN[folder] = (found, users - 1)
    else:
        found.sync(True)
        found.close()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _key(owner: str, name: str) -> bytes:
    return _digest(owner) + _digest(name)


def _packed(name: str, value: bytes, expiry: float) -> bytes:
    encoded = name.encode()
    return _HEADER.pack(expiry, len(encoded)) + encoded + value


def _alive(stored: Bytes | None, now: float) -> bytes | None:
    if stored is None:
        return None
    expiry, length = _HEADER.unpack_from(stored)
    return None if expiry <= now else bytes(stored[_HEADER.size + length :])


def _name(stored: bytes) -> str:
    _, length = _HEADER.unpack_from(stored)
    return stored[_HEADER.size : _HEADER.size + length].decode()


def _under(found: lmdb.Transaction, prefix: bytes) -> Iterator[tuple[Bytes, Bytes]]:
    cursor = found.cursor()
    if not cursor.set_range(prefix):
        return
    for key, value in cursor:
        if not bytes(key).startswith(prefix):
            return
        yield key, value
