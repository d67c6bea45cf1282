"""Candidate and champion as MLflow compares them: the same names for both, so that its compare view sets them side by
side."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from evaluation.head_pictures import head_sheet
from jobs.judging.quoted import exposed, quoted
from schemas.evaluation import BLENDED, POPULAR, Evaluation, Head, Lists, Who

SEGMENTED = {BLENDED, POPULAR}
"""Whose figures are told by segment: those of single sources would be thousands."""
Points = dict[str, dict[int, float]]
"""Value by step, by curve."""


def figures(evaluation: Evaluation, who: Who) -> dict[str, float | None]:
    """Every figure of the lists, segments and heads of `who`, and the ends of the intervals of those that have one."""
    found: dict[str, float | None] = {}
    for source, lists in evaluation.lists.get(who, {}).items():
        found |= _with_ends(f"lists/{source}", lists)
    segments = evaluation.segments if who == "candidate" else evaluation.champion_segments
    for segment, sources in segments.items():
        for source in SEGMENTED & sources.keys():
            lists = sources[source]
            found |= {f"segments/{segment}/{source}/{name}": value for name, value in lists.figures.items()}
    for name, head in evaluation.heads.get(who, {}).items():
        found |= _with_ends(f"heads/{name}", head)
        found |= {f"heads/{name}/ece_left/{way}": one.ece for way, one in head.corrections.items()}
    return found


def differences(evaluation: Evaluation) -> dict[str, float | None]:
    """The paired differences that are quoted, with their ends: by `difference/<part>/<name>/<figure>`."""
    found: dict[str, float | None] = {}
    for one in (*quoted(evaluation), *exposed(evaluation)):
        name = f"difference/{one.pair.of}/{one.pair.figure}"
        found |= {name: one.pair.value, f"{name}/low": one.pair.low, f"{name}/high": one.pair.high}
    return found


def curves(evaluation: Evaluation, who: Who) -> Points:
    """Recall and NDCG over the length of lists; reliability over bins, and calibration over positions, of each head."""
    found: Points = {}
    for source, lists in evaluation.lists.get(who, {}).items():
        for name, value in lists.figures.items():
            figure, _, length = name.partition("@")
            if figure in ("recall", "ndcg") and value is not None:
                found.setdefault(f"by length/{source}/{figure}", {})[int(length)] = value
    for name, head in evaluation.heads.get(who, {}).items():
        found |= _of_head(name, head)
    return found


def pictures(evaluation: Evaluation, who: Who) -> Iterator[tuple[str, Figure]]:
    """(key, picture) of each head of `who` alone."""
    for name, head in evaluation.heads.get(who, {}).items():
        if head.reliability:
            yield f"head_{name}", head_sheet(name, {who: head})


def _with_ends(name: str, found: Lists | Head) -> dict[str, float | None]:
    ends = {
        f"{name}/{figure}/{end}": limit
        for figure, limits in found.intervals.items()
        for end, limit in zip(("low", "high"), limits, strict=True)
    }
    return {f"{name}/{figure}": value for figure, value in found.figures.items()} | ends


def _of_head(name: str, head: Head) -> Points:
    found: Points = {}
    if head.reliability:
        found[f"reliability/{name}/predicted"] = {nth: one[0] for nth, one in enumerate(head.reliability)}
        found[f"reliability/{name}/observed"] = {nth: one[1] for nth, one in enumerate(head.reliability)}
    for part in ("predicted", "observed"):
        places = {int(place): getattr(group, part) for place, group in head.groups.get("position", {}).items()}
        known = {place: value for place, value in places.items() if value is not None}
        if known:
            found[f"by position/{name}/{part}"] = known
    return found
