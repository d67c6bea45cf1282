"""Batch features as SQL over daily counts joined with the days they look back over, written anew for the benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from features.entities import Entity
from features.feature import IMPRESSIONS, Feature, FirstSeen, Window


def priors(features: Sequence[Feature]) -> str:
    """The ratio over all items in each window that a smoothed rate leans on, as columns."""
    windows = {
        _prior(feature.computation): feature.computation
        for feature in features
        if isinstance(feature.computation, Window) and feature.computation.denominator is not None
    }
    return ", ".join(
        f'sum("{window.numerator}") FILTER (age < {window.days})'
        f' / nullif(sum("{window.denominator}") FILTER (age < {window.days}), 0) AS {name}'
        for name, window in windows.items()
    )


def value(feature: Feature) -> str:
    """The feature as an expression over aggregates."""
    window = feature.computation
    if isinstance(window, FirstSeen):
        return f"max(age) FILTER (impressions > 0 AND age < {window.days})"
    if not isinstance(window, Window):
        raise TypeError(f"{feature.name} is not computed from daily counts")
    amount = _total(window, window.numerator)
    if window.denominator is not None:
        mean = f"any_value({_prior(window)})"
        amount = f"({amount} + {mean} * {window.strength}) / ({_total(window, window.denominator)} + {window.strength})"
        if window.scale == "lift":
            return f"CASE WHEN {mean} > 0 THEN ln({amount} / {mean}) END"
    return f"ln(1 + greatest({amount}, 0))" if window.scale == "log1p" else amount


def evidence(entity: Entity, outcomes: Sequence[str]) -> str:
    """Whether enough is known of a key for it to have a row."""
    shown = f"sum({IMPRESSIONS}) >= {2 if entity.sparse else 1}"
    return " OR ".join([shown, *(f'sum("{outcome}") > 0' for outcome in outcomes)])


def _prior(window: Window) -> str:
    return f"prior_{window.numerator}_{window.days}"


def _total(window: Window, measure: str) -> str:
    parts = window.weights if measure == window.numerator and window.weights else ((measure, 1.0),)
    amount = " + ".join(f'{weight} * "{name}"' for name, weight in parts)
    decay = "" if window.half_life is None else f" * pow(0.5, age / {window.half_life})"
    return f"coalesce(sum(({amount}){decay}) FILTER (age < {window.days}), 0)"
