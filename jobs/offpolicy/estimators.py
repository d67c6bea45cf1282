"""The estimators for slates that are drawn slot by slot, on one set of weighed slates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation.ope import slates
from evaluation.ope.cross_fitting import scale_by_slot
from evaluation.ope.estimate import Estimate, estimated
from evaluation.ope.intervals import delta_method, studentised
from evaluation.ope.slope import ladder, slope
from evaluation.ope.stream import summed
from evaluation.ope.terms import Doubles, Terms
from jobs.offpolicy.rows import Rows

MAIN = "cascade_dr"


@dataclass(frozen=True)
class Found:
    """Estimates by name, that of the paired difference to what was shown, its terms, and the clip that SLOPE chose."""

    estimates: dict[str, Estimate]
    difference: Estimate
    logged: Terms
    clip: float


def every(rows: Rows, unsupported: float | None, level: float) -> Found:
    """Every estimate, each judged by the weights that it leans on; the model's alone only beside a trusted one."""
    interval = partial(studentised, level=level)
    shown = slates.on_policy(rows.rewards)
    main = modelled(rows)
    clip = chosen_clip(rows)
    terms = {
        MAIN: main,
        "rips": slates.rips(rows.weights, rows.rewards),
        "snrips": slates.rips(rows.weights, rows.rewards, normalised=True),
        "rips_slope": slates.rips(rows.weights, rows.rewards, clip=clip),
        "sips": slates.sips(rows.weights, rows.rewards),
    }
    found = {
        name: estimated(name, summed(one, rows.users), unsupported, interval=interval) for name, one in terms.items()
    }
    if not found[MAIN].refused:
        found["dm"] = estimated("dm", summed(slates.slate_dm(scaled(rows)[2]), rows.users), interval=interval)
    paired = summed(main.plus(shown, -1.0), rows.users)
    return Found(found, estimated("difference", paired, unsupported, interval=interval), shown, clip)


def modelled(rows: Rows) -> Terms:
    """Cascade-DR with the target's own ranker as the model, brought to the scale of rewards slot by slot."""
    predicted, baseline, rollout = scaled(rows)
    return slates.cascade_dr(rows.weights, rows.rewards, *slates.with_future(predicted, baseline, rollout))


def scaled(rows: Rows) -> tuple[Doubles, Doubles, Doubles]:
    """(predicted, baseline, rollout), each slot scaled by what users of other folds did with what they were shown."""
    known = ~np.isnan(rows.modelled)
    scale = scale_by_slot(rows.users, np.where(known, rows.rewards, 0.0), np.where(known, rows.modelled, 0.0))
    return rows.predicted * scale, rows.baseline * scale, rows.rollout * scale


def chosen_clip(rows: Rows) -> float:
    """The clip of RIPS that SLOPE takes."""
    clips = ladder(float(slates.down_to(rows.weights).max()))
    sums = [summed(slates.rips(rows.weights, rows.rewards, clip=clip), rows.users) for clip in clips]
    found = [delta_method(one) for one in sums]
    return clips[slope([one.value for one in found], [one.high - one.value for one in found])]
