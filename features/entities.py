"""What features are properties of: how a key is made, how far back it looks, how strongly it is smoothed."""

from __future__ import annotations

from dataclasses import dataclass

from surfaces.surface import Surface

SEPARATOR = "\x1f"
"""Joins the parts of a crossed key; no id may contain it."""

LONGEST_WINDOW = 30
"""Days of gold.daily_counts that the batch features of one day may need."""


@dataclass(frozen=True)
class Entity:
    """One kind of key.

    `key` names the columns it is made of, in order; a row in which one is null has no such key. `impressions` are
    the windows (days) of its impression counts, `responses` those of its counts of the surface's first positive
    outcome, `rates` the windows of its rates; nothing looks further back than `longest` days. `strength` is the
    weight of the prior in impressions. Of a `sparse` entity only keys shown at least twice or responded to are kept:
    one ignored impression says next to nothing, and such keys would be most of the table.
    """

    name: str
    key: tuple[str, ...]
    impressions: tuple[int, ...]
    responses: tuple[int, ...] = ()
    rates: tuple[int, ...] = ()
    strength: float = 20.0
    sparse: bool = False
    longest: int = LONGEST_WINDOW


ENTITIES = (
    Entity("user", ("user_id",), impressions=(1, 7, 30), responses=(1, 7, 30), rates=(30,)),
    Entity("item", ("item_id",), impressions=(1, 7, 30), responses=(1, 7, 30), rates=(7,)),
    Entity("creator", ("creator_id",), impressions=(7, 30), rates=(30,)),
    Entity("topic", ("topic",), impressions=(7,), rates=(30,)),
    Entity("user_topic", ("user_id", "topic"), impressions=(30,), rates=(30,), strength=10.0, sparse=True),
    Entity(
        "user_creator", ("user_id", "creator_id"), impressions=(7,), rates=(7,), strength=10.0, sparse=True, longest=7
    ),
)
"""Every entity that can have batch features."""

_ABSENT_WITHOUT = {"user_id": "user", "creator_id": "creator", "topic": "topic"}


def entities(surface: Surface) -> tuple[Entity, ...]:
    """The entities that `surface`'s logs and dimensions can have: those none of whose key columns it lacks."""
    lacking = {column for column, thing in _ABSENT_WITHOUT.items() if thing in surface.lacks}
    return tuple(entity for entity in ENTITIES if not lacking.intersection(entity.key))


def entity(name: str) -> Entity:
    """The entity called `name`; raises KeyError if there is none."""
    for candidate in ENTITIES:
        if candidate.name == name:
            return candidate
    raise KeyError(f"no entity {name!r}; entities are {', '.join(entity.name for entity in ENTITIES)}")
