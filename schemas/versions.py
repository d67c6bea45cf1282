"""Versions of a landing layer that ingest accepts beside the current one, and how each becomes the current one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import Column

Upgrade = Callable[["Column"], "Column"]
"""Computes one field of the current contract from a row (a struct column) of another version."""


@dataclass(frozen=True)
class Version:
    """One accepted version of a layer.

    `upgrade` names the fields of the current contract that are not simply the field of the same name here; a field
    of the current contract that is neither there nor here becomes null.
    """

    contract: Contract
    upgrade: Mapping[str, Upgrade] = field(default_factory=dict)


BESIDE: dict[str, tuple[Version, ...]] = {}
"""By layer, the versions accepted beside the one in `schemas.logs`; empty while every layer is at its first."""


def accepted(layer: Contract) -> tuple[Version, ...]:
    """Every version of `layer` that may lie in landing, the current one first."""
    return (Version(layer), *BESIDE.get(layer.name, ()))
