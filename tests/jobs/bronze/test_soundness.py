"""A file that cannot be read is found before Spark meets it, and the reason is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.bronze.landing import LandingFile
from jobs.bronze.soundness import Sound, Unsound, look, misfit, sift
from schemas.contract import Contract, Field
from schemas.logs import IMPRESSION
from schemas.versions import Version, accepted
from tests.jobs.landing_logs import at, impression, land

DAY = date(2026, 1, 5)
WHEN = datetime(2026, 1, 5, 12, tzinfo=UTC)
COLUMNS: dict[str, Any] = {
    "schema_version": pa.array([1], pa.int32()),
    "impression_id": ["a"],
    "request_id": ["r"],
    "item_id": ["i"],
    "shown_at": pa.array([WHEN], pa.timestamp("us", "UTC")),
}


def landed(path: Path) -> LandingFile:
    return LandingFile(path, path.name, "impression", DAY)


def looked(path: Path, versions: Sequence[Version] = accepted(IMPRESSION)) -> Sound | Unsound:
    return look(landed(path), versions)


def parquet(folder: Path, **changes: Any) -> Path:
    columns = {name: column for name, column in (COLUMNS | changes).items() if column is not None}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_whole_files_are_sound(tmp_path: Path, name: str) -> None:
    path = land(tmp_path, "impression", DAY, [impression("a", at(DAY))], name)
    assert looked(path) == Sound(landed(path))


@pytest.mark.parametrize("kept", [0, 5, 200])
def test_a_truncated_gzip_is_found_wherever_it_ends(tmp_path: Path, kept: int) -> None:
    rows = [impression(str(n), at(DAY)) for n in range(500)]
    path = land(tmp_path, "impression", DAY, rows, "a.jsonl.gz")
    path.write_bytes(path.read_bytes()[:kept])
    found = looked(path)
    assert isinstance(found, Unsound)
    assert found.reason == "truncated_file"


def test_a_damaged_gzip_and_one_that_is_none_are_set_aside(tmp_path: Path) -> None:
    path = land(tmp_path, "impression", DAY, [impression(str(n), at(DAY)) for n in range(500)], "a.jsonl.gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert isinstance(looked(path), Unsound)
    path.write_text('{"plain": "text"}\n')
    assert isinstance(looked(path), Unsound)


def test_an_ending_that_is_not_read_is_told_with_those_that_are(tmp_path: Path) -> None:
    found = looked(land(tmp_path, "impression", DAY, [], "a.csv"))
    assert isinstance(found, Unsound)
    assert found.reason == "unknown_format"
    assert ".jsonl.gz" in found.detail


def test_a_parquet_file_is_sound_with_its_layout(tmp_path: Path) -> None:
    found = looked(parquet(tmp_path, further=["not of the contract"]))
    assert isinstance(found, Sound)
    assert ("schema_version", "int32") in found.layout
    assert ("further", "string") in found.layout


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all, but long enough for a footer"])
def test_what_is_no_parquet_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    found = looked(tmp_path / "a.parquet")
    assert isinstance(found, Unsound)
    assert found.reason == "unreadable_file"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shown_at": ["2026-01-05"]}, "shown_at: found string; allowed is timestamp"),
        ({"request_id": None}, "request_id: missing"),
        ({"position": [0.5]}, "position: found double; allowed is int32"),
        ({"explored": [1]}, "explored: found int64; allowed is bool"),
        ({"source": [["als"]]}, "source: found list<element: string>; allowed is string"),
    ],
)
def test_a_parquet_layout_that_cannot_be_turned_into_the_contract(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    found = looked(parquet(tmp_path, **changes))
    assert isinstance(found, Unsound)
    assert (found.reason, found.detail) == ("incompatible_schema", told)


@pytest.mark.parametrize(
    "changes",
    [
        {"position": pa.array([3], pa.int64())},
        {"propensity": pa.array([0.5], pa.float32())},
        {"item_id": pa.array([7], pa.int64())},
        {"item_id": pa.array(["i"]).dictionary_encode()},
        {"shown_at": pa.array([WHEN], pa.timestamp("ns", "UTC"))},
        {"source": pa.nulls(1)},
    ],
)
def test_layouts_that_turn_into_the_contract_without_guessing(changes: dict[str, Any]) -> None:
    assert misfit(pa.table(COLUMNS | changes).schema, IMPRESSION) is None


def test_lists_and_maps_are_compared_by_what_is_in_them() -> None:
    contract = Contract("made_up", 1, "", (Field("l", "list<float32>", ""), Field("m", "map<string,float32>", "")))
    fits = pa.schema({"l": pa.list_(pa.float64()), "m": pa.map_(pa.string(), pa.float64())})
    assert misfit(fits, contract) is None
    wrong = pa.schema({"l": pa.list_(pa.string()), "m": pa.struct({"a": pa.float32()})})
    told = misfit(wrong, contract)
    assert told is not None
    assert "l: found" in told
    assert "m: found" in told


def test_a_file_of_another_accepted_version_is_sound(tmp_path: Path) -> None:
    path = parquet(tmp_path, shown_at=None, seen_at=pa.array([WHEN], pa.timestamp("us", "UTC")))
    fields = [
        Field("seen_at", "timestamp", "", required=True) if f.name == "shown_at" else f for f in IMPRESSION.fields
    ]
    beside = Version(Contract("impression", 2, "", tuple(fields)))
    assert isinstance(looked(path), Unsound)
    assert isinstance(looked(path, [*accepted(IMPRESSION), beside]), Sound)


def test_files_are_sifted_one_by_one(tmp_path: Path) -> None:
    good = landed(land(tmp_path, "impression", DAY, [], "good.jsonl"))
    bad = landed(land(tmp_path, "impression", DAY, [], "bad.txt"))
    sound, unsound = sift([bad, good], accepted(IMPRESSION))
    assert [one.file for one in sound] == [good]
    assert [one.file for one in unsound] == [bad]
