"""Days on which what serves is not what the night made: faults of a world in the release that answers.

The release keeps its id, and nobody is told: a broken model ranks upside down, a stale feature stays as it was on the
morning its fault began, a skewed one is served otherwise than it was computed. What the night made is put back after
the day, so that its jobs see it whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from features.registry import batch
from schemas.errors import UserError
from schemas.release import MANIFEST, Manifest, digests
from serving.release.loaded import SURFACE_FILE
from serving.release.slots import active_release
from surfaces.surface import Surface
from worlds.faults.faults import Faults

Column: TypeAlias = "pa.ChunkedArray"


@dataclass(frozen=True)
class Spoiling:
    """The faults of the releases in `releases`; `folder` keeps what has to be put back, and what went stale."""

    faults: Faults
    surface: Surface
    releases: Path
    folder: Path

    def check(self, first_served: int) -> None:
        """Raise UserError for a fault that could not be had: of no batch feature, or before a release serves."""
        known = [feature.name for feature in batch(self.surface)]
        for name in ("stale_feature", "feature_skew"):
            fault = getattr(self.faults, name)
            if fault is None:
                continue
            if fault.feature not in known:
                raise UserError(
                    f"faults.{name}.feature: found {fault.feature!r}; allowed in a loop are {', '.join(known)}"
                )
            if fault.from_day < first_served:
                raise UserError(
                    f"faults.{name}.from_day: found {fault.from_day}; allowed in a loop is {first_served} or more, "
                    "the first day that a release serves"
                )

    @contextmanager
    def of(self, day: int) -> Iterator[None]:
        """The live release has the faults of day number `day` within the block."""
        self._put_back()
        live, changes = active_release(self.releases), self._changes(day)
        if live is not None and changes:
            self._spoil(live, changes)
        try:
            yield
        finally:
            self._put_back()

    def _changes(self, day: int) -> list[Callable[[Path], None]]:
        faults, changes = self.faults, list[Callable[[Path], None]]()
        if faults.broken_model is not None and faults.broken_model.active(day):
            changes.append(_upside_down)
        stale, skew = faults.stale_feature, faults.feature_skew
        if stale is not None and stale.active(day):
            changes.append(lambda release: self._stale(release, stale.feature, fresh=day == stale.from_day))
        if skew is not None and skew.active(day):
            changes.append(lambda release: self._change(release, skew.feature, lambda _, x: _skewed(x, skew.served)))
        return changes

    def _spoil(self, live: Path, changes: list[Callable[[Path], None]]) -> None:
        intact = self._intact / live.name
        self._intact.mkdir(parents=True, exist_ok=True)
        live.rename(intact)
        shutil.copytree(intact, live, copy_function=os.link)
        for change in changes:
            change(live)
        (live / MANIFEST).unlink()
        replace(Manifest.read(intact), files=digests(live)).write(live)

    def _put_back(self) -> None:
        """Also what a loop that was killed has left spoilt."""
        for intact in self._intact.iterdir() if self._intact.is_dir() else ():
            shutil.rmtree(self.releases / intact.name, ignore_errors=True)
            intact.rename(self.releases / intact.name)

    @property
    def _intact(self) -> Path:
        return self.folder / "intact"

    def _stale(self, release: Path, feature: str, *, fresh: bool) -> None:
        kept = self.folder / f"{feature}.parquet"
        if fresh:
            pq.write_table(pq.read_table(self._table(release, feature), columns=["key", feature]), kept)
        then = pq.read_table(kept)
        self._change(release, feature, lambda keys, _: then[feature].take(pc.index_in(keys, value_set=then["key"])))

    def _change(self, release: Path, feature: str, to: Callable[[Column, Column], Column]) -> None:
        """Put what `to` makes of keys and values in place of the values of `feature`."""
        path = self._table(release, feature)
        table = pq.read_table(path)
        place = table.column_names.index(feature)
        path.unlink()  # it is a second name of the intact file
        pq.write_table(table.set_column(place, feature, to(table["key"], table[feature])), path)

    def _table(self, release: Path, feature: str) -> Path:
        (entity,) = (one.entity for one in batch(self.surface) if one.name == feature)
        return release / "features" / f"{entity}.parquet"


def _upside_down(release: Path) -> None:
    path = release / SURFACE_FILE
    content = yaml.safe_load(path.read_text())
    content["value"] = {outcome: -weight for outcome, weight in content["value"].items()}
    path.unlink()
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def _skewed(values: Column, served: Callable[[np.ndarray], np.ndarray]) -> Column:
    return pa.chunked_array([pa.array(served(values.to_numpy()), from_pandas=True).cast(values.type)])
