"""What is written together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Batch:
    """Rows of one request (or of one call with outcomes), encoded: layer to its lines, and how many lines in all."""

    lines: Mapping[str, bytes]
    rows: int
