"""One arrival day of landing as an audit wants it: read by DuckDB, without a lake or a JVM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from evaluation.audit import Logged
from jobs.bronze.landing import files_of, landed_days
from schemas.contract import Contract
from schemas.errors import UserError
from schemas.logs import IMPRESSION, ITEM, RANKING, REQUEST

_SQL = {
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "timestamp": "TIMESTAMPTZ",
    "list<string>": "VARCHAR[]",
    "list<float32>": "FLOAT[]",
    "map<string,float32>": "MAP(VARCHAR, FLOAT)",
}
_REQUEST = (
    *("request_id", "requested_at", "user_id", "country", "device", "area"),
    *("size", "release_id", "config", "arms"),
)
_IMPRESSION = ("request_id", "item_id", "position", "propensity", "source", "explored", "relaxed", "user_id")
_ITEM = ("item_id", "creator_id", "topic", "tags", "created_at", "updated_at")
_NEEDED = {IMPRESSION.name: ("position", "propensity")}
_RANKING = ("request_id", "item_id", "value", "scores", "features")


def requests_of(landing: Path, day: date) -> pd.DataFrame:
    """The requests that arrived on `day`, each once. Raises UserError, naming the days there are, if there are none."""
    rows = _read(landing, REQUEST, [day], _REQUEST, "request_id")
    if rows.empty:
        days = ", ".join(str(one) for one in landed_days(landing, [REQUEST.name])) or "none"
        raise UserError(f"no request was logged on {day} below {landing}", fix=f"days with requests: {days}")
    return rows


def logged(landing: Path, day: date, requests: pd.DataFrame, known: date) -> Logged:
    """The slates of `requests`, which arrived on `day`, with items as `known` at the end of a day, and since then those
    that were new."""
    impressions = _read(landing, IMPRESSION, [day], _IMPRESSION, "impression_id")
    ranking = _read(landing, RANKING, [day], _RANKING, "request_id, item_id")
    ids = set(requests["request_id"])
    return Logged(
        requests=requests.drop(columns=["release_id", "config", "arms"]),
        impressions=impressions.loc[impressions["request_id"].isin(ids)],
        items=_items(landing, day, known),
        ranking=_wide(ranking.loc[ranking["request_id"].isin(ids)]),
    )


def _items(landing: Path, day: date, known: date) -> pd.DataFrame:
    days = landed_days(landing, [ITEM.name])
    before = _read(landing, ITEM, [one for one in days if one <= known], _ITEM, "item_id")
    since = _read(landing, ITEM, [one for one in days if known < one <= day], _ITEM, "item_id")
    new = since.loc[~since["item_id"].isin(before["item_id"])]
    return pd.concat([before, new], ignore_index=True).drop(columns="updated_at")


def _wide(ranking: pd.DataFrame) -> pd.DataFrame:
    """One column for the value, each head and each feature."""
    maps = [{**dict(f or {}), **dict(s or {})} for f, s in zip(ranking["features"], ranking["scores"], strict=True)]
    columns = ranking[["request_id", "item_id", "value"]].reset_index(drop=True)
    return pd.concat([columns, pd.DataFrame(maps, index=columns.index)], axis=1)


def _read(landing: Path, layer: Contract, days: Iterable[date], columns: Sequence[str], key: str) -> pd.DataFrame:
    """`columns` of the layer's rows on `days`, the latest of each `key`. A line that is no such row, or that lacks what
    an audit needs of it, is passed over: ingest tells of it."""
    files = list(files_of(landing, layer.name, days))
    listed = ", ".join(f'"{name}"' for name in columns)
    latest = "updated_at" if "updated_at" in columns else "1"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        parts = [
            _part(layer, [str(file.path) for file in files if file.kind == kind], kind) for kind in ("jsonl", "parquet")
        ]
        parts = [part for part in parts if part]
        if not parts:
            return pd.DataFrame(columns=list(columns))
        rows = " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
        order = f"row_number() OVER (PARTITION BY {key} ORDER BY {latest} DESC) = 1"
        empty = ", ".join(f'NULL::{_SQL[field.dtype]} AS "{field.name}"' for field in layer.fields)
        needed = [field.name for field in layer.fields if field.required] + list(_NEEDED.get(layer.name, ()))
        whole = " AND ".join(f'"{name}" IS NOT NULL' for name in needed)
        sql = (
            f"SELECT {listed} FROM ({rows} UNION ALL BY NAME SELECT {empty} WHERE false) WHERE {whole} QUALIFY {order}"
        )
        found: pd.DataFrame = connection.sql(sql).df()
        return found


def _part(layer: Contract, paths: Sequence[str], kind: str) -> str:
    if not paths:
        return ""
    files = "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"
    if kind == "parquet":
        return f"read_parquet({files}, union_by_name = true)"
    fields = ", ".join(f"'{field.name}': '{_SQL[field.dtype]}'" for field in layer.fields)
    return f"read_json({files}, format = 'newline_delimited', columns = {{{fields}}}, ignore_errors = true)"
