"""A population whose truth is known exactly: real slate policies of a tiny release, every slate they can draw.

Each person has a request; every slate that a policy can draw for it is enumerated with its probabilities by the code
that draws slates, so weights and true values are exact and slates can be re-drawn at no cost. Users click by the
cascade of the worlds, with a mood of their own on all their requests, of which some users have many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.ope.clusters import Codes
from evaluation.ope.terms import Doubles
from jobs.offpolicy.rows import Rows
from serving.ask import Ask
from serving.pipeline import draft_of, recommend
from serving.release.loaded import LoadedRelease
from serving.slate.distributions import distribution
from surfaces.slate import Slate
from tests.serving.tiny_release import AT, topic
from worlds import clicks
from worlds.config import Clicks

Ints = npt.NDArray[np.int64]

SLOTS = 3
SLATE: dict[str, Any] = {"size": SLOTS, "candidates": 9, "max_per_creator": 1, "max_per_topic": 2}
MOODS = np.array([0.5, 1.0, 1.5])
REQUESTS = np.array([1, 1, 1, 1, 2, 2, 3, 4, 6, 12])
"""How many requests a user has, each entry as likely: a few users ask a lot."""
CASCADE = Clicks(model="cascade", first=0.95, after_click=0.5, after_skip=0.9)


@dataclass(frozen=True)
class Policy:
    """A release under some exploration, perhaps with other weights of some outcomes."""

    release: LoadedRelease
    exploration: Mapping[str, Any]
    value: Mapping[str, float] = field(default_factory=dict)

    @property
    def configured(self) -> LoadedRelease:
        surface = self.release.surface
        slate = Slate.model_validate(SLATE | {"exploration": dict(self.exploration)})
        other = surface.model_copy(update={"slate": slate, "value": surface.value | dict(self.value)})
        return replace(self.release, surface=other)


@dataclass(frozen=True)
class Tree:
    """Every slate (m, K) of catalogue rows that a policy can draw, its probability (m,), and along it, per slot, the
    conditional probability of the item, the model's value of it, and its expectation under the policy (m, K).

    `given`: by items above, the conditional distribution (row to probability) and the expected value.
    """

    slates: Ints
    chance: Doubles
    conditional: Doubles
    predicted: Doubles
    baseline: Doubles
    given: Mapping[tuple[int, ...], tuple[dict[int, float], float]]
    values: Mapping[int, float]


def tree(release: LoadedRelease, ask: Ask) -> Tree:
    """All that `release` can answer to `ask`."""
    found = recommend(release, ask)
    one, order = draft_of(found), found.values.order
    values = dict(zip(found.candidates.rows[order].tolist(), found.values.value[order].tolist(), strict=True))
    given: dict[tuple[int, ...], tuple[dict[int, float], float]] = {}
    slates: list[tuple[tuple[int, ...], list[float]]] = []

    def grow(above: tuple[int, ...], indices: tuple[int, ...], chances: list[float]) -> None:
        if len(above) == SLOTS:
            slates.append((above, chances))
            return
        choices, probabilities = distribution(one.pool, one.plan, indices)
        rows = one.pool.items[choices].tolist()
        given[above] = (
            dict(zip(rows, probabilities.tolist(), strict=True)),
            sum(values[row] * p for row, p in zip(rows, probabilities.tolist(), strict=True)),
        )
        for row, index, p in zip(rows, choices.tolist(), probabilities.tolist(), strict=True):
            if p > 0.0:
                grow((*above, row), (*indices, index), [*chances, p])

    grow((), (), [])
    rows = np.array([slate for slate, _ in slates])
    conditional = np.array([chances for _, chances in slates])
    return Tree(
        slates=rows,
        chance=conditional.prod(axis=1),
        conditional=conditional,
        predicted=np.array([[values[row] for row in slate] for slate, _ in slates]),
        baseline=np.array([[given[slate[:k]][1] for k in range(SLOTS)] for slate, _ in slates]),
        given=given,
        values=values,
    )


@dataclass(frozen=True)
class Person:
    """One person's logging tree, the target's view of its slates (`weights`, `predicted`, `baseline`, `modelled`:
    (m, K)), what the target would draw (`drawn`: the probability and (m', K) baselines of its slates), the click
    probabilities (m, K), and the target's true value in every mood."""

    logging: Tree
    weights: Doubles
    predicted: Doubles
    baseline: Doubles
    modelled: Doubles
    chance: Doubles
    rollout: Doubles
    click: Doubles
    truth: Doubles


def person(logging: Tree, target: Tree, click_of: Mapping[int, float]) -> Person:
    """What the target makes of all that logging can show to one person, who clicks at `click_of` each item."""
    m = len(logging.slates)
    weights, predicted, baseline = np.zeros((3, m, SLOTS))
    for row, slate in enumerate(logging.slates.tolist()):
        for k in range(SLOTS):
            if tuple(slate[:k]) not in target.given:
                break
            chances, expected = target.given[tuple(slate[:k])]
            baseline[row, k] = expected
            weights[row, k] = chances.get(slate[k], 0.0) / logging.conditional[row, k]
            if weights[row, k] == 0.0:
                break
            predicted[row, k] = target.values[slate[k]]
    own = np.array([[click_of[row] for row in slate] for slate in target.slates.tolist()])
    truth = [
        float(target.chance @ (clicks.examination(CASCADE, mood * own) * mood * own).sum(axis=1)) for mood in MOODS
    ]
    return Person(
        logging,
        weights,
        predicted,
        baseline,
        np.array([[target.values.get(row, np.nan) for row in slate] for slate in logging.slates.tolist()]),
        target.chance / target.chance.sum(),
        target.baseline,
        np.array([[click_of[row] for row in slate] for slate in logging.slates.tolist()]),
        np.array(truth),
    )


def forest(policy: Policy, n: int) -> list[Tree]:
    """What `policy` can answer to each of `n` persons, two thirds of them known to its release."""
    release = policy.configured
    users = (f"u{number}" if number < 2 * n // 3 else f"stranger{number}" for number in range(n))
    asks = [Ask(f"proof/{nth}", AT, user_id=user, country="DE", device="phone") for nth, user in enumerate(users)]
    return [tree(release, ask) for ask in asks]


def people(logging: Sequence[Tree], target: Sequence[Tree], ids: npt.NDArray[np.object_]) -> list[Person]:
    """The persons of two forests of the same catalogue, each with a taste for one topic; `ids` of its rows."""
    found = []
    for number, (shown, wanted) in enumerate(zip(logging, target, strict=True)):
        rng = np.random.default_rng(number)
        taste = ("music", "sport", "news", "food")[number % 4]
        liking = {
            row: float(np.clip((0.3 if topic(str(item)) == taste else 0.08) * rng.lognormal(0, 0.4), 0, 0.6))
            for row, item in enumerate(ids)
        }
        found.append(person(shown, wanted, liking))
    return found


def truth(population: list[Person]) -> float:
    """The target's exact value per request: persons, moods and numbers of requests are independent of one another."""
    return float(np.mean([one.truth.mean() for one in population]))


def drawn(population: list[Person], users: int, rng: np.random.Generator) -> Rows:
    """The log of `users` users: who they are, in which mood, what they asked for, were shown and clicked."""
    who, mood = rng.integers(0, len(population), users), rng.choice(MOODS, users)
    asked = rng.choice(REQUESTS, users)
    user = np.repeat(np.arange(users), asked)
    found = {name: np.empty((len(user), SLOTS)) for name in ("weights", "predicted", "baseline", "modelled")}
    rollout, click = np.empty((2, len(user), SLOTS))
    for number, one in enumerate(population):
        rows = np.flatnonzero(who[user] == number)
        shown = _pick(one.logging.chance, len(rows), rng)
        for name, array in found.items():
            array[rows] = getattr(one, name)[shown]
        click[rows] = one.click[shown]
        rollout[rows] = one.rollout[_pick(one.chance, len(rows), rng)]
    would = rng.random(click.shape) < click * mood[user][:, None]
    rewards = (clicks.look(CASCADE, rng.random(click.shape), would) & would).astype(np.float64)
    codes: Codes = (user + rng.integers(0, 2**40) * 1000).astype(np.uint64)
    return Rows(**found, rollout=rollout, rewards=rewards, users=codes)


def _pick(chance: Doubles, n: int, rng: np.random.Generator) -> Ints:
    edges = np.cumsum(chance)
    return np.minimum(np.searchsorted(edges / edges[-1], rng.random(n), side="right"), len(edges) - 1)
