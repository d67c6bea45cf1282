"""The open segments of one surface: one a layer, of one arrival day, written group by group, all or nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from schemas.logs import LAYERS
from serving.logs.segment import Segment, free_name

LONGEST = 256 * 1024 * 1024
"""Bytes after which a segment is closed and the next one begun."""
ORDER = tuple(layer.name for layer in LAYERS)
"""Layers are written in this order, so that an outcome is never durable before the impression it belongs to."""

_log = logging.getLogger(__name__)


class Segments:
    """`written`: durable rows by layer. Meant for one thread."""

    def __init__(self, landing: Path, server: str) -> None:
        self.written: dict[str, int] = dict.fromkeys(ORDER, 0)
        self._landing = landing
        self._server = server
        self._day = date.min
        self._open: dict[str, Segment] = {}
        self._sequence = 0

    def append(self, day: date, batches: Sequence[Mapping[str, bytes]]) -> None:
        """Write and sync `batches` (layer to its lines), which arrived on `day`. Raises OSError; then none is written.

        Days never go back: what comes with a day that is over arrives on the day that is open.
        """
        self.close_before(day)
        data = {layer: b"".join(batch.get(layer, b"") for batch in batches) for layer in ORDER}
        layers = [layer for layer in ORDER if data[layer]]
        try:
            for layer in layers:
                self._segment(layer).write(data[layer])
            for layer in layers:
                self._open[layer].sync()
        except OSError:
            self._abandon(layers)
            raise
        for layer in layers:
            self.written[layer] += data[layer].count(b"\n")
            if self._open[layer].commit() >= LONGEST:
                self._close([layer])

    def close_before(self, day: date) -> None:
        """Close the segments of every day before `day`."""
        if day > self._day:
            self.close()
            self._day = day

    def close(self) -> None:
        """Close every segment. One that cannot be closed is told of, and stays for a later server to land."""
        self._close(list(self._open))

    def _close(self, layers: Iterable[str]) -> None:
        for layer in layers:
            segment = self._open.pop(layer)
            try:
                segment.close()
            except OSError as error:
                _log.error("%s stays open until the next start: %s", segment.path, error)

    def _segment(self, layer: str) -> Segment:
        if layer not in self._open:
            folder, name, self._sequence = free_name(self._landing, layer, self._day, self._server, self._sequence)
            self._open[layer] = Segment(folder, name)
            self._sequence += 1
        return self._open[layer]

    def _abandon(self, layers: Iterable[str]) -> None:
        """Go back to where the group began, and on in new files: one that failed is not trusted."""
        touched = [layer for layer in layers if layer in self._open]
        for layer in touched:
            self._open[layer].rollback()
        self._close(touched)
