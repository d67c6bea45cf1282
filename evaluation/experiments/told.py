"""An analysis as JSON: all figures by name, for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from evaluation.experiments.analysis import Analysis, Comparison
from evaluation.experiments.finding import Finding


def to_json(analysis: Analysis) -> str:
    """Every figure of `analysis`; a number that is not finite is null."""
    asked = analysis.question
    content = {
        "decision": analysis.decision,
        "control": asked.control,
        "level": asked.level,
        "looked_at": "daily" if asked.daily else "once",
        "days": analysis.days,
        "assignment": [asdict(one) | {"sound": one.sound} for one in analysis.assignments],
        "treatments": {one.treatment: _comparison(one) for one in analysis.comparisons},
        "notes": list(analysis.notes),
    }
    return json.dumps(_finite(content), indent=1)


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "verdict": one.verdict.decision,
        "reasons": list(one.verdict.reasons),
        "primary": {found.metric.name: _finding(found) for found in one.primary},
        "secondary": {
            found.metric.name: asdict(found.effect) | {"adjusted": found.adjusted} for found in one.secondary
        },
        "guardrails": {
            found.guardrail.metric.name: {
                "margin": found.guardrail.margin,
                "state": found.state,
                "p": found.p,
                "interval": found.relative,
                "effect": asdict(found.effect),
            }
            for found in one.guardrails
        },
        "novelty": None if one.novelty is None else asdict(one.novelty) | {"course": one.novelty.course},
        "long_term": None if one.long_term is None else asdict(one.long_term),
        "diluted": None if one.diluted is None else asdict(one.diluted),
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "state": found.state,
        "interval": found.interval,
        "effect": asdict(found.effect),
        "adjusted": found.adjusted,
        "looks": [asdict(look) for look in found.looks],
        "cuped": None if found.cuped is None else asdict(found.cuped),
        "ranks": None if found.ranks is None else asdict(found.ranks),
        "bootstrap": None if found.resampled is None else asdict(found.resampled),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
