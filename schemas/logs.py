"""The five log layers and the two dimensions, as a server (or an adapter) writes them to landing."""

from __future__ import annotations

from schemas.contract import Contract, Field

_VERSION = Field("schema_version", "int32", "version of this layer's contract", required=True)
_REQUEST_ID = Field("request_id", "string", "ties the five layers together", required=True)
_ITEM_ID = Field("item_id", "string", "item", required=True)

REQUEST = Contract(
    name="request",
    version=1,
    doc="One row per request for a slate: who asked, when, in which context, answered by which release.",
    key=("request_id",),
    fields=(
        _VERSION,
        _REQUEST_ID,
        Field("user_id", "string", "pseudonymous user; absent where the log has no users"),
        Field("session_id", "string", "session"),
        Field("requested_at", "timestamp", "UTC time of the request", required=True),
        Field("country", "string", "ISO 3166 alpha-2 country"),
        Field("device", "string", "device class"),
        Field("area", "string", "place, such as a delivery zone, in the words of the items' tags"),
        Field("network", "string", "network class"),
        Field("history", "list<string>", "items consumed before, oldest first, as frozen at request time"),
        Field("release_id", "string", "release that answered"),
        Field("config", "string", "hash of the surface file in force"),
        Field("policy", "string", "policy that drew the slate"),
        Field("experiment", "string", "experiment arm"),
        Field("arms", "list<string>", "arm in every experiment layer, as layer:arm"),
        Field("size", "int32", "slots asked for", minimum=1),
        Field(
            "seen",
            "list<string>",
            "items excluded as seen that the release does not know of, as frozen at request time",
        ),
        Field("state", "map<string,float32>", "real-time feature values as used; an absent one was missing or expired"),
        Field("posted", "int32", "number of the last item posted since the release that it could show", minimum=1),
        Field("sampled", "bool", "whether the candidate and ranking layers hold this request"),
        Field("drawn_at", "timestamp", "UTC time at which the slate was drawn beforehand, where it was"),
        Field("fallbacks", "list<string>", "fallbacks taken while answering"),
        Field("last_good", "list<string>", "items of the earlier slate that fallback last_good repeats"),
        Field(
            "unlogged",
            "int32",
            "requests the same server answered before this one and could not log, if any, since it last said so",
            minimum=1,
        ),
    ),
)

CANDIDATE = Contract(
    name="candidate",
    version=1,
    doc="One row per candidate that a retrieval source offered (for sampled requests).",
    key=("request_id", "source", "item_id"),
    fields=(
        _VERSION,
        _REQUEST_ID,
        _ITEM_ID,
        Field("source", "string", "retrieval source", required=True),
        Field("rank", "int32", "rank within the source, from 0", minimum=0),
        Field("score", "float32", "the source's own score"),
        Field("retrieved_at", "timestamp", "UTC time of retrieval", required=True),
    ),
)

RANKING = Contract(
    name="ranking",
    version=1,
    doc="One row per ranked candidate (for sampled requests): head scores and the feature values as used.",
    key=("request_id", "item_id"),
    fields=(
        _VERSION,
        _REQUEST_ID,
        _ITEM_ID,
        Field("scores", "map<string,float32>", "calibrated probability or expectation per head"),
        Field("raw_scores", "map<string,float32>", "the same before calibration"),
        Field("value", "float32", "scores combined by the surface's value weights"),
        Field("features", "map<string,float32>", "feature values as used; a missing one is absent"),
        Field("missing", "list<string>", "features that were missing, late or expired and took their default"),
        Field("feature_schema", "string", "hash of the feature schema in force"),
        Field("ranked_at", "timestamp", "UTC time of ranking", required=True),
    ),
)

IMPRESSION = Contract(
    name="impression",
    version=1,
    doc="One row per item shown.",
    key=("impression_id",),
    fields=(
        _VERSION,
        Field("impression_id", "string", "ties outcomes to what was shown", required=True),
        _REQUEST_ID,
        Field("user_id", "string", "pseudonymous user; absent where the log has no users"),
        _ITEM_ID,
        Field("position", "int32", "slot in the slate, from 0; absent where the log has no order", minimum=0),
        Field(
            "propensity",
            "float64",
            "probability, under the policy that acted, of this item at this position given the items above it",
            minimum=0.0,
            maximum=1.0,
        ),
        Field("source", "string", "retrieval source that brought the item"),
        Field("explored", "bool", "whether the slot was drawn to explore"),
        Field("eligible", "int32", "items eligible for the slot when it was drawn", minimum=1),
        Field("reason", "string", "why the item stands there, in the words of the policy that drew it"),
        Field("relaxed", "list<string>", "rules that gave way for this slot, in the surface's order"),
        Field("shown_at", "timestamp", "UTC time shown", required=True),
    ),
)

OUTCOME = Contract(
    name="outcome",
    version=1,
    doc="One row per thing that happened to something shown.",
    key=("outcome_id",),
    fields=(
        _VERSION,
        Field("outcome_id", "string", "makes repeated delivery harmless", required=True),
        Field("impression_id", "string", "the impression it belongs to", required=True),
        Field("request_id", "string", "the request it belongs to"),
        Field("outcome", "string", "name of the outcome, as in the surface file", required=True),
        Field("value", "float64", "1 for a binary outcome, the amount (seconds for dwell) otherwise"),
        Field("occurred_at", "timestamp", "UTC time it happened", required=True),
    ),
)

ITEM = Contract(
    name="item",
    version=1,
    doc="Item dimension; a later row for the same item replaces the earlier one from its arrival day on.",
    key=("item_id",),
    fields=(
        _VERSION,
        _ITEM_ID,
        Field("creator_id", "string", "creator, publisher or artist"),
        Field("topic", "string", "main topic or category"),
        Field("tags", "list<string>", "further labels"),
        Field("language", "string", "ISO 639-1 language"),
        Field("duration_s", "float32", "length in seconds", minimum=0.0),
        Field("content", "list<float32>", "content embedding"),
        Field("title", "string", "title for people"),
        Field("created_at", "timestamp", "UTC time the item was created"),
        Field("updated_at", "timestamp", "UTC time of this row", required=True),
    ),
)

USER = Contract(
    name="user",
    version=1,
    doc="User dimension; a later row for the same user replaces the earlier one from its arrival day on.",
    key=("user_id",),
    fields=(
        _VERSION,
        Field("user_id", "string", "pseudonymous user", required=True),
        Field("country", "string", "ISO 3166 alpha-2 country"),
        Field("language", "string", "ISO 639-1 language"),
        Field("age_band", "string", "age band"),
        Field("gender", "string", "gender as given"),
        Field("signed_up_at", "timestamp", "UTC time of sign-up"),
        Field("updated_at", "timestamp", "UTC time of this row", required=True),
    ),
)

LAYERS: tuple[Contract, ...] = (REQUEST, CANDIDATE, RANKING, IMPRESSION, OUTCOME, ITEM, USER)
"""Every layer that may lie in landing; the five logs first, then the dimensions."""

EVENT_TIME: dict[str, str] = {
    "request": "requested_at",
    "candidate": "retrieved_at",
    "ranking": "ranked_at",
    "impression": "shown_at",
    "outcome": "occurred_at",
    "item": "updated_at",
    "user": "updated_at",
}
"""The column of each layer that says when its event happened."""


def layer(name: str) -> Contract:
    """The current contract of landing layer `name`; raises KeyError for an unknown one."""
    for contract in LAYERS:
        if contract.name == name:
            return contract
    raise KeyError(f"no layer {name!r}; layers are {', '.join(c.name for c in LAYERS)}")
