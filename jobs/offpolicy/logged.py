"""The logged slates of some days, out of the lake: who asked for what, what was shown with which propensity, and what
it was worth as far as that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from evaluation.ope.soundness import Excluded
from features.tables import labelled
from jobs.night import Night, days_between
from jobs.offpolicy.asked import Asked
from jobs.offpolicy.worth import Worth
from lake.known import valid_sql
from lake.tables import among
from schemas.errors import UserError
from schemas.tables import BRONZE
from serving.logs.records import Row, written

REQUEST = BRONZE["request"]
SEGMENTS = ("country", "device", "network")
"""Columns of the request log that a segment may be named by."""


@dataclass(frozen=True)
class LoggedSlate:
    """One request as it was logged, and its slate from the top: (k,) items, propensities (None where the log has none)
    and rewards (None while a label is not known)."""

    request: Row
    items: list[str]
    propensities: list[float | None]
    rewards: list[float | None]
    whole: bool

    @property
    def user(self) -> str:
        """The unit of chance: the user, else the session, else the request alone."""
        return str(self.request.get("user_id") or self.request.get("session_id") or self.request["request_id"])


def check(night: Night, days: Sequence[date]) -> None:
    """Raises UserError, with what to do, if the logs of `days` can carry no off-policy estimate at all."""
    name = night.surface.surface
    for lack in ("propensity", "position"):
        if not night.surface.has(lack):
            raise UserError(
                f"surface {name} lacks {lack}: without it nothing can be said of another policy",
                fix="log from a server of Feedmill, or give the logs an exact propensity for every slot",
            )
    for table, layer in ((labelled(night.surface), "impression"), (REQUEST, "request")):
        if not night.lake.exists(table):
            raise UserError(f"table {table.name} of {name} does not exist", fix="run the night's ingest and join first")
        if layer == "impression" and not night.lake.days(table) & set(days):
            listed = ", ".join(str(day) for day in sorted(night.lake.days(table))) or "none"
            raise UserError(
                f"{name}: no impressions of {days[0]} to {days[-1]} were joined", fix=f"days with impressions: {listed}"
            )


def parse_segment(text: str | None) -> dict[str, str]:
    """`country=DE` as {"country": "DE"}; {} for None. Raises UserError for a column that is no segment."""
    if text is None:
        return {}
    key, found, value = text.partition("=")
    if not found or key not in SEGMENTS or not value:
        allowed = ", ".join(f"{name}=..." for name in SEGMENTS)
        raise UserError(f"segment: found {text!r}; allowed are {allowed}")
    return {key: value}


def slates(night: Night, day: date, worth: Worth, asked: Asked, excluded: Excluded) -> Iterator[LoggedSlate]:
    """The slates of event day `day` as known at the night, about `asked.sample` of its segment: always the same.

    Requests that cannot be used at all are counted in `excluded`.
    """
    where = request_where(night, day, asked.segment)
    if where is None:
        return
    requests, sampled = _requests(night, where, asked.sample)
    for row in _shown(night, day, worth, sampled).to_pylist():
        request = requests.pop(row["request_id"], None)
        if request is None:
            if not asked.segment:
                excluded.count("no request logged")
            continue
        yield LoggedSlate(
            request=_as_logged(request),
            items=row["item_id"],
            propensities=row["propensity"],
            rewards=worth.of(row),
            whole=row["position"] == list(range(len(row["position"]))),
        )
    excluded.count("no impressions logged", len(requests))


def request_where(night: Night, day: date, segment: Mapping[str, str] | None = None) -> str | None:
    """The SQL predicate of the day's requests (in `segment`), as arrived by the night; None if none arrived."""
    arrived = days_between(day, min(day + timedelta(days=night.surface.restate_days), night.day))
    there = sorted(night.lake.days(REQUEST) & set(arrived))
    if not there:
        return None
    of_segment = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in (segment or {}).items()]
    return " AND ".join([among("arrival_day", there), f"requested_at::DATE = DATE '{day}'", *of_segment])


def _requests(night: Night, where: str, sample: int) -> tuple[dict[str, dict[str, Any]], str]:
    """(requests by id, the predicate on request_id that sampled them)."""
    counted = night.lake.query(REQUEST, f"SELECT approx_count_distinct(request_id) AS n FROM rows WHERE {where}")
    sampled = _sampled(sample, int(counted.to_pylist()[0]["n"]))
    first = "row_number() OVER (PARTITION BY request_id ORDER BY arrival_day, requested_at) = 1"
    sql = f"SELECT * EXCLUDE (arrival_day) FROM rows WHERE {where} AND {sampled} QUALIFY {first}"
    return {row["request_id"]: row for row in night.lake.query(REQUEST, sql).to_pylist()}, sampled


def _sampled(sample: int, count: int) -> str:
    """The predicate that holds for about `sample` of `count` request ids: the same ones every time."""
    if count <= sample:
        return "true"
    return f"md5_number_lower(request_id) < {int(sample / count * 2**64)}::UBIGINT"


def _shown(night: Night, day: date, worth: Worth, sampled: str) -> pa.Table:
    """One row a sampled request: lists of its impressions by position."""
    where = f"event_day = DATE '{day}' AND {valid_sql(night.day)} AND {sampled}"
    labels = [f'CASE WHEN "{name}_known" <= DATE \'{night.day}\' THEN "{name}" END AS "{name}"' for name in worth.names]
    inner = ", ".join(["request_id", "impression_id", "item_id", "position", "propensity", *labels])
    listed = ["item_id", "position", "propensity", *worth.names]
    lists = ", ".join(f'list("{name}" ORDER BY position, impression_id) AS "{name}"' for name in listed)
    sql = f"SELECT request_id, {lists} FROM (SELECT {inner} FROM rows WHERE {where}) GROUP BY request_id ORDER BY 1"
    return night.lake.query(labelled(night.surface), sql)


def _as_logged(row: dict[str, Any]) -> Row:
    """A row of bronze as the log had it."""
    times = {name: written(value) for name, value in row.items() if isinstance(value, datetime)}
    return row | times | {"state": dict(row.get("state") or {})}
