"""Where the slates of two releases differ: by source, by segment of users and items, and by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from evaluation.intervals import Bootstrap
from jobs.comparing.answers import Answers
from jobs.comparing.contribution import Contribution, Kind, of_users
from jobs.judging.held_out import HeldOutDay

SHOWN, FOUND = "share of slots", "found per request"
Mask = npt.NDArray[np.bool_]


def slate_contributions(a: Answers, b: Answers, day: HeldOutDay, seed: int) -> Iterator[Contribution]:
    """Differences in what is shown, and in what of it users then responded to: the parts of each kind add up.

    What was found is worth the surface's weights of the responses.
    """
    drawn = Bootstrap(len(day), seed)
    sources = sorted({*a.sources.ravel().tolist(), *b.sources.ravel().tolist()} - {""})
    for name in sources:
        shares = tuple((one.sources == name).sum(axis=1) / np.maximum(one.shown.sum(axis=1), 1) for one in (a, b))
        yield of_users("sources", name, SHOWN, values=(shares[0], shares[1]), drawn=drawn, whole=1.0)
    yield from _found("sources", {name: (a.sources == name, b.sources == name) for name in sources}, (a, b), drawn)
    yield from _found("segments", _users(a, b, day), (a, b), drawn)
    yield from _found("segments", _items(a, b, day), (a, b), drawn)
    yield from _found("position", _places(a, b), (a, b), drawn)


def overlap(a: Answers, b: Answers) -> tuple[float, float]:
    """Mean share of the items of a slate of a that b shows too, and that it shows in the same slot."""
    slots = min(a.items.shape[1], b.items.shape[1])
    same = ((a.items[:, :slots] == b.items[:, :slots]) & a.shown[:, :slots]).sum(axis=1)
    both = np.array([len(set(mine) & set(theirs) - {""}) for mine, theirs in zip(a.items, b.items, strict=True)])
    length = np.maximum(a.shown.sum(axis=1), 1)
    return float((both / length).mean()), float((same / length).mean())


def _found(
    kind: Kind, parts: Mapping[str, tuple[Mask, Mask]], both: tuple[Answers, Answers], drawn: Bootstrap
) -> Iterator[Contribution]:
    whole = float(both[0].gains.sum(axis=1).mean())
    for name, masks in parts.items():
        values = (both[0].found(masks[0]), both[1].found(masks[1]))
        yield of_users(kind, name, FOUND, values=values, drawn=drawn, whole=whole)


def _users(a: Answers, b: Answers, day: HeldOutDay) -> dict[str, tuple[Mask, Mask]]:
    """By country, by device, and by whether the user was known before the day."""
    new = np.zeros(len(day), dtype=np.bool_)
    new[day.new_users] = True
    parts = {"users new": new, "users known": ~new}
    for kind in ("country", "device"):
        values = np.array([getattr(ask, kind) or "unknown" for ask in day.asks], dtype=object)
        parts |= {f"{kind} {value}": values == value for value in sorted(set(values.tolist()))}
    return {name: (_rows(a, rows), _rows(b, rows)) for name, rows in parts.items()}


def _rows(one: Answers, rows: Mask) -> Mask:
    """(m, K) every slot of the requests in `rows` (m,)."""
    return np.broadcast_to(rows[:, None], one.items.shape)


def _items(a: Answers, b: Answers, day: HeldOutDay) -> dict[str, tuple[Mask, Mask]]:
    """By whether an item is new, else among the most popular (head), else of the tail."""
    new, head = day.parts["new"], day.parts["head"]
    of = {item: "new" if item in new else "head" if item in head else "tail" for item in day.items.item_ids.tolist()}
    named = [np.array([[of.get(item, "") for item in row] for row in one.items.tolist()], object) for one in (a, b)]
    return {f"items {part}": (named[0] == part, named[1] == part) for part in ("head", "tail", "new")}


def _places(a: Answers, b: Answers) -> dict[str, tuple[Mask, Mask]]:
    slots = range(max(a.items.shape[1], b.items.shape[1]))
    return {f"slot {slot}": (_at(a, slot), _at(b, slot)) for slot in slots}


def _at(one: Answers, slot: int) -> Mask:
    mask = np.zeros(one.items.shape, dtype=np.bool_)
    mask[:, slot : slot + 1] = True
    return mask
