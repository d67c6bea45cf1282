"""POST /v1/outcomes: what happened to what was shown, acknowledged once it is durable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.errors import InfrastructureError
from serving.logs.outcomes import Outcome, OutcomeIntake, Status
from serving.web.api import Id
from serving.web.service import NO_SURFACE, Service

MAX_OUTCOMES = 1000
RETRY_AFTER_S = 1
NOT_DURABLE: dict[int | str, dict[str, Any]] = {
    503: {"description": "none of them was made durable (disk or queue full): send the same again later"}
}
EXAMPLE: dict[str, Any] = {
    "surface": "shorts",
    "outcomes": [
        {"outcome_id": "o-9f3", "impression_id": "r-17:0", "outcome": "click", "occurred_at": "2026-01-09T12:00:03Z"},
        {"outcome_id": "o-9f4", "impression_id": "r-17:0", "outcome": "dwell", "value": 41.5},
    ],
}


class SentOutcome(BaseModel):
    """One thing that happened to an impression.

    `outcome_id` makes sending it again harmless. `value`: the amount of a summed outcome; nothing, or 1, for a binary
    one. Without `occurred_at` it happened when it arrived.
    """

    model_config = ConfigDict(extra="forbid")

    outcome_id: Id
    impression_id: Annotated[str, Field(min_length=1, max_length=160)]
    outcome: Id
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    occurred_at: AwareDatetime | None = None


class OutcomesRequest(BaseModel):
    """Outcomes of one surface, taken in whole or not at all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    surface: Id
    outcomes: Annotated[list[SentOutcome], Field(min_length=1, max_length=MAX_OUTCOMES)]


class Acknowledged(BaseModel):
    """`accepted`: durable now. `duplicate`: an outcome of this id was durable already."""

    outcome_id: str
    status: Status


class OutcomesResponse(BaseModel):
    """Every outcome that was sent, in its place."""

    surface: str
    outcomes: list[Acknowledged]


def router(service: Service) -> APIRouter:
    """The route that takes outcomes."""
    routes = APIRouter()

    @routes.post("/v1/outcomes", responses=NO_SURFACE | NOT_DURABLE)
    def _outcomes(request: OutcomesRequest) -> OutcomesResponse:
        """Take outcomes of one surface; the answer means that they are on the disk."""
        intake, at = service.log(request.surface).outcomes, service.clock()
        sent = [_outcome(one, at) for one in request.outcomes]
        _require_sound(intake, sent, at)
        statuses = _taken(intake, sent, at)
        acknowledged = [
            Acknowledged(outcome_id=one.outcome_id, status=status) for one, status in zip(sent, statuses, strict=True)
        ]
        return OutcomesResponse(surface=request.surface, outcomes=acknowledged)

    return routes


def _outcome(sent: SentOutcome, at: datetime) -> Outcome:
    return Outcome(sent.outcome_id, sent.impression_id, sent.outcome, sent.value, sent.occurred_at or at)


def _require_sound(intake: OutcomeIntake, sent: Sequence[Outcome], at: datetime) -> None:
    """422 naming each outcome and field at fault, in the form of every other 422."""
    kind: Literal["value_error"] = "value_error"
    faults = [
        {"type": kind, "loc": ("body", "outcomes", fault.index, fault.field), "msg": fault.words}
        for fault in intake.faults(sent, at)
    ]
    if faults:
        raise RequestValidationError(faults)


def _taken(intake: OutcomeIntake, sent: Sequence[Outcome], at: datetime) -> list[Status]:
    try:
        return intake.take(sent, at)
    except InfrastructureError as error:
        raise HTTPException(503, str(error), headers={"Retry-After": str(RETRY_AFTER_S)}) from None
