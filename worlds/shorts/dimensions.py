"""The item and user rows that arrive on a day: everyone and everything at first, then the new and the changed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from worlds.shorts import population
from worlds.shorts.config import DIMENSIONS
from worlds.shorts.logs import item_ids, labels, times, user_ids
from worlds.shorts.population import Index, Items, Users

CHANGED = 25
"""Items, and users, whose row changes on a day."""


def arriving(born: population.Array, day: int, rng: np.random.Generator) -> tuple[Index, Index]:
    """Indices (new, changed) of the rows that arrive on day number `day`; on day 0 all that exist are new."""
    new = np.flatnonzero((born < day + 1) & ((born >= day) | (day == 0)))
    before = np.flatnonzero(born < day)
    changed = before if day == 0 else np.sort(rng.choice(before, min(CHANGED, len(before)), replace=False))
    return new, changed[:0] if day == 0 else changed


def item_rows(items: Items, first_day: date, day: date, new: Index, changed: Index) -> pa.Table:
    """The item layer: `new` rows as created, `changed` ones with one more tag."""
    index = np.concatenate([new, changed])
    since = (day - first_day).days
    edited = np.arange(len(index)) >= len(new)
    topics = [population.TOPICS[topic % len(population.TOPICS)] for topic in items.topic[index]]
    tags = [[topic, "edited"] if late else [topic] for topic, late in zip(topics, edited, strict=True)]
    updated = np.where(edited, since + 0.5, np.minimum(np.maximum(items.born[index], since), since + 0.999))
    content = pa.FixedSizeListArray.from_arrays(pa.array(items.content[index].astype(np.float32).ravel()), DIMENSIONS)
    lists = content.cast(pa.list_(pa.float32())).to_pylist()
    known = items.has_content[index].tolist()
    return pa.table(
        {
            "item_id": item_ids(index),
            "creator_id": pa.array([f"c{creator:04d}" for creator in items.creator[index]]),
            "topic": pa.array(topics),
            "tags": pa.array(tags),
            "language": labels(population.LANGUAGES, items.creator[index] % len(population.LANGUAGES)),
            "duration_s": pa.array(items.duration_s[index].astype(np.float32)),
            "content": pa.array(
                [vector if has else None for vector, has in zip(lists, known, strict=True)], pa.list_(pa.float32())
            ),
            "title": pa.array([f"{topic.title()} clip {i}" for topic, i in zip(topics, index, strict=True)]),
            "created_at": times(first_day, items.born[index] * 86400.0),
            "updated_at": times(first_day, updated * 86400.0),
        }
    )


def user_rows(users: Users, first_day: date, day: date, new: Index, changed: Index) -> pa.Table:
    """The user layer: `new` rows as signed up, `changed` ones with their gender withdrawn."""
    index = np.concatenate([new, changed])
    since = (day - first_day).days
    edited = np.arange(len(index)) >= len(new)
    withdrawn = population.GENDERS.index(None)
    updated = np.where(edited, since + 0.5, np.minimum(np.maximum(users.signed_up[index], since), since + 0.999))
    return pa.table(
        {
            "user_id": user_ids(index),
            "country": labels(population.COUNTRIES, users.country[index]),
            "language": labels(population.LANGUAGES, users.country[index]),
            "age_band": labels(population.AGE_BANDS, users.age_band[index]),
            "gender": labels(population.GENDERS, np.where(edited, withdrawn, users.gender[index])),
            "signed_up_at": times(first_day, users.signed_up[index] * 86400.0),
            "updated_at": times(first_day, updated * 86400.0),
        }
    )
