"""User ids that name nobody: a keyed hash, applied at the server's boundary, before anything else sees the id."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import UserError

VARIABLE = "FEEDMILL_PSEUDONYM_KEY"
KEY_FILE = "pseudonym.key"
SHORTEST_KEY = 16
LENGTH = 26
"""Characters of a pseudonym: 130 of the hash's 256 bits, so that no two of 2^50 users are likely to share one."""


@dataclass(frozen=True)
class Pseudonyms:
    """HMAC-SHA256 (RFC 2104) under one secret key: without the key a pseudonym can be neither made nor undone."""

    key: bytes = field(repr=False)

    def of(self, user_id: str) -> str:
        """26 characters of lower-case base32, the same for the same user as long as the key is the same."""
        digest = hmac.digest(self.key, user_id.encode(), hashlib.sha256)
        return base64.b32encode(digest)[:LENGTH].decode().lower()

    @classmethod
    def from_environment(cls, home: Path, environ: Mapping[str, str] = os.environ) -> Pseudonyms:
        """By the key in FEEDMILL_PSEUDONYM_KEY, else by the one in `home`, which is made if there is none yet.

        Raises UserError for a key that is too short to be one, or a key file that others can read.
        """
        given = environ.get(VARIABLE)
        if given is not None:
            return cls(_long_enough(given.encode(), VARIABLE))
        path = home / KEY_FILE
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise UserError(f"{path} holds the key of the pseudonyms, and others can read it", fix=f"chmod 600 {path}")
        return cls(_long_enough(path.read_bytes().strip(), str(path)))


def _make(path: Path) -> None:
    """Write a new key in one step: of two servers that start together, one makes it and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(32).encode() + b"\n")
        os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        os.close(descriptor)
        fresh.unlink()


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < SHORTEST_KEY:
        raise UserError(
            f"{where}: found a key of {len(key)} bytes; allowed are {SHORTEST_KEY} or more",
            fix="make one: openssl rand -hex 32; pseudonyms made with another key will no longer be recognised",
        )
    return key
