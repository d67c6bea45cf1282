"""The typed model of a surface file: everything product owns about one place that shows a slate."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from surfaces.batch import Batch, faults_of
from surfaces.duration import Duration
from surfaces.experiments import Experiments
from surfaces.fallback import Deadlines, Fallback
from surfaces.policy import Policy
from surfaces.slate import Slate

Lack = Literal["user", "position", "propensity", "non_clicks", "history", "creator", "topic"]
SourceName = Literal["als", "item_item", "two_tower", "popular"]
IndexKind = Literal["ivf_pq", "pq", "hnsw", "ivf_flat", "flat"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Outcome(_Part):
    """One thing that can happen to an impression, and until when it is attributed to it."""

    kind: Literal["binary", "sum"] = "binary"
    window: Duration
    unit: str | None = None
    cap: Annotated[float, Field(gt=0)] | None = None


class Training(_Part):
    """Which days train the models and how much each response counts."""

    window_days: Positive = 7
    half_life_days: Annotated[float, Field(gt=0)] = 3.0
    positives: dict[str, float]


class Source(_Part):
    """One retrieval source: the least and most candidates it brings, and its hyper-parameters."""

    min_quota: Count = 0
    max_quota: Positive = 200
    config: dict[str, float | int | str | bool] = Field(default_factory=dict)


class Ranker(_Part):
    """The multi-task ranker: one head per outcome named here.

    `ignore`: names of features, `*` standing for anything, that it does not learn from: with days of logs only, each
    feature that says little is one more to be misled by, above all those that move when the policy does.
    """

    heads: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    config: dict[str, float | int | str | bool] = Field(default_factory=dict)


class Index(_Part):
    """How item vectors may be indexed: kinds are tried in order until one reaches the recall bar."""

    kinds: tuple[IndexKind, ...] = ("ivf_pq", "pq", "hnsw", "ivf_flat", "flat")
    recall_at: Positive = 100
    min_recall: Share = 0.95
    queries: Positive = 1000


class Gates(_Part):
    """What a night's release must reach to ship. Tolerances are relative to the champion."""

    retrieval_recall_tolerance: Share = 0.10
    blended_recall_vs_popular: Annotated[float, Field(ge=0)] = 1.0
    ranker_auc_tolerance: Share = 0.03
    min_auc: Share = 0.5
    max_ece: Share = 0.05
    min_positives: Positive = 30


class Checks(_Part):
    """Allowed ranges of the data expectations."""

    volume_low: Annotated[float, Field(gt=0)] = 0.5
    volume_high: Annotated[float, Field(gt=1)] = 2.0
    label_rate_factor: Annotated[float, Field(gt=1)] = 2.0
    freshness: Duration = timedelta(hours=6)
    max_quarantine_share: Share = 0.05
    max_orphan_share: Share = 0.05
    max_repeated_share: Share = 0.05
    min_item_coverage: Share = 0.95
    min_rows: Positive = 1


class Logging(_Part):
    """How a server logs.

    `sample`: share of requests, each whole, that the candidate and ranking layers hold. `queue_rows`: rows that may
    wait to be written before outcomes are refused and requests go unlogged (counted). `group_commit_ms`: how long an
    outcome may wait for others to be made durable together. `pseudonymise`: whether user ids are replaced by a keyed
    hash before anything is done with them; off only where the ids name nobody. `promise`: whether a slate is answered
    only once its rows are durable, so that a server that dies leaves no outcome without what was shown, for the price
    of a write to the disk in every request.
    """

    sample: Share = 0.01
    queue_rows: Positive = 50_000
    group_commit_ms: Annotated[float, Field(ge=0, le=1000)] = 2.0
    pseudonymise: bool = True
    promise: bool = False


class Session(_Part):
    """What users did since the release was made.

    `timeout`: how long a session outlives its last event. `keep`: how long responses and what was shown count
    (longer than releases live). `seen`: whether what was shown since is not shown again. `features`: whether the
    ranker is trained on real-time features; turn it on once logs carry them, for a feature that never varied in
    training is left out of account.
    """

    timeout: Duration = timedelta(minutes=30)
    keep: Duration = timedelta(days=2)
    seen: bool = True
    features: bool = False


class Surface(_Part):
    """One surface, validated whole. Raised errors are pydantic's; `surfaces.load` puts them into words."""

    surface: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: str
    outcomes: Annotated[dict[str, Outcome], Field(min_length=1)]
    lateness: Duration = timedelta(days=2)
    lacks: frozenset[Lack] = frozenset()
    training: Training
    retrieval: Annotated[dict[SourceName, Source], Field(min_length=1)]
    ranker: Ranker | None = None
    value: dict[str, float] = Field(default_factory=dict)
    index: Index = Index()
    slate: Slate = Slate()
    policy: Policy = Policy()
    deadlines: Deadlines = Deadlines()
    fallback: Fallback = Fallback()
    gates: Gates = Gates()
    checks: Checks = Checks()
    logging: Logging = Logging()
    session: Session = Session()
    fresh: Source = Source(min_quota=1, max_quota=20)
    """Items posted since the release: found by exact search beside the index, within a quota of their own."""
    experiments: Experiments = Experiments()
    batch: Batch | None = None
    """Where slates are made at night and a request is one read; None: they are drawn when they are asked for."""
    seed: int = 20260101

    @model_validator(mode="after")
    def _names_known_outcomes(self) -> Self:
        named = {
            "training.positives": self.training.positives,
            "ranker.heads": self.ranker.heads if self.ranker else (),
            "value": self.value,
        }
        for key, outcomes in named.items():
            for outcome in outcomes:
                if outcome not in self.outcomes:
                    raise ValueError(f"{key}: found {outcome!r}; allowed are the outcomes {', '.join(self.outcomes)}")
        return self

    @model_validator(mode="after")
    def _weighs_what_is_ranked(self) -> Self:
        if self.ranker is None:
            return self
        heads = ", ".join(self.ranker.heads)
        foreign = [outcome for outcome in self.value if outcome not in self.ranker.heads]
        if foreign or not self.value:
            found = repr(foreign[0]) if foreign else "nothing"
            raise ValueError(f"value: found {found}; allowed are weights of the ranker's heads {heads}, one at least")
        return self

    @model_validator(mode="after")
    def _arms_make_sound_surfaces(self) -> Self:
        faults = self.experiments.faults()
        for layer, arms in self.experiments.layers.items():
            for name, arm in arms.arms.items():
                key = f"experiments.layers.{layer}.arms.{name}"
                foreign = [outcome for outcome in arm.value if outcome not in self.value]
                faults += [f"{key}.value: found {outcome!r}; allowed are the keys of value" for outcome in foreign]
                try:
                    Slate.model_validate(self.slate.model_dump() | arm.slate)
                except ValidationError as error:
                    faults += [f"{key}.slate.{_path(one)}: {one['msg'].lower()}" for one in error.errors()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _night_knows_enough(self) -> Self:
        faults = list(faults_of(self.policy)) if self.batch is not None else []
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _floors_are_scored(self) -> Self:
        heads = self.ranker.heads if self.ranker else ()
        sponsored = self.slate.sponsored
        floors = {
            "slate.exploration.floor": self.slate.exploration.floor,
            "slate.sponsored.floor": sponsored.floor if sponsored else None,
        }
        for key, floor in floors.items():
            if floor is not None and floor.score not in ("value", *heads):
                raise ValueError(f"{key}.score: found {floor.score!r}; allowed are {', '.join(('value', *heads))}")
        return self

    @property
    def restate_days(self) -> int:
        """How many days after its event day an outcome may still arrive and count (whole days, rounded up)."""
        longest = max(outcome.window for outcome in self.outcomes.values())
        return math.ceil((longest + self.lateness) / timedelta(days=1))

    def has(self, thing: Lack) -> bool:
        """Whether this surface's logs carry `thing`."""
        return thing not in self.lacks


def _path(fault: Any) -> str:
    return ".".join(str(part) for part in fault["loc"])
