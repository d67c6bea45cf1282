"""A logged request answered again from its release, and compared with its log bit for bit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from schemas.logs import CANDIDATE, IMPRESSION, RANKING, REQUEST
from serving.ask import Ask
from serving.logs.lines import encode
from serving.logs.reading import Logged
from serving.logs.records import Row, config_of, rows_of
from serving.online.items import PostedItems
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.release.posted import extended
from serving.release.slots import list_releases

CHECKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("hydrate", REQUEST.name, ("user_id", "history", "seen", "size")),
    ("retrieve", CANDIDATE.name, ("source", "item_id", "rank", "score")),
    ("light", RANKING.name, ("item_id",)),
    ("assemble", RANKING.name, ("feature_schema", "features", "missing")),
    ("rank", RANKING.name, ("raw_scores",)),
    ("calibrate", RANKING.name, ("scores",)),
    ("combine", RANKING.name, ("value",)),
    (
        "compose",
        IMPRESSION.name,
        ("item_id", "position", "propensity", "source", "explored", "eligible", "reason", "relaxed"),
    ),
    ("answer", REQUEST.name, ("policy", "arms", "fallbacks", "state")),
)
"""What each stage decides, in the order in which they run: the first difference is where an answer went astray."""


@dataclass(frozen=True)
class Difference:
    """The first thing that came out otherwise: at which `stage`, in which `row` of which layer, and what."""

    request_id: str
    stage: str
    row: str
    field: str
    logged: object
    replayed: object

    def __str__(self) -> str:
        return (
            f"request {self.request_id} differs at stage {self.stage}: {self.row}, {self.field}: "
            f"logged {_short(self.logged)}, replayed {_short(self.replayed)}"
        )


@dataclass(frozen=True)
class Replayed:
    """One request answered again: the `layers` that were compared, and the first `difference`, if there is any."""

    request_id: str
    layers: tuple[str, ...]
    difference: Difference | None


class Releases:
    """The releases of one surface by id, each loaded (and verified) when it is first needed; one at a time is kept.

    `posted`: the items posted since, by which a release was extended when it answered.
    """

    def __init__(self, folder: Path, posted: PostedItems | None = None) -> None:
        self._folder = folder
        self._posted = posted
        self._kept: LoadedRelease | None = None
        self._extended: LoadedRelease | None = None

    def has(self, release_id: str | None) -> bool:
        """Whether the release is still on the disk."""
        return release_id in list_releases(self._folder)

    def of(self, request: Row) -> LoadedRelease:
        """The release that answered `request`, with the items that were posted then.

        Raises UserError, naming the releases that are there, if it is gone, or if its postings are.
        """
        release, posted = self._get(request.get("release_id")), request.get("posted") or 0
        if not posted:
            return release
        if self._extended is None or (self._extended.release_id, self._extended.posted) != (release.release_id, posted):
            listed = [] if self._posted is None else self._posted.listed(posted, ask_of(request).microseconds)
            self._extended = extended(release, listed)
        if self._extended.posted != posted:
            raise UserError(
                f"request {request['request_id']} was answered with items posted up to number {posted}, "
                f"of which there are {self._extended.posted} in the online store",
                fix="postings are kept for a week; what was asked before an item was posted can still be replayed",
            )
        return self._extended

    def _get(self, release_id: str | None) -> LoadedRelease:
        if self._kept is not None and self._kept.release_id == release_id:
            return self._kept
        if release_id is None or not self.has(release_id):
            there = ", ".join(list_releases(self._folder)) or "none"
            raise UserError(
                f"release {release_id} answered, and it is not in {self._folder} (there: {there})",
                fix="a request can be replayed as long as its release is kept; bring it back from the registry",
            )
        self._kept = None
        self._kept = LoadedRelease.load(self._folder / release_id)
        return self._kept


def ask_of(request: Row) -> Ask:
    """The ask that a row of the request layer froze."""
    return Ask(
        request_id=request["request_id"],
        at=datetime.fromisoformat(request["requested_at"]),
        user_id=request.get("user_id"),
        session_id=request.get("session_id"),
        country=request.get("country"),
        device=request.get("device"),
        area=request.get("area"),
        network=request.get("network"),
        history=None if request.get("history") is None else tuple(request["history"]),
        seen=tuple(request.get("seen") or ()),
        size=request.get("size"),
        state=request.get("state") or {},
        arms=tuple(request.get("arms") or ()),
        posted=request.get("posted") or 0,
        fallbacks=tuple(request.get("fallbacks") or ()),
        last_good=tuple(request.get("last_good") or ()),
        drawn_at=None if request.get("drawn_at") is None else datetime.fromisoformat(request["drawn_at"]),
    )


def replay(release: LoadedRelease, logged: Logged) -> Replayed:
    """Answer `logged` again from `release` and compare whatever was logged of it, stage by stage."""
    layers = _layers(logged)
    config = config_of(release)
    if logged.request.get("config") not in (None, config):
        difference = Difference(logged.request_id, "release", "request", "config", logged.request["config"], config)
        return Replayed(logged.request_id, (), difference)
    again = rows_of(recommend(release, ask_of(logged.request)), sample=float(logged.rankings is not None))
    return Replayed(logged.request_id, tuple(layers), _first(logged.request_id, layers, _decoded(again)))


def _layers(logged: Logged) -> dict[str, list[Row]]:
    layers = {REQUEST.name: [logged.request], IMPRESSION.name: logged.impressions}
    if logged.candidates is not None:
        layers[CANDIDATE.name] = logged.candidates
    if logged.rankings is not None:
        layers[RANKING.name] = logged.rankings
    return layers


def _decoded(layers: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """`layers` as they would be read from a file."""
    lines = encode(layers).lines
    return {name: [json.loads(line) for line in some.splitlines()] for name, some in lines.items()}


def _first(request_id: str, logged: Mapping[str, list[Row]], again: Mapping[str, list[Row]]) -> Difference | None:
    for stage, layer, fields in CHECKS:
        if layer not in logged:
            continue
        for place, (was, is_now) in enumerate(zip(logged[layer], again[layer], strict=False)):
            for field in fields:
                if not _same(was.get(field), is_now.get(field)):
                    found = _within(was.get(field), is_now.get(field))
                    name = ".".join((field, *found[:1])) if found[0] else field
                    return Difference(request_id, stage, _row(layer, place, was), name, *found[1:])
        if len(logged[layer]) != len(again[layer]):
            return Difference(request_id, stage, layer, "rows", len(logged[layer]), len(again[layer]))
    return None


def _row(layer: str, place: int, row: Row) -> str:
    item = f" (item {row['item_id']})" if "item_id" in row else ""
    return f"{layer} row {place}{item}"


def _within(was: Any, is_now: Any) -> tuple[str, object, object]:
    """The first key of a map that differs, with both its values; no key for anything else."""
    if isinstance(was, dict) and isinstance(is_now, dict):
        for key in {**was, **is_now}:
            if not _same(was.get(key), is_now.get(key)):
                return str(key), was.get(key), is_now.get(key)
    return "", was, is_now


def _same(one: Any, other: Any) -> bool:
    """Equality of what JSON can hold, down to the sign of zero; a map whatever its order, an empty one like none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1.0, one) == math.copysign(1.0, other)
    return type(one) is type(other) and bool(one == other)


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
