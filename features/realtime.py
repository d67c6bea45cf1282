"""Real-time features: what a user did in the session that goes on, as the server knew it when it was asked.

Computed once, by the server, and frozen into the request log; training reads the values that were used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_MINUTE_US = 60_000_000


@dataclass(frozen=True)
class SessionSoFar:
    """The session of one request. `began`, `at`: UTC microseconds of its first event and of the request.

    `vectors`: (n, d) float32 unit vectors, in the live release's two-tower space, of the items responded to in it.
    """

    impressions: int
    responses: int
    began: int
    at: int
    vectors: npt.NDArray[np.float32]


def realtime_features(session: SessionSoFar | None) -> dict[str, float]:
    """Every real-time feature by name, as float32 values; what is not known is absent, all of it without a session."""
    if session is None:
        return {}
    found = {
        "session_log_impressions": math.log1p(session.impressions),
        "session_log_responses": math.log1p(session.responses),
        "session_log_minutes": math.log1p(max(session.at - session.began, 0) / _MINUTE_US),
    }
    if len(session.vectors):
        found["session_focus"] = float(np.linalg.norm(session.vectors.mean(axis=0, dtype=np.float64)))
    return {name: float(np.float32(value)) for name, value in found.items()}
