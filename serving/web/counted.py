"""What is counted request by request, for /metrics."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from serving.pipeline import Answer

BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.004, 0.007, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


class Metrics:
    """One server's counters; all else is read when it is scraped."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of_surface = ("surface",)
        new: dict[str, Any] = {"registry": self.registry, "namespace": "feedmill"}
        stage = ("surface", "stage")
        self.stages = Histogram("stage_seconds", "time in one stage of a request", stage, buckets=BUCKETS, **new)
        self.requests = Histogram("request_seconds", "all stages of a request", of_surface, buckets=BUCKETS, **new)
        self.fallbacks = Counter("fallbacks", "fallbacks taken", ("surface", "fallback"), **new)
        self.asked = Counter("slots_asked", "slots that were asked for", of_surface, **new)
        self.filled = Counter("slots_filled", "slots that were filled", of_surface, **new)
        self.explored = Counter("slots_explored", "slots that were drawn to explore", of_surface, **new)
        self.relaxed = Counter("slots_relaxed", "slots for which a rule gave way", ("surface", "rule"), **new)
        self.removed = Counter("removed", "what stages took out", ("surface", "stage", "reason"), **new)

    def answered(self, answer: Answer) -> None:
        """Count one answer."""
        surface = answer.release.surface.surface
        for stage in answer.trace.stages:
            self.stages.labels(surface, stage.stage).observe(stage.milliseconds / 1000)
            for reason, count in stage.removed.items():
                self.removed.labels(surface, stage.stage, reason).inc(count)
        self.requests.labels(surface).observe(sum(stage.milliseconds for stage in answer.trace.stages) / 1000)
        for fallback in answer.ask.fallbacks:
            self.fallbacks.labels(surface, fallback).inc()
        drawn = [slot.draw for slot in answer.slate.slots]
        self.asked.labels(surface).inc(answer.release.size_of(answer.ask))
        self.filled.labels(surface).inc(len(drawn))
        self.explored.labels(surface).inc(sum(draw.explored for draw in drawn))
        for draw in drawn:
            for rule in draw.relaxed:
                self.relaxed.labels(surface, rule).inc()
