"""The gold tables of a surface, whose columns its outcomes and features determine."""

from __future__ import annotations

from features.entities import entities
from features.registry import batch, realtime
from schemas import tables
from schemas.contract import Contract
from surfaces.surface import Surface


def labelled(surface: Surface) -> Contract:
    """silver.labelled of `surface`."""
    return tables.labelled(tuple(surface.outcomes))


def daily_counts(surface: Surface) -> Contract:
    """gold.daily_counts of `surface`."""
    return tables.daily_counts(tuple(surface.outcomes))


def entity_tables(surface: Surface) -> dict[str, Contract]:
    """gold.<entity> by entity, for the entities `surface` has."""
    return {entity.name: entity_table(surface, entity.name) for entity in entities(surface)}


def entity_table(surface: Surface, entity: str) -> Contract:
    """gold.<entity> of `surface`."""
    return tables.entity_features(entity, [feature.field() for feature in batch(surface, entity)])


def samples(surface: Surface) -> Contract:
    """gold.samples of `surface`."""
    return tables.samples(tuple(surface.outcomes), [one.field() for one in (*batch(surface), *realtime(surface))])
