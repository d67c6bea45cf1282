"""What the target would show that the logging policy never does: measured where the release that logged is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jobs.offpolicy.asked import LOOKED_AT
from jobs.offpolicy.walking import Step, steps
from schemas.errors import UserError
from serving.pipeline import drafted
from serving.replay import Releases, ask_of

if TYPE_CHECKING:
    from jobs.offpolicy.logged import LoggedSlate
    from serving.release.catalogue import Rows
    from serving.release.loaded import LoadedRelease

_EXACT = 1e-9


class Support:
    """Share of the target's probability on items that logging gives none, over the slates that are looked at."""

    def __init__(self, releases: Releases, most: int = LOOKED_AT) -> None:
        self._releases = releases
        self._left = most
        self._missing = 0.0
        self._total = 0.0
        self._rows: tuple[tuple[str, str], Rows] | None = None

    @property
    def unsupported(self) -> float | None:
        """The share; None where no release that logged is kept, or none gives again what it logged."""
        return self._missing / self._total if self._total > 0 else None

    def look(self, target: LoadedRelease, given: Sequence[Step], slate: LoggedSlate, slots: int) -> None:
        """Compare the target's steps with those of the release that answered, as long as both can show the slate."""
        release_id = slate.request.get("release_id")
        if self._left <= 0 or release_id is None or not self._releases.has(release_id):
            return
        self._left -= 1
        try:
            logging = self._releases.of(slate.request)
        except UserError:  # items posted since then are gone
            return
        draft = drafted(logging, ask_of(slate.request))
        own = list(steps(draft, logging.catalogue.rows(slate.items[:slots]).tolist()))
        rows, above = self._known(target, logging), 1.0
        for step, logged, propensity in zip(given, own, slate.propensities, strict=False):
            if abs(logged.probability - (propensity or 0.0)) > _EXACT:
                return
            there = np.isin(rows[step.items], logged.items[logged.probabilities > 0.0])
            self._missing += above * float(step.probabilities[~there].sum())
            self._total += above
            above *= step.probability / logged.probability

    def _known(self, target: LoadedRelease, logging: LoadedRelease) -> Rows:
        """By row of the target's catalogue, that of the logging release's, -1 where it does not know the item."""
        names = (target.release_id, logging.release_id)
        if self._rows is None or self._rows[0] != names:
            self._rows = names, logging.catalogue.rows(target.catalogue.ids.tolist())
        return self._rows[1]
