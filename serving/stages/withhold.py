"""Fourth stage: hard policy. What must not be shown to whoever asks is taken out before anything is scored."""

from __future__ import annotations

import numpy as np

from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.blend import Candidates
from serving.stages.hydrate import Person
from serving.stages.merge import Mask


def withhold(release: LoadedRelease, ask: Ask, person: Person, candidates: Candidates) -> Candidates:
    """The candidates that the surface's policy lets this request see, and how many each rule withheld."""
    faults = withheld(release, ask, person, candidates.rows)
    fit = np.ones(candidates.kept, dtype=np.bool_)
    removed: dict[str, int] = {}
    for reason, mask in faults.items():
        removed[reason] = int((mask & fit).sum())
        fit &= ~mask
    return candidates.take(fit, removed)


def allowed(release: LoadedRelease, ask: Ask, person: Person, rows: Rows) -> Rows:
    """Those of `rows` that the policy lets this request see, in their order."""
    faults = list(withheld(release, ask, person, rows).values())
    return rows[~np.any(faults, axis=0)] if faults else rows


def withheld(release: LoadedRelease, ask: Ask, person: Person, rows: Rows) -> dict[str, Mask]:
    """By reason, (n,) which of (n,) `rows` must not be shown to this request."""
    policy, catalogue = release.surface.policy, release.catalogue
    found: dict[str, Mask] = {}
    for rule in policy.withhold:
        if rule.fits(person.known, ask.country, ask.device):
            reason = f"withheld {rule.label}"
            mask = catalogue.bearing(rule.label, rows)
            found[reason] = found[reason] | mask if reason in found else mask
    for name, prefix in policy.bindings.items():
        bound = catalogue.tags.prefixed(prefix, rows)
        found[f"not for this {name}"] = bound & ~catalogue.tags.bearing(f"{prefix}{ask.places[name]}", rows)
    return found
