"""Every gate of a night, drawn from what the steps measured. What was not measured is skipped, with why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jobs.judging.error import auc_error, recall_error, uncertain
from lake.ledger import Entry
from schemas.decision import Gate
from schemas.evaluation import BLENDED, POPULAR, Evaluation, Head
from surfaces.surface import Gates, Surface

MOST_OWN = 0.5
"""Share of the held-out day's requests beyond which the champion's own slates decide what its lists can find."""


def data_gates(validation: Mapping[str, Any] | None, ledger: Iterable[Entry]) -> Iterator[Gate]:
    """Whether the data were validated and every row is accounted for. `validation`: figures of step `validate`."""
    if validation is None:
        yield Gate("data/expectations failed", None, 0, "at_most", "fail", "the step validate has not run")
    else:
        yield Gate.at_most("data/expectations failed", validation["failed"], 0)
        if validation["warned"]:
            reason = f"see {validation['docs']}"
            yield Gate("data/expectations warned", validation["warned"], 0, "at_most", "warn", reason)
    yield Gate.at_most("data/rows unaccounted for", sum(abs(entry.missing) for entry in ledger), 0)


def index_gates(surface: Surface, index: Mapping[str, Any]) -> Iterator[Gate]:
    """The recall of each index against exact search. `index`: the content of index.json."""
    for source, entry in index.items():
        name, recall = f"index/{source}/recall@{entry['recall_at']}", entry["recall"]
        if not entry["queries"]:
            yield Gate.skipped(name, "no user with a vector to measure with; exact search is used")
            continue
        parts = " ".join(f"{part} {recall[part]:.3f}" for part in ("head", "tail", "new") if recall[part] is not None)
        yield Gate.at_least(name, recall["overall"], surface.index.min_recall, f"{entry['kind']}; {parts}")


def list_gates(evaluation: Evaluation, gates: Gates, k: int) -> Iterator[Gate]:
    """recall@k of each source and of all together against the champion, and of all together against most-popular."""
    if evaluation.lists_skipped:
        yield Gate.skipped("lists/recall", evaluation.lists_skipped)
        return
    figure, candidate = f"recall@{k}", evaluation.lists["candidate"]
    for source, lists in candidate.items():
        name = f"lists/{source}/{figure} vs champion"
        champion = evaluation.figure("champion", source, figure)
        value = lists.figures.get(figure)
        if source == POPULAR:
            continue
        if champion is None or value is None:
            yield Gate.skipped(name, _no_champion(evaluation, source))
        elif lists.users < gates.min_positives:
            yield Gate.skipped(name, _too_few(lists.users, "users", gates))
        else:
            threshold = champion * (1 - gates.retrieval_recall_tolerance)
            pair = evaluation.difference(f"lists/{source}", "champion", figure)
            gate = Gate.at_least(name, value, threshold, f"champion {champion:.4g}")
            gate = uncertain(gate, pair, recall_error(value, threshold, lists.users), f"{lists.users} users")
            yield _told_only(gate, evaluation.served_by_champion > MOST_OWN, "was chosen by the champion itself")
    yield _against_popular(evaluation, gates, figure)


def head_gates(evaluation: Evaluation, kinds: Mapping[str, str], gates: Gates) -> Iterator[Gate]:
    """AUC and calibration error of each binary head, AUC also against the champion and the popularity feature."""
    if evaluation.heads_skipped:
        yield Gate.skipped("heads", evaluation.heads_skipped)
        return
    for name, head in evaluation.heads["candidate"].items():
        why = head.skipped or (_too_few(head.positives, "positives", gates) if _few(head, gates) else "")
        if why:
            yield Gate.skipped(f"heads/{name}", why)
        elif kinds[name] == "binary":
            yield from _binary_head(evaluation, name, head, gates)
        else:
            ratio = head.figures.get("mean_ratio")
            yield Gate.skipped(
                f"heads/{name}", f"a sum has no probability to calibrate; predicted/observed {ratio:.3f}"
            )


def _binary_head(evaluation: Evaluation, name: str, head: Head, gates: Gates) -> Iterator[Gate]:
    auc, ece = head.figures.get("auc"), head.figures.get("ece")
    if auc is None or ece is None:
        yield Gate.skipped(f"heads/{name}/auc", "the held-out day has responses of one kind only")
        return
    error, of = auc_error(auc, head.positives, head.rows - head.positives), f"{head.positives} positives"
    yield uncertain(Gate.at_least(f"heads/{name}/auc", auc, gates.min_auc), None, error, of)
    other = evaluation.heads.get("champion", {}).get(name)
    champion = other.figures.get("auc") if other is not None else None
    if champion is None:
        yield Gate.skipped(f"heads/{name}/auc vs champion", _no_champion(evaluation, f"head {name}"))
    else:
        threshold = champion * (1 - gates.ranker_auc_tolerance)
        pair = evaluation.difference(f"heads/{name}", "champion", "auc")
        gate = Gate.at_least(f"heads/{name}/auc vs champion", auc, threshold, f"champion {champion:.4g}")
        yield uncertain(gate, pair, error, of)
    yield from _against_feature(evaluation, name, auc)
    yield Gate.at_most(f"heads/{name}/ece", ece, gates.max_ece)


def _against_feature(evaluation: Evaluation, name: str, auc: float) -> Iterator[Gate]:
    """A ranker that orders worse than one popularity feature is worth a look; the first positive outcome only."""
    known = {feature: value for feature, value in evaluation.yardstick.items() if value is not None}
    found = {feature: value for feature, value in known.items() if f"_{name}_" in feature}
    if found:
        best = max(found, key=found.__getitem__)
        verdict = "pass" if auc >= found[best] else "warn"
        yield Gate(f"heads/{name}/auc vs popularity", auc, found[best], "at_least", verdict, f"{best} alone")  # type: ignore[arg-type]


def _against_popular(evaluation: Evaluation, gates: Gates, figure: str) -> Gate:
    name = f"lists/{BLENDED}/{figure} vs popular"
    value = evaluation.figure("candidate", BLENDED, figure)
    popular = evaluation.figure("candidate", POPULAR, figure)
    users = evaluation.lists["candidate"][BLENDED].users
    if value is None or popular is None:
        return Gate.skipped(name, "nothing was measured")
    if users < gates.min_positives:
        return Gate.skipped(name, _too_few(users, "users", gates))
    threshold = popular * gates.blended_recall_vs_popular
    pair = evaluation.difference(f"lists/{BLENDED}", f"lists/{POPULAR}", figure)
    gate = Gate.at_least(name, value, threshold, f"popular {popular:.4g}")
    gate = uncertain(gate, pair, recall_error(value, threshold, users), f"{users} users")
    if evaluation.champion is None:
        return _told_only(gate, True, "was chosen by the policy before Feedmill")
    return _told_only(gate, evaluation.served_by_champion > MOST_OWN, "was chosen by the champion itself")


def _told_only(gate: Gate, biased: bool, why: str) -> Gate:
    """`gate`; a warning in place of a failure where the logs were another's choice.

    Users respond to what they are shown, so whoever chose it finds more of what they responded to than any other list
    would (selection bias: Schnabel et al., ICML 2016).
    """
    if gate.verdict != "fail" or not biased:
        return gate
    return replace(gate, verdict="warn", reason=f"{gate.reason}; what users could respond to {why}")


def _few(head: Head, gates: Gates) -> bool:
    return min(head.positives, head.rows - head.positives) < gates.min_positives


def _too_few(count: int, what: str, gates: Gates) -> str:
    return f"only {count} {what} on the held-out day; {gates.min_positives} are needed"


def _no_champion(evaluation: Evaluation, what: str) -> str:
    return evaluation.champion_skipped or f"{evaluation.champion} has no figure for {what}"
