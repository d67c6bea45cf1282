"""Request-tier features: one function, given the same context by training and serving."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

AFFINITY = "content_affinity"
NEIGHBOURS = "neighbour_affinity"
DURATION = "duration_s"
"""The column of a sample that holds the length of its item."""
HISTORY = 50
"""Items of history that count; the same k as gold.sequence keeps."""

_MINUTE_US, _HOUR_US, _DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000
_MINUTES = 24 * 60

# Looked up, not computed: numpy's vector and scalar sines may differ in the last bit, a table cannot.
_DAY_SIN = np.array([math.sin(2 * math.pi * minute / _MINUTES) for minute in range(_MINUTES)], np.float32)
_DAY_COS = np.array([math.cos(2 * math.pi * minute / _MINUTES) for minute in range(_MINUTES)], np.float32)
_WEEK_SIN = np.array([math.sin(2 * math.pi * day / 7) for day in range(7)], np.float32)
_WEEK_COS = np.array([math.cos(2 * math.pi * day / 7) for day in range(7)], np.float32)
_LOG_HISTORY = np.array([math.log1p(length) for length in range(HISTORY + 1)], np.float32)


@dataclass(frozen=True)
class Context:
    """What is known of n impressions when they are asked for; arrays of the same length n.

    `at`: UTC microseconds of the request (in training: shown_at). `created_at`: UTC microseconds the item was
    created, 0 if unknown. `history_length`: items in the history frozen at request time, -1 if unknown. `affinity`:
    float32 nearness of the item to that history by content, as `features.affinity` gives it, NaN if unknown.
    `neighbours`: the same by who else responded to it, as `features.neighbours` gives it. `duration_s`: float32 length
    of the item in seconds, NaN if unknown.
    """

    at: Ints
    created_at: Ints
    history_length: Ints
    affinity: Floats
    neighbours: Floats
    duration_s: Floats

    def __post_init__(self) -> None:
        arrays = (self.at, self.created_at, self.history_length, self.affinity, self.neighbours, self.duration_s)
        lengths = {len(array) for array in arrays}
        if len(lengths) != 1:
            raise ValueError(f"context arrays differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of_request(
        cls,
        at: int,
        created_at: Ints,
        history_length: int,
        *,
        affinity: Floats,
        neighbours: Floats,
        duration_s: Floats,
    ) -> Context:
        """The context of one request, made at `at`, for n items created at `created_at`."""
        n = len(created_at)
        return cls(
            np.full(n, at, np.int64), created_at, np.full(n, history_length, np.int64), affinity, neighbours, duration_s
        )


def request_features(context: Context) -> dict[str, Floats]:
    """Every request-tier feature as an (n,) float32 array by name; NaN where what it needs is unknown."""
    minute = context.at % _DAY_US // _MINUTE_US
    weekday = (context.at // _DAY_US + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    born = context.created_at != 0
    age_us = np.maximum(context.at - context.created_at, 0)
    hours = np.where(born, age_us / _HOUR_US, np.nan)
    counted = context.history_length >= 0
    length = np.clip(context.history_length, 0, HISTORY)
    return {
        "hour_sin": _DAY_SIN[minute],
        "hour_cos": _DAY_COS[minute],
        "weekday_sin": _WEEK_SIN[weekday],
        "weekday_cos": _WEEK_COS[weekday],
        "is_weekend": (weekday >= 5).astype(np.float32),
        "item_log_age_hours": np.log1p(hours).astype(np.float32),
        "item_age_unknown": (~born).astype(np.float32),
        "item_log_duration": np.log1p(context.duration_s.astype(np.float64)).astype(np.float32),
        "item_duration_unknown": np.isnan(context.duration_s).astype(np.float32),
        "log_history": np.where(counted, _LOG_HISTORY[length], np.float32(np.nan)),
        "history_empty": np.where(counted, (length == 0).astype(np.float32), np.float32(np.nan)),
        AFFINITY: context.affinity,
        NEIGHBOURS: context.neighbours,
    }
