"""Every lake table. Those that depend on a surface's outcomes or features are functions of them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.contract import Contract, Field
from schemas.logs import ITEM, LAYERS, USER

ARRIVAL_DAY = Field("arrival_day", "date", "UTC day whose landing folder the row came from", required=True)
KNOWN_FROM = Field("known_from", "date", "arrival day from which this version of the row holds", required=True)
KNOWN_UNTIL = Field("known_until", "date", "arrival day from which a newer version holds; null while current")


def bronze(layer: Contract) -> Contract:
    """The typed copy of a landing layer, partitioned by arrival day."""
    return layer.extended(f"bronze.{layer.name}", layer.doc, [ARRIVAL_DAY], partition_by=("arrival_day",))


BRONZE: dict[str, Contract] = {layer.name: bronze(layer) for layer in LAYERS}

QUARANTINE = Contract(
    name="bronze.quarantine",
    version=1,
    doc="Every row or file that ingest could not accept, with the reason and the raw text.",
    partition_by=("arrival_day",),
    fields=(
        Field("layer", "string", "landing layer", required=True),
        Field("reason", "string", "why it was set aside", required=True),
        Field("detail", "string", "the field and value at fault, in words"),
        Field("file", "string", "path below the surface's landing folder", required=True),
        Field("line", "int64", "line (or parquet row) from 1; null when the whole file was set aside"),
        Field("raw", "string", "the row as it was read"),
        ARRIVAL_DAY,
    ),
)

LEDGER = Contract(
    name="ops.ledger",
    version=1,
    doc="Rows in = rows out + rows set aside by reason, per job, day and input.",
    key=("job", "day", "input", "flow"),
    partition_by=("job",),
    fields=(
        Field("job", "string", "step of the night", required=True),
        Field("day", "date", "day the rows belong to", required=True),
        Field("input", "string", "what was counted (a layer or table)", required=True),
        Field("flow", "string", "`in`, `out`, or the reason rows were set aside", required=True),
        Field("rows", "int64", "count", required=True, minimum=0),
    ),
)

FORECAST = Contract(
    name="ops.forecast",
    version=1,
    doc=(
        "What releases were forecast to be worth by off-policy evaluation, and what was measured once they had served. "
        "Values are per request, in the surface's value; a difference is to what was shown on the days of the forecast."
    ),
    key=("kind", "target", "first_day", "last_day", "measured_on"),
    partition_by=("kind",),
    fields=(
        Field("kind", "string", "`forecast`, or `fact`: what came of the one of that target and days", required=True),
        Field("target", "string", "release", required=True),
        Field("first_day", "date", "first event day whose requests the forecast is about", required=True),
        Field("last_day", "date", "the last one", required=True),
        Field("measured_on", "date", "day on which the target served; of a forecast, its last day", required=True),
        Field("known_at", "date", "labels are as known at the end of this day", required=True),
        Field("reasons", "list<string>", "why the logs could not tell: such a forecast has no values"),
        Field("value", "float64", "value of the target"),
        Field("low", "float64", "lower end of its interval"),
        Field("high", "float64", "upper end of its interval"),
        Field("difference", "float64", "value of the target less that of what was shown"),
        Field("difference_low", "float64", "lower end of its interval"),
        Field("difference_high", "float64", "upper end of its interval"),
        Field("logged", "float64", "value of what was shown on the days of the forecast", required=True),
        Field("requests", "int64", "requests that the target's value rests on", required=True),
        Field("users", "int64", "users (in at most 4,096 groups) that asked them", required=True),
        Field("left_out", "list<string>", "outcomes that were not known yet and are no part of any value"),
        Field("level", "float64", "confidence of the intervals", required=True),
    ),
)


def labelled(outcomes: Sequence[str]) -> Contract:
    """silver.labelled for a surface with these outcomes: one row per impression at any as-known night."""
    labels = [
        field
        for outcome in outcomes
        for field in (
            Field(outcome, "float64", f"label: {outcome}; null while its attribution window is open"),
            Field(f"{outcome}_known", "date", f"arrival day on which the {outcome} label became known"),
            Field(f"{outcome}_seen", "float64", f"{outcome} observed so far, mature or not"),
        )
    ]
    return Contract(
        name="silver.labelled",
        version=1,
        doc=(
            "What was shown and what happened. Bitemporal: rows valid at night N are those with known_from <= N and "
            "(known_until is null or known_until > N); of these a label is known if its `_known` day is <= N."
        ),
        key=("impression_id", "known_from"),
        partition_by=("event_day",),
        fields=(
            Field("event_day", "date", "UTC day shown", required=True),
            Field("impression_id", "string", "impression", required=True),
            Field("request_id", "string", "request", required=True),
            Field("user_id", "string", "user"),
            Field("item_id", "string", "item", required=True),
            Field("position", "int32", "slot in the slate, from 0"),
            Field("propensity", "float64", "logged probability of the item at this position"),
            Field("source", "string", "retrieval source"),
            Field("explored", "bool", "drawn to explore"),
            Field("shown_at", "timestamp", "UTC time shown", required=True),
            ARRIVAL_DAY,
            KNOWN_FROM,
            KNOWN_UNTIL,
            *labels,
        ),
    )


def dimension(layer: Contract) -> Contract:
    """silver.item / silver.user: every version of the dimension row with the days it was the known one."""
    return layer.extended(
        f"silver.{layer.name}", layer.doc, [KNOWN_FROM, KNOWN_UNTIL], key=(*layer.key, "known_from"), partition_by=()
    )


SILVER_ITEM = dimension(ITEM)
SILVER_USER = dimension(USER)


def daily_counts(outcomes: Sequence[str]) -> Contract:
    """gold.daily_counts: what became known on one arrival day, per entity. Additive, so windows are sums of days."""
    return Contract(
        name="gold.daily_counts",
        version=1,
        doc="Partial counts per entity of what became known on one arrival day; windows are sums of these.",
        key=("day", "entity", "key"),
        partition_by=("day",),
        fields=(
            Field("day", "date", "arrival day", required=True),
            Field("entity", "string", "kind of key: user, item, creator, topic, user_topic ...", required=True),
            Field("key", "string", "the entity's id; parts of a cross are joined by U+001F", required=True),
            Field("impressions", "float64", "impressions that became known", required=True),
            *(Field(outcome, "float64", f"{outcome} that became known", required=True) for outcome in outcomes),
        ),
    )


def entity_features(entity: str, features: Sequence[Field]) -> Contract:
    """gold.<entity>: the batch features of every entity as of the end of one day."""
    return Contract(
        name=f"gold.{entity}",
        version=1,
        doc=f"Batch features of each {entity}, from what was known at the end of `as_of`.",
        key=("as_of", "key"),
        partition_by=("as_of",),
        fields=(
            Field("as_of", "date", "last arrival day that the values know of", required=True),
            Field("key", "string", f"id of the {entity}", required=True),
            *features,
        ),
    )


SEQUENCE = Contract(
    name="gold.sequence",
    version=1,
    doc="The last k items each user responded to, oldest first, from what was known at the end of `as_of`.",
    key=("as_of", "user_id"),
    partition_by=("as_of",),
    fields=(
        Field("as_of", "date", "last arrival day that the values know of", required=True),
        Field("user_id", "string", "user", required=True),
        Field("items", "list<string>", "item ids, oldest first", required=True),
        Field("times", "list<timestamp>", "UTC time of each", required=True),
    ),
)


def samples(outcomes: Sequence[str], features: Sequence[Field]) -> Contract:
    """gold.samples: silver.labelled joined with features as of the day before, for training the ranker."""
    base = labelled(outcomes)
    context = (
        Field("country", "string", "from the request log"),
        Field("device", "string", "from the request log"),
        Field("area", "string", "from the request log"),
        Field("history_length", "int32", "items in the history that the request log froze"),
        Field("creator_id", "string", "item dimension"),
        Field("topic", "string", "item dimension"),
        Field("created_at", "timestamp", "item dimension"),
    )
    return base.extended(
        "gold.samples",
        "Labelled impressions with batch features as of the day before and request features from the frozen log.",
        [*context, *features],
    )
