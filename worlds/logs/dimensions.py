"""The item and user rows that arrive on a day: everyone and everything at first, then the new and the changed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from worlds.draws import Codes, Floats
from worlds.logs.words import item_ids, labels, numbered, user_ids, world_times
from worlds.vocabulary import AGE_BANDS, GENDERS, LANGUAGES, language_codes, topic
from worlds.world import World

CHANGED = 25
"""Items, and users, whose row changes on a day."""


def arriving(world: World, born: Floats, purpose: str) -> tuple[Codes, Codes]:
    """Rows (new, changed) that arrive on the world's day; on day 0 all that exist by its end are new."""
    day = world.day
    new = np.flatnonzero((born < day + 1) & ((born >= day) | (day == 0)))
    before = int(np.searchsorted(born >= day, True)) if day else 0
    if not before:
        return new, new[:0]
    return new, np.unique(world.streams[f"changed {purpose}"].below(before, day, np.arange(CHANGED)))


def item_rows(world: World) -> pa.Table:
    """The item layer of the world's day: new rows as created, changed ones with one more tag."""
    stock = world.items
    new, changed = arriving(world, stock.born, "item")
    rows = np.concatenate([new, changed])
    edited = np.arange(len(rows)) >= len(new)
    topics = [topic(code) for code in stock.topic[rows].tolist()]
    spec = world.config.catalogue
    return pa.table(
        {
            "item_id": item_ids(world, rows),
            "creator_id": numbered(spec.creator_noun, stock.creator[rows], 4),
            "topic": pa.array(topics),
            "tags": pa.array(_tags(world, rows, topics, edited.tolist()), pa.list_(pa.string())),
            "language": labels(LANGUAGES, stock.language[rows]),
            "duration_s": pa.array(stock.duration_s[rows].astype(np.float32)),
            "content": _vectors(stock.content[rows], stock.has_content[rows]),
            "title": pa.array([f"{name.title()} {spec.noun} {row}" for name, row in zip(topics, rows, strict=True)]),
            "created_at": world_times(world, stock.born[rows]),
            "updated_at": world_times(world, _updated(world, stock.born[rows], edited)),
        }
    )


def user_rows(world: World) -> pa.Table:
    """The user layer of the world's day: new rows as signed up, changed ones with their gender withdrawn."""
    who = world.users
    new, changed = arriving(world, who.signed_up, "user")
    rows = np.concatenate([new, changed])
    edited = np.arange(len(rows)) >= len(new)
    countries = tuple(world.config.population.countries)
    return pa.table(
        {
            "user_id": user_ids(rows),
            "country": labels(countries, who.country[rows]),
            "language": labels(LANGUAGES, language_codes(countries)[who.country[rows]]),
            "age_band": labels(AGE_BANDS, who.age_band[rows]),
            "gender": labels(GENDERS, np.where(edited, GENDERS.index(None), who.gender[rows])),
            "signed_up_at": world_times(world, who.signed_up[rows]),
            "updated_at": world_times(world, _updated(world, who.signed_up[rows], edited)),
        }
    )


def _tags(world: World, rows: Codes, topics: list[str], edited: list[bool]) -> list[list[str]]:
    stock = world.items
    flags = zip(topics, edited, stock.sensitive[rows].tolist(), stock.sponsored[rows].tolist(), strict=True)
    named = [
        [word for word, holds in ((name, True), ("edited", late), ("sensitive", odd), ("sponsored", paid)) if holds]
        for name, late, odd, paid in flags
    ]
    return [[*words, *bound] for words, bound in zip(named, world.bound(rows), strict=True)]


def _vectors(content: Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    d = content.shape[1]
    lengths = np.where(known, d, 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = pa.array(content[known].astype(np.float32).ravel())
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(~known))


def _updated(world: World, born: Floats, edited: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    day = float(world.day)
    return np.where(edited, day + 0.5, np.clip(born, day, day + 0.999))
