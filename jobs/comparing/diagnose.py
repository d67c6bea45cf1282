"""Where two releases differ, largest contributions first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jobs.comparing.answers import answers
from jobs.comparing.contribution import Contribution, largest_first
from jobs.comparing.pair import Pair
from jobs.comparing.predictions import head_contributions
from jobs.comparing.slates import overlap, slate_contributions
from jobs.judging.held_out import held_out_day
from jobs.judging.samples import HeldOut, scores
from jobs.judging.segment import Segment
from schemas.errors import UserError


@dataclass(frozen=True)
class Diagnosis:
    """`contributions` of everything that differs, largest first; of `compared` places in all.

    `same_items` and `same_slots`: share of a's slots whose item b shows too, and in the same place; None where the logs
    name no users. `requests` and `impressions` it rests on; `notes`: what could not be looked at.
    """

    surface: str
    day: str
    a: str
    b: str
    contributions: tuple[Contribution, ...]
    compared: int
    same_items: float | None
    same_slots: float | None
    requests: int
    impressions: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        listed = [asdict(one) | {"difference": one.difference, "told": one.told} for one in self.contributions]
        return asdict(self) | {"contributions": listed}


def diagnose(pair: Pair, segment: Segment | None = None) -> Diagnosis:
    """Ask both releases of `pair` for the same slates and the same predictions, and set their differences in order.

    Raises UserError if the day, or the `segment` of it, has nothing to look at.
    """
    found, notes = list[Contribution](), list[str]()
    same, requests = _slates(pair, segment, found, notes)
    impressions = _predictions(pair, segment, found, notes)
    if not requests and not impressions:
        raise UserError(f"nothing of {pair.night.day} can be looked at: {'; '.join(notes)}")
    return Diagnosis(
        surface=pair.night.surface.surface,
        day=str(pair.night.day),
        a=pair.a.name,
        b=pair.b.name,
        contributions=tuple(largest_first(found)),
        compared=len(found),
        same_items=same[0] if same else None,
        same_slots=same[1] if same else None,
        requests=requests,
        impressions=impressions,
        notes=tuple(notes),
    )


def _slates(
    pair: Pair, segment: Segment | None, found: list[Contribution], notes: list[str]
) -> tuple[tuple[float, float] | None, int]:
    night = pair.night
    if not night.surface.has("user"):
        notes.append("the logs name no users: slates cannot be asked for")
        return None, 0
    day = held_out_day(night)
    if segment is not None:
        day = segment.of_day(day)
    if not len(day):
        notes.append(f"no user responded to anything new on {night.day}: no slates were asked for")
        return None, 0
    a, b = (answers(night, who, day) for who in (pair.a, pair.b))
    found += slate_contributions(a, b, day, night.seed("intervals"))
    return overlap(a, b), len(day)


def _predictions(pair: Pair, segment: Segment | None, found: list[Contribution], notes: list[str]) -> int:
    if pair.a.surface.ranker is None or pair.b.surface.ranker is None:
        notes.append("not both have a ranker: heads are not compared")
        return 0
    samples = HeldOut.of(pair.night, segment).measured
    if not len(samples):
        notes.append(f"{pair.night.day} has no impression to compare heads on")
        return 0
    a, b = (scores(who.models["ranker"], samples) for who in (pair.a, pair.b))
    found += head_contributions(pair, a, b, samples, pair.night.seed("intervals"))
    return len(samples)
