"""How many bytes a stage cannot but move, whoever does it: its input files and its results, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from infra.bench.calibrate import Ceilings

READS = {
    "ingest": ("landing",),
    "join": ("bronze/impression", "bronze/outcome", "bronze/item"),
    "features": ("silver/labelled", "silver/item", "bronze/request"),
}
WRITES = {"ingest": ("bronze",), "join": ("silver",), "features": ("gold",)}


@dataclass(frozen=True)
class Volume:
    """Bytes of parquet files: as they lie on disk, and unpacked (encoded, but not compressed)."""

    disk: int
    unpacked: int

    def __add__(self, other: Volume) -> Volume:
        return Volume(self.disk + other.disk, self.unpacked + other.unpacked)


def limits(landing: Path, by_hand: Path, ceilings: Ceilings) -> dict[str, float]:
    """Per stage, the least seconds that the machine's bandwidths allow for the files of the hand-written side."""
    least = {}
    for stage, inputs in READS.items():
        read = _volume(landing if name == "landing" else by_hand / name for name in inputs)
        written = _volume(by_hand / name for name in WRITES[stage])
        least[stage] = ceilings.seconds(read.disk, written.disk, (read + written).unpacked)
    return least


def _volume(folders: Iterable[Path]) -> Volume:
    files = (file for folder in folders for file in folder.rglob("*.parquet"))
    return sum((_of_file(file) for file in files), Volume(0, 0))


def _of_file(file: Path) -> Volume:
    metadata = pq.read_metadata(file)
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    return Volume(file.stat().st_size, unpacked)
