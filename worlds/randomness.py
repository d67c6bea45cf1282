"""Generators derived from (seed, surface, day, purpose), so that no draw depends on what else has run."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np


def rng(seed: int, surface: str, day: date | None, purpose: str) -> np.random.Generator:
    """The generator for `purpose` on `day` (None: once for the whole world)."""
    text = f"{seed}/{surface}/{day or 'world'}/{purpose}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
