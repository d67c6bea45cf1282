"""Online state in Redis: one hash per owner, shared by every server that is given the same address."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import redis

from serving.online.store import ENTRY_TRIES, Change, StoreError

PREFIX = "feedmill:"
TIMEOUT_S = 0.1
"""How long one call may take: a request does not wait for a store that hangs."""
_EXPIRY = struct.Struct("<d")


class RedisStore:
    """Each value carries its own expiry; the hash as a whole lives as long as its last value. Needs Redis 7.

    `clock` gives unix seconds. Nothing is connected until the first call.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._url = url
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=None
        )

    def read(self, owner: str, names: Sequence[str]) -> list[bytes | None]:
        now = self._clock()
        with self._words():
            return [_alive(value, now) for value in self._client.hmget(_key(owner), list(names))]

    def put(self, owner: str, values: Mapping[str, bytes], ttl: float) -> None:
        with self._words(), self._client.pipeline(transaction=True) as pipe:
            self._write(pipe, owner, values, ttl)
            pipe.execute()

    def update(self, owner: str, name: str, change: Change, ttl: float) -> bytes | None:
        with self._words(), self._client.pipeline(transaction=True) as pipe:
            for _ in range(ENTRY_TRIES):
                try:
                    pipe.watch(_key(owner))
                    fresh = change(_alive(pipe.hget(_key(owner), name), self._clock()))
                    pipe.multi()
                    if fresh is None:
                        pipe.hdel(_key(owner), name)
                    else:
                        self._write(pipe, owner, {name: fresh}, ttl)
                    pipe.execute()
                    return fresh
                except redis.WatchError:
                    continue
        raise StoreError(f"{name} in the online store is changed by too many at once")

    def entries(self, owner: str) -> dict[str, bytes]:
        now = self._clock()
        with self._words():
            found = {name.decode(): _alive(value, now) for name, value in self._client.hgetall(_key(owner)).items()}
            late = [name for name, value in found.items() if value is None]
            if late:
                self._client.hdel(_key(owner), *late)
        return {name: value for name, value in found.items() if value is not None}

    def forget(self, owner: str, names: Sequence[str] | None = None) -> int:
        with self._words():
            if names is not None:
                return int(self._client.hdel(_key(owner), *names)) if names else 0
            with self._client.pipeline(transaction=True) as pipe:
                pipe.hlen(_key(owner))
                pipe.delete(_key(owner))
                return int(pipe.execute()[0])

    def sweep(self) -> int:
        return 0  # Redis removes a hash whose last value has expired by itself.

    def close(self) -> None:
        self._client.close()

    def _write(self, pipe: Any, owner: str, values: Mapping[str, bytes], ttl: float) -> None:
        expiry = _EXPIRY.pack(self._clock() + ttl)
        pipe.hset(_key(owner), mapping={name: expiry + value for name, value in values.items()})
        milliseconds = max(1, round(ttl * 1000))
        pipe.pexpire(_key(owner), milliseconds, nx=True)
        pipe.pexpire(_key(owner), milliseconds, gt=True)

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except redis.WatchError:
            raise
        except (redis.RedisError, OSError) as error:
            raise StoreError(f"the online store at {_without_password(self._url)} failed: {error}") from error


def _key(owner: str) -> str:
    return PREFIX + owner


def _alive(stored: bytes | None, now: float) -> bytes | None:
    if stored is None:
        return None
    return None if _EXPIRY.unpack_from(stored)[0] <= now else stored[_EXPIRY.size :]


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
