"""Recall on responses later than the training ones: what stops a fit early and chooses its hyper-parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.interface import Interactions, Recommended, Requests

RECALL_AT = 50
METRIC = f"validation_recall@{RECALL_AT}"
USERS = 1000
"""Users (at most) that a validation asks for: enough to tell settings apart, few enough to be asked every epoch."""


@dataclass(frozen=True)
class Holdout:
    """m requests as they stood before the held-out time, and what each user then responded to and had not seen."""

    requests: Requests
    relevant: list[frozenset[str]]

    def recall(self, recommend: Callable[[Requests, int], Recommended], k: int = RECALL_AT) -> float:
        """Mean recall@k over the users of the held-out time; nan if there are none."""
        if not self.relevant:
            return float("nan")
        return recall_at(recommend(self.requests, k), self.relevant)


def holdout(train: Interactions, validation: Interactions, seed: int, users: int = USERS) -> Holdout:
    """The validation requests of at most `users` users, drawn with `seed`, whose history is `train`."""
    wanted = items_by_user(validation)
    before = items_by_user(train)
    new = {user: frozenset(items) - set(before.get(user, ())) for user, items in wanted.items() if user}
    asked = sorted(user for user, items in new.items() if items)
    if len(asked) > users:
        drawn = np.random.default_rng(seed).choice(len(asked), size=users, replace=False)
        asked = [asked[row] for row in sorted(drawn)]
    histories = [before.get(user, []) for user in asked]
    return Holdout(Requests(asked, histories, histories), [new[user] for user in asked])


def items_by_user(interactions: Interactions) -> dict[str, list[str]]:
    """Each user's items, oldest first; ties keep the order of rows."""
    order = np.argsort(interactions.times, kind="stable")
    listed: dict[str, list[str]] = {}
    for user, item in zip(interactions.users[order].tolist(), interactions.items[order].tolist(), strict=True):
        listed.setdefault(user, []).append(item)
    return listed


def recall_at(recommended: Recommended, relevant: Sequence[frozenset[str]]) -> float:
    """Mean over users of |recommended and relevant| / |relevant|; every `relevant` is non-empty."""
    shares = [
        len(wanted.intersection(row)) / len(wanted)
        for row, wanted in zip(recommended.items.tolist(), relevant, strict=True)
    ]
    return float(np.mean(shares))
