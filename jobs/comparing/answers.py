"""What a release shows to the users of a held-out day, asked through the serving code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobs.judging.contender import Contender
from jobs.judging.held_out import HeldOutDay
from jobs.judging.lists import stood
from jobs.night import Night
from serving.pipeline import Answer, recommend

RESERVE = "reserve"
"""The source of an item that none offered: a slate that ran short is filled with what is popular."""
Doubles = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Answers:
    """The slates of m requests, (m, K): `items` and the `sources` that brought them (`""` where a slate is shorter),
    and what each response of the user to the item on the day is worth (`gains`, 0 without one)."""

    items: Words
    sources: Words
    gains: Doubles

    @property
    def shown(self) -> npt.NDArray[np.bool_]:
        """(m, K) whether there is an item."""
        return self.items != ""  # type: ignore[no-any-return]

    def found(self, mask: npt.NDArray[np.bool_]) -> Doubles:
        """(m,) gain of each slate in the slots of `mask` (m, K)."""
        return np.asarray(np.where(mask, self.gains, 0.0).sum(axis=1))


def answers(night: Night, who: Contender, day: HeldOutDay) -> Answers:
    """The slates of `who` for the requests of `day`; the luck of a request is the same for every release."""
    slots = who.surface.slate.size
    items = np.full((len(day), slots), "", dtype=object)
    sources, gains = items.copy(), np.zeros(items.shape)
    with stood(night, who) as release:
        for row, ask in enumerate(day.asks):
            answer = recommend(release, ask)
            for place, slot in enumerate(answer.slate.slots):
                item = str(release.catalogue.ids[slot.row])
                items[row, place], sources[row, place] = item, _source(answer, slot.candidate)
                gains[row, place] = day.gains[row].get(item, 0.0)
    return Answers(items, sources, gains)


def _source(answer: Answer, candidate: int) -> str:
    """The first source that brought it, as the impression log names it."""
    return RESERVE if candidate < 0 else answer.candidates.sources[candidate][0]
