"""Which store is used: one line of configuration."""

from __future__ import annotations

import os
from pathlib import Path

from schemas.errors import UserError
from serving.online.guarded import GuardedStore
from serving.online.lmdb_store import LmdbStore
from serving.online.redis_store import RedisStore

VARIABLE = "FEEDMILL_ONLINE_STORE"


def open_store(default: Path, setting: str | None = None) -> GuardedStore:
    """The store that `setting` (default: FEEDMILL_ONLINE_STORE) names: `redis://host:port/db`, `lmdb:///folder`, or,
    where nothing is said, LMDB in the folder `default`. Raises UserError for anything else."""
    named = os.environ.get(VARIABLE, "") if setting is None else setting
    if not named:
        return GuardedStore(LmdbStore(default))
    scheme, _, rest = named.partition("://")
    if scheme == "lmdb" and rest:
        return GuardedStore(LmdbStore(Path(rest)))
    if scheme in ("redis", "rediss", "unix") and rest:
        return GuardedStore(RedisStore(named))
    raise UserError(f"{VARIABLE}: found {named!r}; allowed is redis://host:port/db, unix://socket or lmdb:///folder")
