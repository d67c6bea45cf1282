"""Whether a landing file can be read at all, found out before Spark meets it; one that cannot is set aside whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from jobs.bronze.landing import KINDS, LandingFile
from schemas.contract import Contract, DType
from schemas.versions import Version

CHUNK = 1 << 20
THREADS = 4


@dataclass(frozen=True)
class Sound:
    """A file that can be read; `layout` is its column names and types where it is parquet, `rows` its row count."""

    file: LandingFile
    layout: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Unsound:
    """A file that is set aside whole, and why."""

    file: LandingFile
    reason: str
    detail: str


def sift(files: Iterable[LandingFile], versions: Sequence[Version]) -> tuple[list[Sound], list[Unsound]]:
    """`files` divided into those that can be read as one of `versions` and those that are set aside whole."""
    with ThreadPoolExecutor(THREADS) as pool:
        looked_at = list(pool.map(lambda file: look(file, versions), files))
    sound = [found for found in looked_at if isinstance(found, Sound)]
    return sound, [found for found in looked_at if isinstance(found, Unsound)]


def look(file: LandingFile, versions: Sequence[Version]) -> Sound | Unsound:
    """Read `file` as far as it takes to know: a gzip to its end, a parquet file's footer."""
    if file.kind is None:
        return Unsound(file, "unknown_format", f"found {file.path.name!r}; allowed endings are {', '.join(KINDS)}")
    try:
        if file.kind == "parquet":
            return _look_at_parquet(file, versions)
        if file.path.suffix == ".gz":
            _read_to_end(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return Unsound(file, "truncated_file", f"gzip does not decompress to its end: {error}")
    except (OSError, pa.ArrowException) as error:
        return Unsound(file, "unreadable_file", str(error).splitlines()[0])
    return Sound(file)


def _read_to_end(file: LandingFile) -> None:
    if file.path.stat().st_size == 0:
        raise EOFError("the file is empty")
    with gzip.open(file.path) as stream:
        while stream.read(CHUNK):
            pass


def _look_at_parquet(file: LandingFile, versions: Sequence[Version]) -> Sound | Unsound:
    schema = pq.read_schema(file.path)
    misfits = [misfit(schema, version.contract) for version in versions]
    if all(misfits):
        return Unsound(file, "incompatible_schema", "; ".join(dict.fromkeys(filter(None, misfits))))
    return Sound(file, tuple((field.name, str(field.type)) for field in schema))


def misfit(schema: pa.Schema, contract: Contract) -> str | None:
    """In words, why a file with `schema` cannot hold rows of `contract`; None if it can."""
    wrong = []
    for field in contract.fields:
        if field.name not in schema.names:
            if field.required:
                wrong.append(f"{field.name}: missing")
        elif not _fits(schema.field(field.name).type, field.dtype):
            wrong.append(f"{field.name}: found {schema.field(field.name).type}; allowed is {field.dtype}")
    return ", ".join(wrong) or None


def _fits(found: pa.DataType, dtype: DType) -> bool:
    if types.is_null(found):
        return True
    if types.is_dictionary(found):
        return _fits(found.value_type, dtype)
    if dtype.startswith("list<"):
        return (types.is_list(found) or types.is_large_list(found)) and _fits(found.value_type, _inner(dtype))
    if dtype == "map<string,float32>":
        return types.is_map(found) and types.is_string(found.key_type) and _fits(found.item_type, "float32")
    return _SCALAR[dtype](found)


def _inner(dtype: DType) -> DType:
    inner: DType = dtype[len("list<") : -1]  # type: ignore[assignment]
    return inner


def _text(found: pa.DataType) -> bool:
    return bool(types.is_string(found) or types.is_large_string(found) or types.is_integer(found))


def _number(found: pa.DataType) -> bool:
    return bool(types.is_integer(found) or types.is_floating(found))


_SCALAR: dict[str, Callable[[pa.DataType], bool]] = {
    "string": _text,
    "bool": types.is_boolean,
    "int32": types.is_integer,
    "int64": types.is_integer,
    "float32": _number,
    "float64": _number,
    "date": types.is_date32,
    "timestamp": types.is_timestamp,
}
"""By type in the contract, whether a type in the file can be turned into it without loss or guessing."""
