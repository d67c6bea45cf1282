"""Logged slates against a target release: the weight of every slot, and what the release's own ranker makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.ope.terms import Doubles
from jobs.offpolicy.logged import LoggedSlate
from jobs.offpolicy.support import Support
from jobs.offpolicy.walking import Step, steps
from serving.pipeline import Answer, draft_of, recommend
from serving.release.loaded import LoadedRelease
from serving.replay import ask_of
from serving.slate.pool import Pool
from serving.stages.compose import Draft

OWN_LUCK = "\x1fope"
"""Ends the request id by which the target draws a slate of its own: independent of what logging drew."""


@dataclass(frozen=True)
class Weighed:
    """(k,) arrays of one slate: the weight of each slot given the items above, 0 from the first item on that the target
    could not show; the ranker's value of the item shown (`predicted`) and its expectation under the target (`baseline`)
    given the items above; the expectations along a slate that the target drew itself (`rollout`); and the ranker's
    value of what was shown, whether the target could show it there or not (`modelled`, NaN where it never saw it).
    """

    weights: Doubles
    predicted: Doubles
    baseline: Doubles
    rollout: Doubles
    modelled: Doubles


def weigh(release: LoadedRelease, slate: LoggedSlate, slots: int, support: Support | None = None) -> Weighed:
    """Answer the request of `slate` from `release` and weigh its first `slots` slots, whose propensities are sound."""
    ask = ask_of(slate.request)
    found = recommend(release, replace(ask, request_id=ask.request_id + OWN_LUCK))
    one, values = draft_of(found), _Values(found)
    rows = found.release.catalogue.rows(slate.items[:slots]).tolist()
    given = list(steps(one, rows))
    if support is not None:
        support.look(found.release, given, slate, slots)
    weights, predicted, baseline = np.zeros((3, slots))
    for place, step in enumerate(given):
        baseline[place] = values.expected(step)
        if step.index >= 0:
            weights[place] = step.probability / float(slate.propensities[place] or np.nan)
            predicted[place] = values.of(step.pool)[step.index]
    return Weighed(weights, predicted, baseline, _rollout(found, one, values, slots), values.of_rows(rows))


def _rollout(found: Answer, one: Draft, values: _Values, slots: int) -> Doubles:
    drawn = [slot.row for slot in found.slate.slots[:slots]]
    rollout = np.zeros(slots)
    for place, step in enumerate(steps(one, drawn)):
        rollout[place] = values.expected(step)
    return rollout


class _Values:
    """The value of every item of a pool as the ranker sees it; that of the worst candidate for those of the reserve."""

    def __init__(self, found: Answer) -> None:
        order = found.values.order
        self._rows = found.candidates.rows[order]
        self._ranked = found.values.value[order].astype(np.float64)
        self._worst = float(self._ranked[-1]) if len(order) else 0.0

    def of(self, pool: Pool) -> Doubles:
        """(n,) by pool index."""
        return np.concatenate([self._ranked, np.full(len(pool) - len(self._ranked), self._worst)])

    def expected(self, step: Step) -> float:
        """Under the distribution of a slot."""
        return float(self.of(step.pool)[step.choices] @ step.probabilities)

    def of_rows(self, rows: Sequence[int]) -> Doubles:
        """(k,) of catalogue rows, NaN for those that are no candidates."""
        found = np.full(len(rows), np.nan)
        for place, row in enumerate(rows):
            where = np.flatnonzero(self._rows == row)
            if len(where):
                found[place] = self._ranked[where[0]]
        return found
