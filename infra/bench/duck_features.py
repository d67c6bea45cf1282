"""Features by hand: daily counts, batch features, sequences and samples in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from features.entities import LONGEST_WINDOW, Entity, entities
from features.feature import IMPRESSIONS
from features.registry import batch
from features.request import HISTORY
from infra.bench import feature_sql
from infra.bench.duck_files import write
from surfaces.surface import Surface

_CHANGES = """
CREATE TEMP VIEW labelled AS SELECT * FROM read_parquet('{silver}/labelled/*/*.parquet', hive_partitioning = true);
CREATE TEMP TABLE item AS SELECT * FROM '{silver}/item/part.parquet';
CREATE TEMP TABLE as_of AS SELECT unnest([{days}]) AS as_of;
CREATE TEMP TABLE span AS SELECT as_of, as_of - age::INTEGER AS day, age FROM as_of, range({longest}) AS ages(age);
CREATE TEMP VIEW change AS
SELECT known_from AS day, user_id, item_id, 1 AS impressions, {begins} FROM labelled
UNION ALL SELECT known_until, user_id, item_id, -1, {ends} FROM labelled WHERE known_until IS NOT NULL;
CREATE TEMP VIEW described AS SELECT change.*, creator_id, topic FROM change LEFT JOIN item
ON change.item_id = item.item_id AND known_from <= day AND (known_until IS NULL OR known_until > day);
CREATE TEMP TABLE per_item AS SELECT day, item_id, creator_id, topic, {sums} FROM described GROUP BY ALL;
CREATE TEMP TABLE per_pair AS SELECT day, user_id, creator_id, topic, {sums} FROM described GROUP BY ALL;
"""

_PRIORS = """
CREATE TEMP TABLE prior AS SELECT as_of, {priors} FROM span JOIN (
    SELECT day, {sums} FROM daily_counts WHERE entity = 'item' GROUP BY day) USING (day) GROUP BY as_of
"""

_ENTITY = """
SELECT as_of, key, {values} FROM daily_counts JOIN span USING (day) JOIN prior USING (as_of)
WHERE entity = '{entity}' AND age < {longest} GROUP BY as_of, key HAVING {evidence}
"""

_SEQUENCE = """
WITH latest AS (
    SELECT as_of, user_id, item_id, max(shown_at) AS time FROM labelled JOIN as_of ON known_from <= as_of
    WHERE ({answered}) AND user_id IS NOT NULL GROUP BY ALL
), last AS (
    SELECT * FROM latest
    QUALIFY row_number() OVER (PARTITION BY as_of, user_id ORDER BY time DESC, item_id DESC) <= {history}
)
SELECT as_of, user_id, list(item_id ORDER BY time, item_id) AS items, list(time ORDER BY time, item_id) AS times
FROM last GROUP BY ALL
"""

_SAMPLES = """
WITH request AS (
    SELECT request_id, arrival_day AS logged, country, device, area, len(history)::INTEGER AS history_length
    FROM read_parquet('{bronze}/request/*/*.parquet', hive_partitioning = false)
    QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY arrival_day, requested_at, country, device, area) = 1
), known AS (
    SELECT item_id, creator_id, topic, created_at, known_until + 1 AS ends,
        CASE WHEN known_from = min(known_from) OVER (PARTITION BY item_id) THEN known_from ELSE known_from + 1
        END AS begins
    FROM item
)
SELECT labelled.*, country, device, area, history_length, creator_id, topic, created_at, {columns}
FROM labelled
LEFT JOIN request ON labelled.request_id = request.request_id AND logged BETWEEN event_day - 1 AND arrival_day
LEFT JOIN known ON labelled.item_id = known.item_id AND begins <= event_day AND (ends IS NULL OR ends > event_day)
{joins}
"""


def features(connection: duckdb.DuckDBPyConnection, surface: Surface, out: Path, days: Sequence[date]) -> None:
    """All of gold below `out`, as of each of `days`, from silver and bronze there."""
    sums = ", ".join(f'round(sum("{name}"), 6)::DOUBLE AS "{name}"' for name in (IMPRESSIONS, *surface.outcomes))
    connection.execute(
        _CHANGES.format(
            silver=out / "silver",
            days=", ".join(f"DATE '{day}'" for day in days),
            longest=LONGEST_WINDOW,
            begins=", ".join(f'{name}_seen AS "{name}"' for name in surface.outcomes),
            ends=", ".join(f"-{name}_seen" for name in surface.outcomes),
            sums=sums,
        )
    )
    counts = " UNION ALL ".join(_counts(entity, sums) for entity in entities(surface))
    connection.execute(f"CREATE TEMP TABLE daily_counts AS {counts}")
    write(connection, "FROM daily_counts", out / "gold" / "daily_counts", by="day")
    connection.execute(_PRIORS.format(priors=feature_sql.priors(batch(surface)), sums=sums))
    for entity in entities(surface):
        write(connection, _entity(surface, entity), out / "gold" / entity.name, by="as_of")
    answered = " OR ".join(f"{name}_seen > 0" for name, weight in surface.training.positives.items() if weight > 0)
    write(connection, _SEQUENCE.format(answered=answered, history=HISTORY), out / "gold" / "sequence", by="as_of")
    write(connection, _samples(surface, out), out / "gold" / "samples", by="event_day")


def _counts(entity: Entity, sums: str) -> str:
    source = "per_pair" if "user_id" in entity.key else "per_item"
    there = " AND ".join(f"{column} IS NOT NULL" for column in entity.key)
    return (
        f"SELECT day, '{entity.name}' AS entity, {_key(entity)} AS key, {sums} FROM {source} WHERE {there} GROUP BY ALL"
    )


def _key(entity: Entity) -> str:
    return " || chr(31) || ".join(entity.key)


def _entity(surface: Surface, entity: Entity) -> str:
    values = (f"({feature_sql.value(feature)})::FLOAT AS {feature.name}" for feature in batch(surface, entity.name))
    evidence = feature_sql.evidence(entity, tuple(surface.outcomes))
    return _ENTITY.format(values=", ".join(values), entity=entity.name, longest=entity.longest, evidence=evidence)


def _samples(surface: Surface, out: Path) -> str:
    joins = [
        f"LEFT JOIN read_parquet('{out}/gold/{entity.name}/*/*.parquet', hive_partitioning = true) AS of_{entity.name} "
        f"ON of_{entity.name}.key = {_key_in_samples(entity)} AND of_{entity.name}.as_of = event_day - 1"
        for entity in entities(surface)
    ]
    columns = (feature.name for feature in batch(surface))
    return _SAMPLES.format(bronze=out / "bronze", columns=", ".join(columns), joins="\n".join(joins))


def _key_in_samples(entity: Entity) -> str:
    table = {"user_id": "labelled", "item_id": "labelled", "creator_id": "known", "topic": "known"}
    return " || chr(31) || ".join(f"{table[column]}.{column}" for column in entity.key)
