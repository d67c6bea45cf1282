"""Candidate, champion and most-popular on the same held-out day, as known at its end."""

from __future__ import annotations

from dataclasses import replace

from jobs.judging.champion import champion_of, share_served
from jobs.judging.contender import Contender
from jobs.judging.drawing import draw, draw_curves
from jobs.judging.judged import judge
from jobs.judging.quoted import main_k
from jobs.night import Night, StepReport
from schemas.evaluation import Evaluation


def run(night: Night) -> StepReport:
    """Write artifact `evaluation`: `evaluation.json` and its pictures. What cannot be measured is said in words."""
    champion, why_not = champion_of(night)
    blank = Evaluation(night.surface.surface, str(night.day), champion_skipped=why_not)
    if champion is not None:
        served = share_served(night, champion.manifest.release_id)
        blank = replace(blank, champion=champion.manifest.release_id, served_by_champion=served)
    other = None if champion is None else Contender.of_release(champion)
    found = judge(night, Contender.of_night(night), other, blank)
    with night.writing("evaluation") as folder:
        found.evaluation.write(folder)
        draw(Evaluation.read(folder), folder)
        draw_curves(night, folder)
    words = [found.evaluation.lists_skipped, found.evaluation.heads_skipped, why_not and f"champion: {why_not}"]
    return StepReport(
        rows=found.rows,
        summary=summary(found.evaluation),
        warnings=[*filter(None, words), *found.warnings],
        figures={"champion": found.evaluation.champion, **headline(found.evaluation)},
    )


def summary(evaluation: Evaluation) -> str:
    """`recall@50: als 0.210, popular 0.102; AUC: click 0.712`."""
    name = f"recall@{main_k(evaluation)}"
    candidate = evaluation.lists.get("candidate", {})
    recalls = [f"{source} {value:.3f}" for source, lists in candidate.items() if (value := lists.figures.get(name))]
    heads = evaluation.heads.get("candidate", {})
    aucs = [f"{head} {value:.3f}" for head, one in heads.items() if (value := one.figures.get("auc"))]
    told = [f"{what}: {', '.join(parts)}" for what, parts in ((name, recalls), ("AUC", aucs)) if parts]
    return "; ".join(told) or "nothing could be measured"


def headline(evaluation: Evaluation) -> dict[str, float | None]:
    """The figures that the night's summary quotes, by name."""
    name = f"recall@{main_k(evaluation)}"
    lists = evaluation.lists.get("candidate", {}).items()
    heads = evaluation.heads.get("candidate", {}).items()
    recalls = {f"{source}/{name}": one.figures.get(name) for source, one in lists}
    return recalls | {f"{head}/auc": one.figures.get("auc") for head, one in heads}
