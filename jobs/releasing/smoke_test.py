"""Whether a release answers: loaded by the serving code and asked by a known, an unknown and a new user."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from schemas.decision import Gate
from schemas.errors import FeedmillError
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease

NAME = "release/smoke test"
STRANGER = "nobody\u00a0knows\u00a0this\u00a0user"


def smoke_test(folder: Path, day: date) -> Gate:
    """One gate: how many asks were answered by a slate that is whole; the reason names those that were not."""
    try:
        release = LoadedRelease.load(folder)
    except FeedmillError as error:
        return Gate.at_least(NAME, 0, 1, f"it cannot be loaded: {error.headline}")
    asks = _asks(folder, datetime.combine(day + timedelta(days=1), time(12), UTC))
    faults = {who: fault for who, ask in asks.items() if (fault := _fault(release, ask))}
    reason = "; ".join(f"{who}: {fault}" for who, fault in faults.items())
    return Gate.at_least(NAME, len(asks) - len(faults), len(asks), reason or f"answered {', '.join(asks)}")


def _asks(folder: Path, at: datetime) -> dict[str, Ask]:
    asks = {
        "an unknown user": Ask("smoke/unknown", at, user_id=STRANGER),
        "nobody in particular": Ask("smoke/anonymous", at),
    }
    known = pq.read_table(folder / "features" / "seen.parquet", columns=["user_id"])["user_id"]
    if len(known):
        user = known[0].as_py()
        asks["a known user"] = Ask("smoke/known", at, user_id=user)
        asks["a user with an empty history"] = Ask("smoke/empty", at, user_id=user, history=())
    return asks


def _fault(release: LoadedRelease, ask: Ask) -> str:
    """What is wrong with the answer to `ask`, in words; "" if nothing is."""
    answer = recommend(release, ask)
    items = [release.catalogue.ids[slot.row] for slot in answer.slate.slots]
    wanted = min(release.surface.slate.size, len(release.catalogue))
    values = answer.values.value[answer.values.order]
    if len(items) < wanted:
        return f"{len(items)} of {wanted} slots were filled"
    if len(set(items)) < len(items):
        return "an item stands in the slate twice"
    if (values[1:] > values[:-1]).any() or np.isnan(values).any():
        return "the candidates are not in the order of their value"
    return ""
