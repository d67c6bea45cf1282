"""What the logs say of single requests: found in landing files, those still being written among them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from schemas.logs import CANDIDATE, IMPRESSION, RANKING, REQUEST, layer
from serving.dice import chance
from serving.logs.files import ENDINGS, opened
from serving.logs.records import Row
from serving.logs.soundness import sound

LAYERS = (REQUEST.name, CANDIDATE.name, RANKING.name, IMPRESSION.name)


@dataclass(frozen=True)
class Logged:
    """One request as it was logged. `candidates` and `rankings` are None where the request was not sampled."""

    request: Row
    candidates: list[Row] | None
    rankings: list[Row] | None
    impressions: list[Row]

    @property
    def request_id(self) -> str:
        return str(self.request["request_id"])


@dataclass
class _Spans:
    """Where the rows of one request lie, by layer: file, begin, past-last."""

    by_layer: dict[str, list[tuple[Path, int, int]]] = field(default_factory=lambda: {name: [] for name in LAYERS})

    def add(self, layer_name: str, path: Path, begin: int, end: int) -> None:
        spans = self.by_layer[layer_name]
        if spans and spans[-1][0] == path and spans[-1][2] == begin:
            spans[-1] = (path, spans[-1][1], end)
        else:
            spans.append((path, begin, end))

    def rows(self, layer_name: str) -> list[Row]:
        rows = (row for path, *span in self.by_layer[layer_name] for row in opened(path).rows(*span))
        return [row for row in rows if sound(row, layer(layer_name))]


def day_of(landing: Path, request_id: str) -> date | None:
    """The last arrival day whose request layer has `request_id`; None if none has."""
    for folder in sorted((landing / REQUEST.name).glob("day=*"), reverse=True):
        if any(opened(path).holds(request_id) for path in _files(landing, REQUEST.name, _day(folder))):
            return _day(folder)
    return None


def days(landing: Path) -> list[date]:
    """Arrival days that have requests, oldest first."""
    return sorted(_day(folder) for folder in (landing / REQUEST.name).glob("day=*"))


def sample(landing: Path, day: date, n: int, wanted: Callable[[Row], bool]) -> list[str]:
    """At most `n` ids of the day's requests that are `wanted`: the same ones every time, each equally likely.

    They come release by release, so that whoever answers them again need not go back and forth.
    """
    rows = (
        row
        for path in _files(landing, REQUEST.name, day)
        for row in opened(path).all_rows()
        if sound(row, REQUEST) and wanted(row)
    )
    releases = {row["request_id"]: row.get("release_id") or "" for row in rows}
    chosen = heapq.nsmallest(n, sorted(releases), key=lambda name: chance(name, "replay sample"))
    return sorted(chosen, key=lambda name: releases[name])


def requests(landing: Path, day: date, ids: Collection[str]) -> Iterator[Logged]:
    """What the logs of arrival day `day` say of the requests `ids`, in the order of `ids`.

    A request that was asked more than once under one id comes as often. Lines are looked for once; the rows of a
    request are read when it comes, so that a day of any size fits.
    """
    found = {name: _Spans() for name in ids}
    for layer_name in LAYERS:
        for path in _files(landing, layer_name, day):
            for name, begin, end in opened(path).spans():
                if name in found:
                    found[name].add(layer_name, path, begin, end)
    for spans in found.values():
        yield from _logged(spans)


def _logged(spans: _Spans) -> Iterator[Logged]:
    asked = spans.rows(REQUEST.name)
    shown = _split(spans.rows(IMPRESSION.name), layer(IMPRESSION.name).key)
    candidates = _split(spans.rows(CANDIDATE.name), layer(CANDIDATE.name).key)
    rankings = _split(spans.rows(RANKING.name), layer(RANKING.name).key)
    sampled = [row for row in asked if row.get("sampled")]
    for number, row in enumerate(asked):
        place = next((place for place, one in enumerate(sampled) if one is row), None)
        yield Logged(
            request=row,
            candidates=None if place is None else _at(candidates, place),
            rankings=None if place is None else _at(rankings, place),
            impressions=_at(shown, number),
        )


def _split(rows: Iterable[Row], key: Sequence[str]) -> list[list[Row]]:
    """`rows` of one request id, divided where a key comes again: there it was asked again."""
    times: list[list[Row]] = []
    keys: set[tuple[object, ...]] = set()
    for row in rows:
        found = tuple(row.get(name) for name in key)
        if not times or found in keys:
            times.append([])
            keys = set()
        keys.add(found)
        times[-1].append(row)
    return times


def _at(times: list[list[Row]], number: int) -> list[Row]:
    return times[number] if number < len(times) else []


def _files(landing: Path, layer_name: str, day: date) -> list[Path]:
    """The files that landing holds, and those still being written, in the order in which each server wrote them."""
    folder = landing / layer_name / f"day={day}"
    found = folder.iterdir() if folder.is_dir() else ()
    names = (path for path in found if path.name.endswith(ENDINGS) and not path.name.startswith("_"))
    return sorted(names, key=lambda path: path.name.removeprefix("."))


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix("day="))
