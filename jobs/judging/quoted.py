"""The few figures of an evaluation by which people judge it: what the decision cites, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.pictures import Row
from jobs.judging.lists import ks
from schemas.evaluation import BLENDED, POPULAR, Evaluation, Head, Lists, Paired

LISTS = ("recall", "ndcg")
EXPOSED = ("coverage", "gini", "novelty", "distance", "new_items", "new_creators")
HEADS = ("auc", "gauc", "log_loss", "ece_debiased")
WORDS = {"auc": "AUC", "gauc": "AUC within users", "log_loss": "log loss", "ece_debiased": "calibration error"}
"""Figures that have a name of their own for people."""
LESS_IS_BETTER = ("log_loss", "ece_debiased", "gini")


@dataclass(frozen=True)
class Quoted:
    """One paired difference against the champion, with the `other` value that it is a difference from."""

    pair: Paired
    other: float | None

    @property
    def name(self) -> str:
        """`all sources recall@50`, `click AUC`."""
        what = self.pair.of.partition("/")[2]
        who = "all sources" if what == BLENDED else what
        figure = WORDS.get(self.pair.figure, self.pair.figure.replace("_", " "))
        return f"{who} {figure}{f', {self.pair.segment}' if self.pair.segment else ''}".replace("_", " ")

    @property
    def percent(self) -> tuple[float, float, float] | None:
        """(low, value, high) in percent of the champion's; None if that is 0 or a limit is not known."""
        pair, other = self.pair, self.other
        if not other or pair.value is None or pair.low is None or pair.high is None:
            return None
        return 100 * pair.low / abs(other), 100 * pair.value / abs(other), 100 * pair.high / abs(other)

    @property
    def better(self) -> bool | None:
        """Whether the whole interval speaks for (True) or against the candidate; None where it holds 0."""
        if self.pair.low is None or self.pair.high is None or self.pair.low <= 0 <= self.pair.high:
            return None
        return (self.pair.low > 0) != (self.pair.figure.partition("@")[0] in LESS_IS_BETTER)

    @property
    def row(self) -> Row | None:
        """As it is drawn; None if it has no `percent`."""
        less = " (less is better)" if self.pair.figure.partition("@")[0] in LESS_IS_BETTER else ""
        return None if self.percent is None else Row(f"{self.name}{less}", *self.percent, self.better)

    def __str__(self) -> str:
        if self.pair.value is None:
            return f"{self.name}: not measured"
        span = "" if self.pair.low is None else f" [{self.pair.low:+.4f}, {self.pair.high:+.4f}]"
        of = "" if self.other is None else f" on {self.other:.4f}"
        return f"{self.name} {self.pair.value:+.4f}{span}{of}, {self.pair.users:,} users"


def main_k(evaluation: Evaluation) -> int:
    """The list length that is gated and quoted: at most 50, and at most a quarter of the catalogue if that is known."""
    lengths = ks(evaluation.catalogue)
    return max((k for k in lengths if k <= min(50, evaluation.catalogue // 4)), default=lengths[0])


def quoted(evaluation: Evaluation) -> list[Quoted]:
    """Recall and NDCG of every source and of all together, and order and calibration of every head, against the
    champion; those that were measured."""
    k = main_k(evaluation)
    wanted = [f"{name}@{k}" for name in LISTS]
    return list(_against(evaluation, "lists", wanted)) + list(_against(evaluation, "heads", HEADS))


def exposed(evaluation: Evaluation) -> list[Quoted]:
    """Whom the lists of all sources together show, against the champion."""
    k = main_k(evaluation)
    wanted = [f"{name}@{k}" for name in EXPOSED]
    return [one for one in _against(evaluation, "lists", wanted) if one.pair.of == f"lists/{BLENDED}"]


def by_segment(evaluation: Evaluation) -> list[Quoted]:
    """Recall of all sources together within each segment, against the champion."""
    figure = f"recall@{main_k(evaluation)}"
    found = [one for one in evaluation.paired if one.segment and one.figure == figure and one.against == "champion"]
    return [Quoted(one, _of_segment(evaluation, one)) for one in found]


def cited(evaluation: Evaluation) -> tuple[str, ...]:
    """The paired differences that a decision rests on, in words: all sources and heads against the champion, and all
    sources against most-popular."""
    against = [str(one) for one in quoted(evaluation) if one.pair.of.startswith("heads/") or BLENDED in one.pair.of]
    popular = evaluation.difference(f"lists/{BLENDED}", f"lists/{POPULAR}", f"recall@{main_k(evaluation)}")
    if popular is not None:
        other = evaluation.figure("candidate", POPULAR, popular.figure)
        against.append(f"{Quoted(popular, other)}, against most popular")
    return tuple(against)


def _against(evaluation: Evaluation, part: str, figures: Sequence[str]) -> Iterator[Quoted]:
    listed: Mapping[str, Lists | Head] = (evaluation.lists if part == "lists" else evaluation.heads).get("champion", {})
    for name in sorted(listed, key=lambda source: source != BLENDED):
        for figure in figures:
            pair = evaluation.difference(f"{part}/{name}", "champion", figure)
            if pair is not None and name != POPULAR:
                yield Quoted(pair, listed[name].figures.get(figure))


def _of_segment(evaluation: Evaluation, pair: Paired) -> float | None:
    found = evaluation.champion_segments.get(pair.segment, {}).get(BLENDED)
    return None if found is None else found.figures.get(pair.figure)
