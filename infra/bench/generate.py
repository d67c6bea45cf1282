"""Landing files of any size: two arrival days of the shorts surface, the same rows for the same size.

A tenth of the impressions is of the eve, so that the day itself has features to join and something to restate. As in
real logs some come late, some twice, and some rows are of no use: 1 % of the eve's impressions arrive a day late, 0.5 %
of all arrive twice; of the outcomes (a fifth of the impressions) 2 % arrive again, 5 % a day late, some come before
their impression or after its window, some belong to none, and one in 2,000 breaks a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

EVE = date(2026, 1, 5)
DAY = EVE + timedelta(days=1)
DAYS = (EVE, DAY)
LAYERS = ("request", "impression", "outcome", "item")
SLATE = 10

# Hashed twice: DuckDB joins the hashes of two values by exclusive or, which ties draws of the same row to one another.
_MACROS = """
CREATE MACRO u(i, salt) AS (hash(hash(i, salt)) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO named(prefix, number) AS prefix || lpad(number::BIGINT::VARCHAR, 8, '0');
"""

_REQUESTS = """
CREATE TABLE asked AS SELECT
    r, (r < {eve_requests}) AS eve, named('r', r) AS request_id, named('u', floor({users} * u(r, 'user'))) AS user_id,
    ({eve} + (NOT eve)::INT)::TIMESTAMPTZ + to_milliseconds((u(r, 'time') * 86390000)::BIGINT) AS requested_at
FROM range({requests}) AS t(r)
"""

_REQUEST = """
SELECT 1::INTEGER AS schema_version, request_id, user_id, named('s', r // 3) AS session_id, requested_at,
    ['DE', 'FR', 'US', 'IN', 'BR'][1 + r % 5] AS country, ['phone', 'tablet', 'desktop'][1 + r % 3] AS device,
    printf('%02d', r % 36) AS area, ['wifi', '4g', '5g'][1 + r % 3] AS network,
    list_transform(range(r % 20), lambda k: named('v', floor({items} * u(r, k)))) AS history,
    'bench-1' AS release_id, 'softmax' AS policy, NULL::VARCHAR AS experiment, NULL::VARCHAR[] AS fallbacks,
    requested_at::DATE AS arrives
FROM asked
"""

_IMPRESSIONS = """
CREATE TABLE shown AS SELECT
    i, {eve} + (NOT (eve AND u(i, 'late') >= 0.01))::INT AS arrives, named('i', i) AS impression_id, request_id,
    user_id, named('v', floor({items} * pow(u(i, 'item'), 2))) AS item_id, (i % {slate})::INTEGER AS position,
    0.01 + 0.9 * u(i, 'propensity') AS propensity, ['als', 'item_item', 'popular'][1 + (i % 3)] AS source,
    u(i, 'explored') < 0.05 AS explored, 200::INTEGER AS eligible, requested_at + INTERVAL '40 milliseconds' AS shown_at
FROM range({rows}) AS t(i) JOIN asked ON r = i // {slate}
"""

_IMPRESSION = """
SELECT 1::INTEGER AS schema_version, * EXCLUDE (i)
FROM (FROM shown UNION ALL (FROM shown WHERE u(i, 'twice') < 0.005))
"""

_OUTCOMES = """
CREATE TABLE happened AS SELECT
    *, greatest(occurred_at::DATE, shown_arrives) + (late < 0.05)::INT AS arrives FROM (
    SELECT hash(i, name, nth) AS o, shown.arrives AS shown_arrives, u(i, 'late' || name || nth) AS late,
        impression_id || '-' || name || nth AS outcome_id,
        CASE WHEN u(i, 'orphan') < 0.002 THEN 'x' || impression_id ELSE impression_id END AS impression_id, request_id,
        CASE WHEN i % 2000 = 7 THEN 'scroll' ELSE name END AS outcome,
        CASE name WHEN 'dwell' THEN round(400 * u(i, 'value' || nth), 3) ELSE 1.0 END AS value,
        shown_at + to_milliseconds((span * 1000 * (1.02 * u(i, 'after' || name || nth) - 0.002))::BIGINT) AS occurred_at
    FROM shown, (VALUES ('click', 1, .1, 1800), ('dwell', 1, .06, 1800), ('dwell', 2, .015, 1800),
        ('like', 1, .015, 21600), ('follow', 1, .004, 86400), ('hide', 1, .006, 21600)) AS kinds(name, nth, share, span)
    WHERE u(i, name || nth) < share OR (i % 2000 = 7 AND name = 'hide'))
"""

_OUTCOME = """
SELECT 1::INTEGER AS schema_version, * EXCLUDE (o, shown_arrives, late) FROM (
    FROM happened UNION ALL (FROM happened WHERE u(o, 'twice') < 0.01)
    UNION ALL (SELECT * REPLACE (value / 2 AS value, greatest(arrives, {eve} + 1) AS arrives)
        FROM happened WHERE u(o, 'again') < 0.01))
"""

_ITEM = """
SELECT 1::INTEGER AS schema_version, named('v', v) AS item_id, named('c', v // 8) AS creator_id,
    'topic-' || (v * 7 + changed) % 20 AS topic, ['tag-' || v % 50] AS tags, 'en' AS language,
    (5 + 60 * u(v, 'length'))::FLOAT AS duration_s,
    list_transform(range(16), lambda k: (u(v, k) - 0.5)::FLOAT) AS content,
    'Clip ' || v AS title, {eve}::TIMESTAMPTZ - to_hours((u(v, 'age') * 2000)::BIGINT) AS created_at,
    arrives::TIMESTAMPTZ + INTERVAL 1 HOUR AS updated_at, arrives
FROM (SELECT v, {eve} + (v % 50 = 1)::INT AS arrives, 0 AS changed FROM range({items}) AS t(v) WHERE v % 997 <> 5
    UNION ALL SELECT v, {eve} + 1, v % 3 FROM range({items}) AS t(v) WHERE v % 40 = 2)
"""


@dataclass(frozen=True)
class Landed:
    """What was written: rows of each layer over both days."""

    rows: dict[str, int]


def generate(landing: Path, rows: int) -> Landed:
    """Write parquet files of `rows` impressions (a multiple of the slate of 10) below `landing`."""
    requests = rows // SLATE
    numbers = {
        "rows": requests * SLATE,
        "requests": requests,
        "eve_requests": requests // 10,
        "users": max(20, rows // 25),
        "items": max(100, rows // 100),
        "slate": SLATE,
        "eve": f"DATE '{EVE}'",
    }
    counts = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        connection.execute(_MACROS)
        for table in (_REQUESTS, _IMPRESSIONS, _OUTCOMES):
            connection.execute(table.format(**numbers))
        for layer, select in zip(LAYERS, (_REQUEST, _IMPRESSION, _OUTCOME, _ITEM), strict=True):
            counts[layer] = _land(connection, landing / layer, select.format(**numbers))
    return Landed(counts)


def _land(connection: duckdb.DuckDBPyConnection, folder: Path, select: str) -> int:
    rows = 0
    for day in DAYS:
        path = folder / f"day={day}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        chosen = f"SELECT * EXCLUDE (arrives) FROM ({select}) WHERE arrives = DATE '{day}'"
        connection.execute(f"COPY ({chosen}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        rows += connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]
    return rows
