"""What a step reads and writes, as Airflow assets, so that the lineage shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

from airflow.sdk import Asset

from jobs.steps import Step

LAYERS = ("request", "candidate", "ranking", "impression", "outcome", "item", "user")


def assets(surface: str, names: Iterable[str], known: Sequence[str]) -> list[Asset]:
    """One asset for each table or artifact in `names`; a pattern (`bronze.*`) stands for the known names it matches."""
    concrete: dict[str, None] = {}
    for name in names:
        matching = [one for one in known if fnmatch(one, name)] if "*" in name else [name]
        concrete |= dict.fromkeys(matching)
    return [asset(surface, name) for name in concrete]


def asset(surface: str, name: str) -> Asset:
    """`silver.labelled` of shorts is the asset `shorts.silver.labelled` at `feedmill://shorts/silver/labelled`."""
    plain = name.replace("<id>", "candidate")
    return Asset(f"{surface}.{plain.replace('/', '.')}", f"feedmill://{surface}/{plain.replace('.', '/')}")


def known_names(steps: Sequence[Step]) -> list[str]:
    """Every concrete name that a step reads or writes, and the bronze copy of each landing layer."""
    mentioned = [name for step in steps for name in (*step.writes, *step.reads) if "*" not in name]
    return list(dict.fromkeys([*(f"bronze.{layer}" for layer in LAYERS), *mentioned]))
