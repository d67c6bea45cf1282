"""One day of the world as the rows a server would log: requests, candidates, rankings and impressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worlds.shorts import policy
from worlds.shorts.config import SLATE
from worlds.shorts.population import COUNTRIES, DEVICES, Array, Index, Users
from worlds.shorts.responses import freshness
from worlds.shorts.simulate import Day

RELEASE = "world-1"
NETWORKS = ("wifi", "4g", "5g")
_LATENCY_US = 40_000


def item_ids(index: Index) -> pa.Array:
    """`v000042` for item 42."""
    return _ids("v", index, 6)


def user_ids(index: Index) -> pa.Array:
    """`u00042` for user 42."""
    return _ids("u", index, 5)


def _ids(prefix: str, index: Index, width: int) -> pa.Array:
    numbers = pc.utf8_lpad(pa.array(index.astype(np.int64)).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, numbers, "")


def times(day: date, seconds: Array) -> pa.Array:
    """UTC timestamps (microseconds) `seconds` after the start of `day`."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    return pa.array(np.round(seconds * 1e6).astype(np.int64) + midnight, pa.timestamp("us", tz="UTC"))


def labels(names: Sequence[str | None], index: Index) -> pa.Array:
    """`names[index]`, null where the name is None."""
    return pa.array(names, pa.string()).take(pa.array(index))


def request_ids(day: Day, index: Index) -> pa.Array:
    """`r20260101-00042` for the day's request 42."""
    return _ids(f"r{day.date:%Y%m%d}-", index, 6)


def impression_ids(day: Day, index: Index) -> pa.Array:
    """The request's id and the slot, for the day's flat impression indices."""
    slots = pa.array(index % SLATE).cast(pa.string())
    return pc.binary_join_element_wise(request_ids(day, index // SLATE), slots, "-")


def requests(day: Day, users: Users) -> pa.Table:
    """The request layer: one row per request."""
    who = day.traffic.user
    past = [day.history[user] for user in who.tolist()]
    offsets = np.concatenate([[0], np.cumsum([len(items) for items in past])]).astype(np.int32)
    flat = item_ids(np.array([item for items in past for item in items], dtype=np.int64))
    return pa.table(
        {
            "request_id": request_ids(day, np.arange(len(who))),
            "user_id": user_ids(who),
            "session_id": _ids(f"s{day.date:%Y%m%d}-", day.traffic.session, 6),
            "requested_at": times(day.date, day.traffic.at),
            "country": labels(COUNTRIES, users.country[who]),
            "device": labels(DEVICES, users.device[who]),
            "network": labels(NETWORKS, (who * 7 + day.traffic.session) % len(NETWORKS)),
            "history": pa.ListArray.from_arrays(pa.array(offsets), flat),
            "release_id": pa.array([RELEASE] * len(who)),
            "policy": pa.array(["softmax"] * len(who)),
        }
    )


def impressions(day: Day) -> pa.Table:
    """The impression layer: SLATE rows per request."""
    index = np.arange(len(day.exposure.item))
    slates = day.slates
    source = day.candidates.source[slates.column.ravel()]
    return pa.table(
        {
            "impression_id": impression_ids(day, index),
            "request_id": request_ids(day, index // SLATE),
            "user_id": user_ids(day.exposure.user),
            "item_id": item_ids(day.exposure.item),
            "position": pa.array(index % SLATE, pa.int32()),
            "propensity": pa.array(slates.propensity.ravel()),
            "source": labels(policy.SOURCES, source),
            "explored": pa.array(slates.explored.ravel()),
            "eligible": pa.array(slates.eligible.ravel(), pa.int32()),
            "shown_at": times(day.date, day.exposure.at),
        }
    )


def _sampled(day: Day) -> tuple[Index, Index]:
    """(request, column) of every candidate of the sampled requests."""
    row, column = np.nonzero(day.candidates.alive[day.sampled])
    return day.sampled[row], column


def candidates(day: Day) -> pa.Table:
    """The candidate layer: what each source offered to the sampled requests."""
    request, column = _sampled(day)
    found = day.candidates
    return pa.table(
        {
            "request_id": request_ids(day, request),
            "item_id": item_ids(found.item[request, column]),
            "source": labels(policy.SOURCES, found.source[column]),
            "rank": pa.array(found.rank[column], pa.int32()),
            "score": pa.array(found.score[request, column].astype(np.float32)),
            "retrieved_at": times(day.date, day.traffic.at[request]),
        }
    )


def rankings(day: Day, born: Array) -> pa.Table:
    """The ranking layer: the policy's score of each candidate of the sampled requests, and what it looked at."""
    request, column = _sampled(day)
    found = day.candidates
    item, score = found.item[request, column], found.score[request, column]
    age = day.number + day.traffic.at[request] / 86400.0 - born[item]
    looked_at = {"score": score, "age_days": age, "freshness": freshness(age)}
    return pa.table(
        {
            "request_id": request_ids(day, request),
            "item_id": item_ids(item),
            "scores": _maps({"click": 1.0 / (1.0 + np.exp(3.0 - score))}),
            "raw_scores": _maps({"click": score}),
            "value": pa.array(score.astype(np.float32)),
            "features": _maps(looked_at),
            "feature_schema": pa.array([RELEASE] * len(item)),
            "ranked_at": pc.add(times(day.date, day.traffic.at[request]), pa.scalar(_LATENCY_US, pa.duration("us"))),
        }
    )


def _maps(columns: dict[str, Array]) -> pa.Array:
    n = len(next(iter(columns.values())))
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * len(columns))
    values = np.stack(list(columns.values()), axis=1).astype(np.float32).ravel()
    return pa.MapArray.from_arrays(offsets, pa.array(list(columns) * n), pa.array(values))
