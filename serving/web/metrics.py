"""GET /metrics: what a Prometheus scrapes; GET /readyz: whether this server should be sent requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from pydantic import BaseModel

from serving.web.service import Service

NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "no surface can answer"}}


class ReadyResponse(BaseModel):
    """`surfaces` that can answer; `alarms` of those whose slates broke more rules than their policy lets pass, and
    what the server did about it."""

    status: Literal["ready", "not ready"]
    surfaces: list[str]
    alarms: dict[str, str]


def router(service: Service) -> APIRouter:
    """The routes for those who watch the server."""
    routes = APIRouter()
    service.metrics.registry.register(_Parts(service))

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def _metrics() -> Response:
        """Latency by stage, fallbacks, fill, exploration, freshness lag, release, logs, online state."""
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/readyz", responses=NOT_READY)
    def _ready(response: Response) -> ReadyResponse:
        """Whether any surface can answer: a load balancer asks this."""
        able = sorted(name for name, surface in service.surfaces.items() if surface.release is not None)
        if not able:
            response.status_code = 503
        alarms = {name: surface.alarm for name, surface in service.surfaces.items()}
        told = {name: alarm for name, alarm in alarms.items() if alarm is not None}
        return ReadyResponse(status="ready" if able else "not ready", surfaces=able, alarms=told)

    return routes


class _Parts:
    """Figures that the server's parts keep themselves, as Prometheus wants them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        yield from self._releases()
        yield from self._logs()
        yield from self._policy()
        online = self._service.online
        counts = {"applied": online.applied, "dropped": online.dropped, "failed": online.failed}
        updates = CounterMetricFamily("feedmill_online_updates", "updates of real-time state", labels=["result"])
        for result, count in counts.items():
            updates.add_metric([result], count)
        yield updates
        yield CounterMetricFamily("feedmill_online_unread", "requests without their real-time state", online.unread)

    def _releases(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("feedmill_release", "the release that answers", labels=["surface", "release"])
        lag = GaugeMetricFamily("feedmill_freshness_lag_seconds", "since the end of its day", labels=["surface"])
        items = GaugeMetricFamily("feedmill_items", "items it can show", labels=["surface"])
        degraded = GaugeMetricFamily(
            "feedmill_degraded", "1 while a newer release cannot be served", labels=["surface"]
        )
        for name, surface in self._service.surfaces.items():
            degraded.add_metric([name], float(surface.problem is not None))
            release = surface.release
            if release is not None:
                ended = datetime.fromisoformat(release.manifest.day).replace(tzinfo=UTC) + timedelta(days=1)
                info.add_metric([name, release.release_id], 1)
                lag.add_metric([name], (self._service.clock() - ended).total_seconds())
                items.add_metric([name], len(release.catalogue))
        yield from (info, lag, items, degraded)

    def _policy(self) -> Iterator[Metric]:
        broken = CounterMetricFamily("feedmill_policy_violations", "shown against a rule", labels=["surface", "rule"])
        share = GaugeMetricFamily(
            "feedmill_policy_violation_share", "of the slots filled lately that broke a rule", labels=["surface"]
        )
        alarm = GaugeMetricFamily(
            "feedmill_policy_alarm", "1 since it was too many, until another release is published", labels=["surface"]
        )
        for name, surface in self._service.surfaces.items():
            watch = self._service.watched(name)
            for rule, count in watch.broken.copy().items():
                broken.add_metric([name, rule], count)
            share.add_metric([name], watch.share)
            alarm.add_metric([name], float(surface.alarm is not None))
        yield from (broken, share, alarm)

    def _logs(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("feedmill_logged_requests", "requests by log", labels=["surface", "result"])
        outcomes = CounterMetricFamily("feedmill_outcomes", "outcomes by result", labels=["surface", "result"])
        waiting = GaugeMetricFamily("feedmill_log_rows_waiting", "rows that wait to be written", labels=["surface"])
        for name, log in self._service.logs.items():
            requests.add_metric([name, "logged"], log.logged)
            requests.add_metric([name, "unlogged"], log.unlogged)
            for result in ("accepted", "duplicates", "refused"):
                outcomes.add_metric([name, result], getattr(log.outcomes, result))
            waiting.add_metric([name], log.writer.waiting)
        yield from (requests, outcomes, waiting)
