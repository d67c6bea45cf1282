"""What a server would log of the requests a world asked and the slates its logging policy drew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worlds.draws import Codes, Floats, Mask
from worlds.logs.policy import SOURCES, Shown
from worlds.logs.words import item_ids, labels, timestamps, user_ids
from worlds.sessions import Requests
from worlds.world import World

RELEASE, POLICY = "world-1", "popularity"
HISTORY = 20
"""Consumed items frozen into a request."""
_LATENCY_US = 40_000


@dataclass(frozen=True)
class Ids:
    """Ids of requests (r,) and of their impressions (r k,), raveled; and which of these are not empty slots."""

    request: pa.Array
    impression: pa.Array
    shown: Mask

    @staticmethod
    def of(asked: Requests, items: Codes) -> Ids:
        """The ids for slates `items` (r, k) of `asked`."""
        request = asked.ids()
        index = np.arange(items.size)
        slots = pa.array(index % items.shape[1]).cast(pa.string())
        ids = pc.binary_join_element_wise(request.take(pa.array(index // items.shape[1])), slots, "-")
        return Ids(request, ids, items.ravel() >= 0)


def requests(world: World, asked: Requests, ids: Ids, sampled: Mask) -> pa.Table:
    """The request layer."""
    people, areas = world.config.population, world.areas(asked)
    n = len(asked)
    return pa.table(
        {
            **({} if areas is None else {"area": pa.array(areas)}),
            "request_id": ids.request,
            "user_id": user_ids(asked.user),
            "session_id": asked.session_ids(),
            "requested_at": timestamps(asked.at),
            "country": labels(tuple(people.countries), asked.country),
            "device": labels(tuple(people.devices), asked.device),
            "network": labels(tuple(people.networks), asked.network),
            "history": history(world, asked),
            "release_id": constant(RELEASE, n),
            "policy": constant(POLICY, n),
            "size": pa.array(np.full(n, world.surface.slate.size, dtype=np.int32)),
            "sampled": pa.array(sampled),
        }
    )


def history(world: World, asked: Requests) -> pa.Array:
    """Items that the user of each request has consumed before today, oldest first, as lists of ids."""
    past = world.consumed[asked.user][:, -HISTORY:]
    known = past >= 0
    offsets = np.concatenate([[0], np.cumsum(known.sum(axis=1))]).astype(np.int32)
    names = item_ids(world, np.arange(world.catalogue))
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(past[known])))


def impressions(world: World, asked: Requests, shown: Shown, ids: Ids, shown_at: Codes) -> pa.Table:
    """The impression layer; `shown_at` (r, k) UTC microseconds."""
    k = shown.items.shape[1]
    index = np.flatnonzero(ids.shown)
    row, explored = pa.array(index // k), shown.explored.ravel()[index]
    names = item_ids(world, np.arange(world.catalogue))
    return pa.table(
        {
            "impression_id": ids.impression.take(pa.array(index)),
            "request_id": ids.request.take(row),
            "user_id": user_ids(asked.user).take(row),
            "item_id": names.take(pa.array(shown.items.ravel()[index])),
            "position": pa.array((index % k).astype(np.int32)),
            "propensity": pa.array(shown.propensity.ravel()[index]),
            "source": labels(SOURCES, explored.astype(np.int64)),
            "explored": pa.array(explored),
            "eligible": pa.array(shown.eligible.ravel()[index].astype(np.int32)),
            "shown_at": timestamps(shown_at.ravel()[index]),
        }
    )


@dataclass(frozen=True)
class Offered:
    """Candidates of the sampled requests, e of them: row of `asked`, item, rank within its source, source, weight."""

    row: Codes
    item: Codes
    rank: Codes
    source: Codes
    weight: Floats


def offered(world: World, asked: Requests, items: Codes, weight: Floats) -> Offered:
    """The most popular items that may be shown to each request, then what was shown of the others."""
    size = min(world.config.logs.candidates, world.catalogue)
    score = np.where(world.eligible(asked), weight, -1.0)
    top = np.argsort(-score, axis=1, kind="stable")[:, :size]
    known = np.take_along_axis(score, top, axis=1) >= 0.0
    others = (items >= 0) & ~(items[:, :, None] == np.where(known, top, -2)[:, None, :]).any(axis=2)
    first, second = np.nonzero(known), np.nonzero(others)
    row = np.concatenate([first[0], second[0]])
    by_request = np.argsort(row, kind="stable")
    item = np.concatenate([top[first], items[second]])[by_request]
    source = np.repeat([0, 1], [len(first[0]), len(second[0])])[by_request]
    return Offered(row[by_request], item, np.concatenate([first[1], second[1]])[by_request], source, weight[item])


def candidates(world: World, asked: Requests, found: Offered) -> pa.Table:
    """The candidate layer."""
    return pa.table(
        {
            "request_id": asked.ids().take(pa.array(found.row)),
            "item_id": item_ids(world, found.item),
            "source": labels(SOURCES, found.source),
            "rank": pa.array(found.rank.astype(np.int32)),
            "score": pa.array(found.weight.astype(np.float32)),
            "retrieved_at": timestamps(asked.at[found.row]),
        }
    )


def rankings(asked: Requests, found: Offered, ids: pa.Array, features: dict[str, Floats]) -> pa.Table:
    """The ranking layer: the policy's score of each candidate, item ids `ids` (e,), and the `features` it looked at."""
    n = len(found.row)
    score = np.minimum(found.weight, 0.999)
    return pa.table(
        {
            "request_id": asked.ids().take(pa.array(found.row)),
            "item_id": ids,
            "scores": maps({"click": score}),
            "raw_scores": maps({"click": np.log(np.maximum(found.weight, 1e-12))}),
            "value": pa.array(found.weight.astype(np.float32)),
            "features": maps(features),
            "feature_schema": constant(RELEASE, n),
            "ranked_at": timestamps(asked.at[found.row] + _LATENCY_US),
        }
    )


def constant(word: str, count: int) -> pa.Array:
    """`word` `count` times."""
    return pa.array([word]).take(pa.array(np.zeros(count, dtype=np.int64)))


def maps(columns: dict[str, Floats]) -> pa.Array:
    """Rows of name to value from arrays (n,) of one length."""
    n = len(next(iter(columns.values())))
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * len(columns))
    values = np.stack(list(columns.values()), axis=1).astype(np.float32).ravel()
    names = pa.array(list(columns)).take(pa.array(np.tile(np.arange(len(columns)), n)))
    return pa.MapArray.from_arrays(offsets, names, pa.array(values))
