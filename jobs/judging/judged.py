"""Two contenders on one held-out day: lists and heads of both, with the paired differences between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jobs.judging import heads as judged_heads
from jobs.judging import list_figures, paired_lists
from jobs.judging import lists as judged_lists
from jobs.judging.contender import Contender
from jobs.judging.held_out import HeldOutDay, held_out_day
from jobs.judging.lists import Items
from jobs.judging.paired_heads import against_champion
from jobs.judging.samples import HeldOut, scores
from jobs.judging.segment import Segment
from jobs.night import Night
from models.ranker_data import head_kinds
from schemas.evaluation import Evaluation


@dataclass
class Found:
    """An evaluation in the making, what is to be said about it, and the `rows` it was measured on."""

    evaluation: Evaluation
    warnings: list[str] = field(default_factory=list)
    rows: int = 0

    def set(self, **changes: object) -> None:
        self.evaluation = replace(self.evaluation, **changes)  # type: ignore[arg-type]


def judge(
    night: Night, candidate: Contender, champion: Contender | None, blank: Evaluation, segment: Segment | None = None
) -> Found:
    """Measure both on the night's day, as known at its end; what cannot be measured is said in words.

    `blank` says who they are. `segment`: only users and samples of it. Raises UserError if nobody is in it.
    """
    found = Found(blank)
    _lists(night, candidate, champion, found, segment)
    _heads(night, candidate, champion, found, segment)
    return found


def _lists(
    night: Night, candidate: Contender, champion: Contender | None, found: Found, segment: Segment | None
) -> None:
    if not night.surface.has("user"):
        found.set(lists_skipped="the logs name no users, so no user's next responses can be looked for")
        return
    day = held_out_day(night)
    if segment is not None:
        day = segment.of_day(day)
    if not len(day):
        found.set(lists_skipped=f"no user responded to anything new on {night.day}, as known by its end")
        return
    seed = night.seed("intervals")
    mine = list_figures.measured(_of(night, candidate, day, found), day, seed)
    popular = paired_lists.against_popular(mine, seed)
    found.set(catalogue=len(day.items), segments=mine.by_segment, protocol=day.protocol)
    if champion is None:
        found.set(lists={"candidate": mine.lists}, paired=(*found.evaluation.paired, *popular))
    else:
        theirs = list_figures.measured(_of(night, champion, day, found), day, seed)
        found.set(lists={"candidate": mine.lists, "champion": theirs.lists}, champion_segments=theirs.by_segment)
        found.set(paired=(*found.evaluation.paired, *paired_lists.against_champion(mine, theirs, seed), *popular))
    found.rows += len(day)


def _of(night: Night, who: Contender, day: HeldOutDay, found: Found) -> dict[str, Items]:
    lists = judged_lists.source_lists(who, day)
    if not who.knows_features_of(night):
        found.warnings.append(f"{who.name} was trained on other features: not blended")
        return lists
    return lists | judged_lists.blended(night, day, who)


def _heads(
    night: Night, candidate: Contender, champion: Contender | None, found: Found, segment: Segment | None
) -> None:
    if night.surface.ranker is None or candidate.surface.ranker is None:
        found.set(heads_skipped="the surface has no ranker")
        return
    day = HeldOut.of(night, segment)
    kinds, seed = head_kinds(candidate.surface), night.seed("intervals")
    if not candidate.knows_features_of(night):
        found.warnings.append(f"{candidate.name} was trained on other features: not ranked")
        return
    mine = scores(candidate.models["ranker"], day.measured)
    heads = {"candidate": judged_heads.measure(mine, day, kinds, seed, candidate.models["ranker"])}
    if champion is not None and champion.surface.ranker is not None:
        if champion.knows_features_of(night):
            theirs = scores(champion.models["ranker"], day.measured)
            of_theirs = head_kinds(champion.surface)
            heads["champion"] = judged_heads.measure(theirs, day, of_theirs, seed, champion.models["ranker"])
            paired = against_champion(mine, theirs, day.measured, kinds, seed)
            found.set(paired=(*found.evaluation.paired, *paired))
        else:
            found.warnings.append(f"{champion.name} was trained on other features: not ranked")
    found.set(heads=heads, yardstick=judged_heads.yardstick(night, day.measured.data))
    found.rows += len(day.measured)
