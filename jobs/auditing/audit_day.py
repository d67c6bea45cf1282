"""All slates of one day audited, each by the rules that its experiment arms had and the items its release knew."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.audit import Violation, arms_of, audit
from jobs.auditing.logged import logged
from jobs.releasing.inputs import surface_text
from surfaces.slate import Slate
from surfaces.surface import Surface


def config_of(surface: Surface) -> str:
    """The hash by which the request log names this surface file."""
    return hashlib.sha256(surface_text(surface).encode()).hexdigest()


def audit_day(surface: Surface, landing: Path, day: date, requests: pd.DataFrame) -> list[Violation]:
    """Every violation in the slates of `requests`, which arrived on `day` in `landing`."""
    groups: dict[tuple[date, tuple[str, ...]], list[int]] = {}
    for place, (release, arms) in enumerate(zip(requests["release_id"], requests["arms"], strict=True)):
        named = tuple(arms) if isinstance(arms, (list, tuple, np.ndarray)) else ()
        groups.setdefault((_known(release, day), named), []).append(place)
    found: list[Violation] = []
    for (known, arms), places in groups.items():
        found += audit(_slate(surface, arms), surface.policy, logged(landing, day, requests.iloc[places], known))
    return found


def _slate(surface: Surface, arms: tuple[str, ...]) -> Slate:
    """The slate of `surface` as `arms` (`layer:arm`) change it."""
    layers, changes = surface.experiments.layers, []
    for name in arms:
        layer, _, arm = name.partition(":")
        if layer in layers and arm in layers[layer].arms:
            changes.append(layers[layer].arms[arm].slate)
    return arms_of(surface.slate, changes)


def _known(release_id: object, day: date) -> date:
    """The day at whose end the release was made; `day` itself where the log names none."""
    try:
        return date.fromisoformat(str(release_id)[:10])
    except ValueError:
        return day
