"""Sixth stage: the feature values of every candidate, by the one definition that training uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.request import Context
from models.interface import Floats
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.blend import Candidates
from serving.stages.hydrate import Person

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Features:
    """What the ranker sees of n candidates: `dense` (n, F) float32 and, by category, the network's rows of
    their ids, (n,) or one for all.

    `missing`: (n, F) whether the value was not known, or known too late, and is the stated default.
    """

    dense: Floats
    categories: Mapping[str, Rows | int]
    missing: Mask = field(default_factory=lambda: np.empty((0, 0), np.bool_))
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return len(self.dense)


def assemble(release: LoadedRelease, ask: Ask, person: Person, candidates: Candidates) -> Features:
    """Request features computed now, real-time ones as the server read them, batch ones from the release.

    What is not known is the stated default.
    """
    if release.ranker is None:
        nothing = np.empty((candidates.kept, 0), dtype=np.float32)
        return Features(nothing, {}, np.isnan(nothing))
    stock = release.catalogue
    created, lengths = stock.created[candidates.rows], stock.durations[candidates.rows]
    near, akin = stock.near(person.history, candidates.rows), stock.akin(person.history, candidates.rows)
    context = Context.of_request(
        ask.microseconds, created, len(person.history), affinity=near, neighbours=akin, duration_s=lengths
    )
    layout = release.layout
    known = layout.with_nulls(context, _realtime(release, ask), _batch(release, person, candidates.rows))
    missing = np.isnan(known)
    dense = np.where(missing, layout.defaults, known)
    return Features(dense, _categories(release, ask, candidates.rows), missing)


def _batch(release: LoadedRelease, person: Person, rows: Rows) -> dict[str, Floats]:
    """By entity, all its features of every candidate, or of the one who asks."""
    blocks: dict[str, Floats] = {}
    if "user" in release.tables:
        users = release.tables["user"]
        blocks["user"] = users.values[users.row(person.user_id or "")]
    for entity, table_rows in release.item_side.items():
        blocks[entity] = release.tables[entity].values[table_rows[rows]]
    for entity, crossed in release.crossed.items():
        codes = release.codes_of(entity)[rows]
        blocks[entity] = crossed.table.values[crossed.find(person.user_id, codes)]
    return blocks


def _realtime(release: LoadedRelease, ask: Ask) -> dict[str, npt.ArrayLike]:
    return {name: np.float32(ask.state[name]) for name in release.realtime if name in ask.state}


def _categories(release: LoadedRelease, ask: Ask, rows: Rows) -> dict[str, Rows | int]:
    found: dict[str, Rows | int] = {name: column[rows] for name, column in release.encoded.items()}
    for name, value in {"user_id": ask.user_id, "country": ask.country, "device": ask.device}.items():
        row = release.ranker.encoded(name, [value]) if release.ranker else None
        if row is not None:
            found[name] = int(row[0])
    return found
