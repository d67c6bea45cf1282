"""Candidate, champion and most-popular on the same held-out day, as known at its end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from evaluation import pictures
from features.registry import registry, schema_hash
from jobs.judging import heads as evaluate_heads
from jobs.judging import list_figures
from jobs.judging import lists as evaluate_lists
from jobs.judging.champion import Champion, champion_of, share_served
from jobs.judging.held_out import HeldOutDay, held_out_day
from jobs.judging.lists import Items
from jobs.night import Night, StepReport
from models.ranker_data import head_kinds
from schemas.evaluation import Evaluation


@dataclass
class Found:
    """An evaluation in the making, and what is to be said about it."""

    evaluation: Evaluation
    champion: Champion | None
    warnings: list[str] = field(default_factory=list)

    def set(self, **changes: object) -> None:
        self.evaluation = replace(self.evaluation, **changes)  # type: ignore[arg-type]


def run(night: Night) -> StepReport:
    """Write artifact `evaluation`: `evaluation.json` and its pictures. What cannot be measured is said in words."""
    champion, why_not = champion_of(night)
    blank = Evaluation(night.surface.surface, str(night.day), champion_skipped=why_not)
    found = Found(blank, champion)
    if champion is not None:
        served = share_served(night, champion.manifest.release_id)
        found.set(champion=champion.manifest.release_id, served_by_champion=served)
    rows = _evaluate_lists(night, found) + _evaluate_heads(night, found)
    with night.writing("evaluation") as folder:
        found.evaluation.write(folder)
        _draw(night, found.evaluation, folder)
    words = [found.evaluation.lists_skipped, found.evaluation.heads_skipped, why_not and f"champion: {why_not}"]
    return StepReport(
        rows=rows,
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


def main_k(evaluation: Evaluation) -> int:
    """The list length that is gated and quoted: at most 50, and at most a quarter of the catalogue if that is known."""
    lengths = evaluate_lists.ks(evaluation.catalogue)
    return max((k for k in lengths if k <= min(50, evaluation.catalogue // 4)), default=lengths[0])


def _evaluate_lists(night: Night, found: Found) -> int:
    if not night.surface.has("user"):
        found.set(lists_skipped="the logs name no users, so no user's next responses can be looked for")
        return 0
    day = held_out_day(night)
    if not len(day):
        found.set(lists_skipped=f"no user responded to anything new on {night.day}, as known by its end")
        return 0
    lists = evaluate_lists.source_lists(night.surface, night.artifact, day)
    lists |= evaluate_lists.blended(night, day, partial(evaluate_lists.candidate_release, night))
    seed = night.seed("intervals")
    candidate = list_figures.measured(lists, day, seed)
    measured, paired = {"candidate": candidate.lists}, list(list_figures.against_popular(candidate, seed))
    if found.champion is not None:
        champion = list_figures.measured(_champion_lists(night, found, found.champion, day), day, seed)
        measured["champion"] = champion.lists
        paired = [*list_figures.against_champion(candidate, champion, seed), *paired]
    segments = list_figures.by_segment(lists, day, seed)
    found.set(catalogue=len(day.items), lists=measured, segments=segments, protocol=day.protocol)
    found.set(paired=(*found.evaluation.paired, *paired))
    return len(day)


def _champion_lists(night: Night, found: Found, champion: Champion, day: HeldOutDay) -> dict[str, Items]:
    lists = evaluate_lists.source_lists(champion.surface, lambda name: champion.folder / name, day)
    if _other_features(night, champion):
        found.warnings.append(f"champion {champion.manifest.release_id} was trained on other features: not blended")
        return lists
    return lists | evaluate_lists.blended(night, day, partial(evaluate_lists.champion_release, night, champion))


def _evaluate_heads(night: Night, found: Found) -> int:
    if night.surface.ranker is None:
        found.set(heads_skipped="the surface has no ranker")
        return 0
    samples, kinds, seed = evaluate_heads.held_out(night), head_kinds(night.surface), night.seed("intervals")
    mine = evaluate_heads.scores(night.artifact("ranker"), samples)
    heads = {"candidate": evaluate_heads.measure(mine, samples, kinds, seed)}
    champion = found.champion
    if champion is not None and champion.surface.ranker is not None and _comparable(night, found, champion):
        theirs = evaluate_heads.scores(champion.folder / "ranker", samples)
        heads["champion"] = evaluate_heads.measure(theirs, samples, head_kinds(champion.surface), seed)
        paired = evaluate_heads.against_champion(mine, theirs, samples, kinds, seed)
        found.set(paired=(*found.evaluation.paired, *paired))
    found.set(heads=heads, yardstick=evaluate_heads.yardstick(night, samples.data))
    return len(samples)


def _comparable(night: Night, found: Found, champion: Champion) -> bool:
    if _other_features(night, champion):
        found.warnings.append(f"champion {champion.manifest.release_id} was trained on other features: not ranked")
        return False
    return True


def _other_features(night: Night, champion: Champion) -> bool:
    return champion.manifest.feature_schema != schema_hash(registry(night.surface))


def _draw(night: Night, evaluation: Evaluation, folder: Path) -> None:
    if evaluation.lists:
        k = main_k(evaluation)
        pictures.save(pictures.recall_bars(evaluation, k), folder / f"recall_at_{k}.png")
    for head, measured in evaluation.heads.get("candidate", {}).items():
        if measured.reliability:
            shown = {who: heads[head] for who, heads in evaluation.heads.items() if head in heads}
            pictures.save(pictures.reliability(head, shown), folder / f"reliability_{head}.png")
    for model in (*night.surface.retrieval, "ranker"):
        fit = night.home.night(night.surface.surface, night.day) / model / "fit.json"
        curves = json.loads(fit.read_text())["curves"] if fit.exists() else {}
        if any(len(values) > 1 for values in curves.values()):
            pictures.save(pictures.learning_curves(model, curves), folder / f"curves_{model}.png")
