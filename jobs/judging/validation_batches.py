"""What validate hands to each suite: the night's rows of a table, and the facts of the trailing week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from expectations.checking import Batch
from expectations.facts import Facts
from expectations.suites import SUITES
from features.tables import daily_counts, labelled, samples
from jobs.night import Night
from lake import ledger
from lake.known import valid_sql
from schemas.contract import Contract
from schemas.tables import BRONZE, SILVER_ITEM

TRAILING_DAYS = 7


def batch_of(night: Night, table: str) -> Batch | None:
    """`table`'s rows of the night as known then, with its suite; None if the surface has no such table."""
    build = _BUILDERS.get(table, _bronze)
    rows, facts = build(night, table)
    if rows is None:
        return None
    return Batch(table, str(night.day), rows, SUITES[table](night.surface, facts))


def _bronze(night: Night, table: str) -> tuple[pd.DataFrame | None, Facts]:
    contract = BRONZE[table.removeprefix("bronze.")]
    if not night.lake.exists(contract):
        return None, Facts(night.day)
    plain = [field.name for field in contract.fields if not field.dtype.startswith(("list", "map"))]
    rows = night.lake.arrow(contract, [night.day], plain).to_pandas()
    return rows, Facts(night.day, _rows_by_day(night, contract))


def _ledger(night: Night, table: str) -> tuple[pd.DataFrame, Facts]:  # noqa: ARG001 - one signature for all builders
    lines = [
        {
            "job": job,
            "input": entry.input,
            "unaccounted": entry.missing,
            "quarantined_share": _share(entry, set(entry.set_aside)) if job == "ingest" else None,
            "orphan_share": _share(entry, {"orphan"}) if job == "join" else None,
        }
        for job, entries in ledger.read(night.lake, night.day).items()
        for entry in entries
    ]
    columns = ["job", "input", "unaccounted", "quarantined_share", "orphan_share"]
    frame = pd.DataFrame(lines, columns=columns)
    return frame.astype({"quarantined_share": float, "orphan_share": float}), Facts(night.day)


def _share(entry: ledger.Entry, reasons: set[str]) -> float:
    return sum(entry.set_aside.get(reason, 0) for reason in reasons) / max(1, entry.rows_in)


def _labelled(night: Night, table: str) -> tuple[pd.DataFrame, Facts]:  # noqa: ARG001
    outcomes = list(night.surface.outcomes)
    contract = labelled(night.surface)
    rows = night.lake.query(
        contract, _known_sql(night, outcomes, "event_day = $day", "impression_id, item_id, propensity")
    )
    described = set(_known_items(night))
    frame = rows.to_pandas()
    frame["item_described"] = frame["item_id"].isin(described).astype(float)
    return frame, _label_facts(night, contract, outcomes, frame)


def _known_items(night: Night) -> list[str]:
    if not night.lake.exists(SILVER_ITEM):
        return []
    found = night.lake.query(SILVER_ITEM, f"SELECT DISTINCT item_id FROM rows WHERE known_from <= DATE '{night.day}'")
    return list(found["item_id"].to_pylist())


def _label_facts(night: Night, contract: Contract, outcomes: list[str], today: pd.DataFrame) -> Facts:
    first = night.day - timedelta(days=TRAILING_DAYS)
    past = _known_sql(night, outcomes, f"event_day >= DATE '{first}' AND event_day < $day", "event_day")
    means = ", ".join(f'avg("{outcome}") AS "{outcome}"' for outcome in outcomes)
    (mean,) = night.lake.query(contract, f"SELECT {means} FROM ({past})").to_pylist()
    counts = {outcome: int(today[outcome].notna().sum()) for outcome in outcomes}
    known = {outcome: value for outcome, value in mean.items() if value is not None}
    return Facts(night.day, _rows_by_day(night, contract), known, counts)


def _samples(night: Night, table: str) -> tuple[pd.DataFrame | None, Facts]:  # noqa: ARG001
    contract = samples(night.surface)
    if not night.lake.exists(contract):
        return None, Facts(night.day)
    feature = next((name for name in contract.names if name.startswith("item_") and name != "item_id"), "item_id")
    sql = _known_sql(
        night, [], "event_day = $day", f'impression_id, ("{feature}" IS NOT NULL)::DOUBLE AS features_known'
    )
    frame = night.lake.query(contract, sql).to_pandas()
    beside = night.lake.query(labelled(night.surface), _known_sql(night, [], "event_day = $day", "1 AS n"))
    frame["rows_beside_labelled"] = abs(len(frame) - beside.num_rows)
    return frame, Facts(night.day, _rows_by_day(night, contract))


def _daily_counts(night: Night, table: str) -> tuple[pd.DataFrame | None, Facts]:  # noqa: ARG001
    contract = daily_counts(night.surface)
    if not night.lake.exists(contract):
        return None, Facts(night.day)
    return night.lake.arrow(contract, [night.day]).to_pandas(), Facts(night.day, _rows_by_day(night, contract))


def _rows_by_day(night: Night, contract: Contract) -> dict[date, int]:
    (column,) = contract.partition_by
    first = night.day - timedelta(days=TRAILING_DAYS)
    valid = f" AND {valid_sql(night.day)}" if "known_from" in contract.names else ""
    days = f"{column} >= DATE '{first}' AND {column} < DATE '{night.day}'"
    sql = f"SELECT {column} AS day, count(*) AS n FROM rows WHERE {days}{valid} GROUP BY 1"
    counted: pa.Table = night.lake.query(contract, sql)
    return dict(zip(counted["day"].to_pylist(), counted["n"].to_pylist(), strict=True))


def _known_sql(night: Night, outcomes: list[str], days: str, columns: str) -> str:
    labels = "".join(
        f', CASE WHEN "{outcome}_known" <= DATE \'{night.day}\' THEN "{outcome}" END AS "{outcome}"'
        for outcome in outcomes
    )
    where = days.replace("$day", f"DATE '{night.day}'")
    return f"SELECT {columns}{labels} FROM rows WHERE {where} AND {valid_sql(night.day)}"


_BUILDERS: dict[str, Callable[[Night, str], tuple[pd.DataFrame | None, Facts]]] = {
    "ops.ledger": _ledger,
    "silver.labelled": _labelled,
    "gold.samples": _samples,
    "gold.daily_counts": _daily_counts,
}
