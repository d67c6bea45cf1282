"""Whether a release answers: loaded by the serving code and asked by a known, an unknown and a new user.

Where items are bound to a place or an hour they ask from where, and when, most items may be shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from schemas.decision import Gate
from schemas.errors import FeedmillError
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.stages.withhold import allowed as policy_allows

NOON = 12
HOURS = frozenset(f"{hour:02}" for hour in range(24))
NAME = "release/smoke test"
STRANGER = "nobody\u00a0knows\u00a0this\u00a0user"


def smoke_test(folder: Path, day: date) -> Gate:
    """One gate: how many asks were answered by a slate that is whole; the reason names those that were not."""
    try:
        release = LoadedRelease.load(folder)
    except FeedmillError as error:
        return Gate.at_least(NAME, 0, 1, f"it cannot be loaded: {error.headline}")
    asks = _asks(release, day + timedelta(days=1))
    faults = {who: fault for who, ask in asks.items() if (fault := _fault(release, ask))}
    reason = "; ".join(f"{who}: {fault}" for who, fault in faults.items())
    return Gate.at_least(NAME, len(asks) - len(faults), len(asks), reason or f"answered {', '.join(asks)}")


def _asks(release: LoadedRelease, day: date) -> dict[str, Ask]:
    bindings = release.surface.policy.bindings.items()
    common = {name: release.catalogue.tags.commonest(prefix) for name, prefix in bindings}
    hour = common.get("hour", "")
    anyone = Ask(
        "smoke/anonymous",
        datetime.combine(day, time(int(hour) if hour in HOURS else NOON), UTC),
        country=common.get("country"),
        device=common.get("device"),
        area=common.get("area"),
    )
    asks = {
        "an unknown user": replace(anyone, request_id="smoke/unknown", user_id=STRANGER),
        "nobody in particular": anyone,
    }
    known = next(iter(release.seen.row_of), None)
    if known is not None:
        asks["a known user"] = replace(anyone, request_id="smoke/known", user_id=known)
        asks["a user with an empty history"] = replace(anyone, request_id="smoke/empty", user_id=known, history=())
    return asks


def _fault(release: LoadedRelease, ask: Ask) -> str:
    """What is wrong with the answer to `ask`, in words; "" if nothing is."""
    answer = recommend(release, ask)
    items = [release.catalogue.ids[slot.row] for slot in answer.slate.slots]
    allowed = len(policy_allows(release, ask, answer.person, np.arange(len(release.catalogue))))
    wanted = min(release.surface.slate.size, allowed)
    values = answer.values.value[answer.values.order]
    if not allowed:
        return f"the policy lets it be shown none of {len(release.catalogue)} items"
    if len(items) < wanted:
        return f"{len(items)} of {wanted} slots were filled"
    if len(set(items)) < len(items):
        return "an item stands in the slate twice"
    if (values[1:] > values[:-1]).any() or np.isnan(values).any():
        return "the candidates are not in the order of their value"
    return ""
