"""Whether logged slates keep the rules of their surface: from the logs and the surface file alone.

Written without a look at how serving keeps them: plain counts over the rows of the logs. A rule that a slot's
`relaxed` names may be broken at that slot, and a minimum may lack as many items as slots say that it gave way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from surfaces.policy import Policy
from surfaces.rules import Floor
from surfaces.slate import Slate

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Violation:
    """One slate that breaks one rule, at `position` where it is a matter of one slot."""

    request_id: str
    rule: str
    position: int | None
    words: str


@dataclass(frozen=True)
class Logged:
    """The rows of one day, as frames.

    `requests`: request_id, requested_at, country, device, area, user_id, size. `impressions`: request_id, item_id,
    position, propensity, source, explored, relaxed (lists). `items`: item_id, creator_id, topic, tags (lists),
    created_at, as the release knew them. `ranking` of sampled requests: request_id, item_id, and a column for each
    score and feature.
    """

    requests: pd.DataFrame
    impressions: pd.DataFrame
    items: pd.DataFrame
    ranking: pd.DataFrame


def audit(slate: Slate, policy: Policy, logged: Logged) -> list[Violation]:
    """Every violation of `slate` and `policy` in `logged`, in the order of requests and positions."""
    shown = _shown(logged)
    found = [
        *_soundness(shown),
        *_caps(slate, shown),
        *_neighbours(slate, shown),
        *_most(slate, shown),
        *_least(slate, shown),
        *_withheld(policy, shown),
        *_scored(slate, shown, logged.ranking),
    ]
    return sorted(found, key=lambda one: (one.request_id, -1 if one.position is None else one.position, one.rule))


def _shown(logged: Logged) -> pd.DataFrame:
    """One row per slot with all that is known of its request and its item, by request and position."""
    items = logged.items.copy()
    first = items.loc[items["creator_id"].notna()].groupby("creator_id")["created_at"].min()
    items["creator_since"] = items["creator_id"].map(first)
    shown = logged.impressions.merge(logged.requests, on="request_id", suffixes=("", "_of_request"))
    shown = shown.merge(items, on="item_id", how="left")
    for column in ("relaxed", "tags"):
        shown[column] = [tuple(some) if isinstance(some, (list, tuple, np.ndarray)) else () for some in shown[column]]
    return shown.sort_values(["request_id", "position"], kind="stable").reset_index(drop=True)


def _soundness(shown: pd.DataFrame) -> Iterator[Violation]:
    twice = shown.duplicated(["request_id", "item_id"]).to_numpy()
    yield from _told(shown, twice, "once", "the item stands above already")
    gaps = (shown.groupby("request_id").cumcount() != shown["position"]).to_numpy()
    yield from _told(shown, gaps, "positions", "positions do not count from 0 without a gap")
    wrong = ~shown["propensity"].between(0.0, 1.0, inclusive="right").to_numpy()
    yield from _told(shown, wrong, "propensity", "its propensity is no probability above 0")
    many = (shown["position"] >= shown["size"]).to_numpy()
    yield from _told(shown, many, "size", "more slots than were asked for")


def _caps(slate: Slate, shown: pd.DataFrame) -> Iterator[Violation]:
    caps = (("max_per_creator", "creator_id", slate.max_per_creator), ("max_per_topic", "topic", slate.max_per_topic))
    for rule, column, most in caps:
        if most is not None:
            above = shown.groupby(["request_id", column]).cumcount().to_numpy()
            over = (above >= most) & shown[column].notna().to_numpy()
            yield from _told(shown, over & ~_relaxed(shown, rule), rule, f"more than {most} of one {column}")


def _neighbours(slate: Slate, shown: pd.DataFrame) -> Iterator[Violation]:
    for lag in range(1, slate.creator_gap + 1):
        before = shown.groupby("request_id")["creator_id"].shift(lag)
        same: Mask = (before == shown["creator_id"]).to_numpy() & shown["creator_id"].notna().to_numpy()
        yield from _told(
            shown, same & ~_relaxed(shown, "creator_gap"), "creator_gap", f"its creator stands {lag} above"
        )
    if slate.sponsored is None:
        return
    bears = _bears(shown, slate.sponsored.label)
    for lag in range(1, slate.sponsored.one_in):
        above = pd.Series(bears).groupby(shown["request_id"]).shift(lag, fill_value=False).to_numpy(dtype=bool)
        close = bears & above & ~_relaxed(shown, "sponsored")
        yield from _told(shown, close, "sponsored", f"a sponsored item stands {lag} above")


def _kinds(slate: Slate, shown: pd.DataFrame) -> dict[str, Mask]:
    """By kind, which slots belong to it."""
    kinds = {f"mix {mix.label}": _bears(shown, mix.label) for mix in slate.mix}
    kinds |= {f"sources {source}": (shown["source"] == source).to_numpy() for source in slate.sources}
    for name, minimum, column in (
        ("fresh", slate.fresh, "created_at"),
        ("new_creators", slate.new_creators, "creator_since"),
    ):
        if minimum is not None:
            kinds[name] = (shown[column] >= shown["requested_at"] - minimum.within).to_numpy()
    return kinds


def _most(slate: Slate, shown: pd.DataFrame) -> Iterator[Violation]:
    kinds = _kinds(slate, shown)
    bounds = {f"mix {mix.label}": mix for mix in slate.mix}
    for kind, bound in {**bounds, **{f"sources {name}": one for name, one in slate.sources.items()}}.items():
        most = shown["size"].map({size: bound.most_of(int(size)) for size in shown["size"].unique()}).astype(float)
        count = pd.Series(kinds[kind]).groupby(shown["request_id"]).cumsum().to_numpy()
        over = kinds[kind] & (count > most.fillna(np.inf).to_numpy()) & ~_relaxed(shown, kind.partition(" ")[0])
        yield from _told(shown, over, kind, "more than the mix allows")


def _least(slate: Slate, shown: pd.DataFrame) -> Iterator[Violation]:
    sizes = shown.groupby("request_id")["size"].first()
    full = shown.groupby("request_id").size() >= sizes
    for kind, members in _kinds(slate, shown).items():
        wanted = sizes.map({size: slate.minimums(int(size)).get(kind, 0) for size in sizes.unique()})
        have = pd.Series(members).groupby(shown["request_id"]).sum()
        gave = pd.Series(_relaxed(shown, kind.partition(" ")[0])).groupby(shown["request_id"]).sum()
        lacking = wanted - have
        for request_id in lacking.index[full & (lacking > gave)]:
            words = f"{have[request_id]:g} of {wanted[request_id]:g}, {gave[request_id]:g} slots gave way"
            yield Violation(str(request_id), kind, None, words)


def _withheld(policy: Policy, shown: pd.DataFrame) -> Iterator[Violation]:
    for rule in policy.withhold:
        # Who is unknown to the release no log says; who names nobody is.
        known = shown["user_id_of_request"].notna()
        places = zip(known, shown["country"], shown["device"], strict=True)
        fits = np.array([rule.fits(bool(who), _text(land), _text(device)) for who, land, device in places], dtype=bool)
        yield from _told(shown, fits & _bears(shown, rule.label), f"withhold {rule.label}", "must not be shown here")
    for name, prefix in policy.bindings.items():
        values = shown["requested_at"].dt.strftime("%H") if name == "hour" else shown[name]
        pairs = zip(shown["tags"], values, strict=True)
        foreign = np.array([_foreign(tags, prefix, _text(value)) for tags, value in pairs], dtype=bool)
        yield from _told(shown, foreign, f"{name}_tags", f"is not for this {name}")


def _foreign(tags: Sequence[str], prefix: str, value: str | None) -> bool:
    bound = [tag for tag in tags if tag.startswith(prefix)]
    return bool(bound) and f"{prefix}{value or ''}" not in bound


def _scored(slate: Slate, shown: pd.DataFrame, ranking: pd.DataFrame) -> Iterator[Violation]:
    """What only sampled requests can be judged by: floors, and supply."""
    sampled = shown.loc[shown["request_id"].isin(ranking["request_id"].unique())].reset_index(drop=True)
    if sampled.empty:
        return
    scored = sampled[["request_id", "item_id"]].merge(ranking, on=["request_id", "item_id"], how="left")
    floor = slate.exploration.floor
    if floor is not None:
        weak = sampled["explored"].fillna(False).to_numpy(dtype=bool) & _below(scored, floor)
        yield from _told(sampled, weak, "exploration floor", f"explored with a {floor.score} below {floor.least:g}")
    if slate.sponsored is not None and slate.sponsored.floor is not None:
        weak = _bears(sampled, slate.sponsored.label) & _below(scored, slate.sponsored.floor)
        yield from _told(sampled, weak & ~_relaxed(sampled, "sponsored"), "sponsored", "is too weak to be sponsored")
    for rule in slate.supply:
        if rule.feature in scored:
            over = (scored[rule.feature] > rule.most).to_numpy() & ~_relaxed(sampled, "supply")
            yield from _told(sampled, over, "supply", f"{rule.feature} is above {rule.most:g}")


def _below(scored: pd.DataFrame, floor: Floor) -> Mask:
    """Who does not reach `floor`: an item without that score neither. float32, as the scores were."""
    scores = scored[floor.score] if floor.score in scored else pd.Series(np.nan, index=scored.index)
    return ~np.asarray(scores.to_numpy(dtype=np.float32) >= floor.least)


def _bears(shown: pd.DataFrame, label: str) -> Mask:
    kind, _, name = label.partition(":")
    if kind == "tag":
        return np.array([name in tags for tags in shown["tags"]], dtype=bool)
    column = {"topic": "topic", "creator": "creator_id", "item": "item_id"}[kind]
    return (shown[column] == name).to_numpy(dtype=bool)


def _relaxed(shown: pd.DataFrame, rule: str) -> Mask:
    return np.array([rule in names for names in shown["relaxed"]], dtype=bool)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _told(shown: pd.DataFrame, broken: Mask, rule: str, words: str) -> Iterator[Violation]:
    for row in shown.loc[broken, ["request_id", "position", "item_id"]].itertuples():
        yield Violation(str(row.request_id), rule, int(str(row.position)), f"{row.item_id}: {words}")


def arms_of(slate: Slate, changes: Sequence[Mapping[str, object]]) -> Slate:
    """`slate` with what experiment arms change of it, later ones over earlier ones."""
    merged: dict[str, object] = {}
    for change in changes:
        merged |= change
    return Slate.model_validate(slate.model_dump() | merged) if merged else slate
