"""Chance derived from the request id alone, so that any request can be replayed."""

from __future__ import annotations

import hashlib


def chance(request_id: str, purpose: str) -> float:
    """A number in [0, 1), uniform over request ids, with the 53 bits that a float64 can hold."""
    digest = hashlib.sha256(f"{request_id}\x1f{purpose}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / float(1 << 53)
