"""One day after another: who came, what was shown, what happened, and what the policy learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from worlds.randomness import rng
from worlds.shorts import policy, population, responses, traffic
from worlds.shorts.config import SLATE, SURFACE, WorldConfig
from worlds.shorts.population import Array, Index

HISTORY = 20
"""Length of the click history frozen into each request."""
_FORGET = 0.75


@dataclass
class State:
    """What carries over from day to day. `shown`, `clicked` are (u, m); `impressions`, `clicks` (m,) decay daily."""

    users: population.Users
    items: population.Items
    user_estimate: Array
    item_estimate: Array
    impressions: Array
    clicks: Array
    shown: npt.NDArray[np.int8]
    clicked: npt.NDArray[np.bool_]
    history: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class Day:
    """Everything that happened on one day; impressions are flat, slot by slot, r * SLATE of them.

    `history` (one list a user) is as it was before the day; `sampled` indexes the requests whose ranking is logged.
    """

    date: date
    number: int
    traffic: traffic.Traffic
    candidates: policy.Candidates
    slates: policy.Slates
    exposure: responses.Exposure
    events: list[responses.Events]
    history: list[list[int]]
    sampled: Index


class World:
    """A world that lives day by day. The same seed and first day give the same days, however many are asked for."""

    def __init__(self, config: WorldConfig, seed: int, first_day: date) -> None:
        self.config, self.seed, self.first_day, self.number = config, seed, first_day, -config.burn_in
        self.culture = population.culture(config, self._rng("culture"))
        people = population.users(config, self.culture, self._rng("users"))
        stock = population.items(config.items, -30.0, float(self.number), self.culture, self._rng("items"))
        none = np.zeros((config.users, 0))
        noise = self._rng("policy").normal(size=people.taste.shape) * 0.12
        self.state = State(
            people,
            stock,
            population.unit(people.taste + noise),
            np.zeros((0, stock.latent.shape[1])),
            np.zeros(0),
            np.zeros(0),
            none.astype(np.int8),
            none.astype(bool),
            [[] for _ in range(config.users)],
        )
        self._meet(stock, self._rng("stock"))
        for _ in range(config.burn_in):
            self.next_day()

    def _rng(self, purpose: str, day: date | None = None) -> np.random.Generator:
        return rng(self.seed, SURFACE, day, purpose)

    def _meet(self, new: population.Items, draws: np.random.Generator) -> None:
        state, count = self.state, len(new)
        estimate = population.unit(new.latent + draws.normal(size=new.latent.shape) * 0.1)
        prior = 30.0 / (1.0 + np.exp(2.3 - 0.5 * new.quality - draws.normal(size=count) * 0.4))
        state.item_estimate = np.concatenate([state.item_estimate, estimate])
        state.impressions = np.concatenate([state.impressions, np.full(count, 30.0)])
        state.clicks = np.concatenate([state.clicks, prior])
        width = ((0, 0), (0, count))
        state.shown, state.clicked = np.pad(state.shown, width), np.pad(state.clicked, width)

    def next_day(self) -> Day:
        """Live one day: its requests are answered with what the policy knew before it."""
        today = self.first_day + timedelta(days=self.number)
        visits = traffic.draw(self.config, self.state.users, self.number, self._rng("traffic", today))
        active, row = np.unique(visits.user, return_inverse=True)
        scores, popularity = self._scores(active)
        found = policy.candidates(row, scores, popularity, self._rng("candidates", today))
        slates = policy.draw(found, self._rng("slates", today))
        day = self._responses(today, visits, found, slates)
        self._learn(day)
        return day

    def _scores(self, active: Index) -> tuple[Array, Array]:
        state = self.state
        liking = np.log(state.clicks / state.impressions)
        fresh = responses.freshness(self.number - state.items.born)
        scores = 6.0 * (state.user_estimate[active] @ state.item_estimate.T).astype(np.float32)
        scores += (1.1 * liking + 0.6 * fresh).astype(np.float32)
        scores -= 0.6 * np.minimum(state.shown[active], 3).astype(np.float32)
        scores[state.clicked[active]] = 2 * policy.FLOOR
        return scores, state.clicks * (0.3 + fresh)

    def _responses(self, today: date, visits: traffic.Traffic, found: policy.Candidates, slates: policy.Slates) -> Day:
        state, draws = self.state, self._rng("responses", today)
        user, item = np.repeat(visits.user, SLATE), slates.item.ravel()
        gaps = np.cumsum(draws.uniform(1.0, 9.0, slates.item.shape), axis=1)
        shown = (visits.at[:, None] + gaps).ravel()
        age = self.number + shown / traffic.DAY_S - state.items.born[item]
        click = responses.click_probability(
            state.users, state.items, user, item, age=age, repeats=state.shown[user, item]
        )
        examine = np.tile(responses.EXAMINATION, len(visits))
        exposure = responses.Exposure(user, item, shown, examine, click)
        events = responses.respond(state.users, state.items, exposure, draws)
        sampled = np.flatnonzero(self._rng("sample", today).random(len(visits)) < self.config.sampled)
        return Day(
            today,
            self.number,
            visits,
            found,
            slates,
            exposure,
            events,
            [list(past) for past in state.history],
            sampled,
        )

    def _learn(self, day: Day) -> None:
        state = self.state
        user, item = day.exposure.user, day.exposure.item
        clicks = day.events[0].impression[np.argsort(day.events[0].at, kind="stable")]
        m = len(state.items)
        state.impressions = _FORGET * state.impressions + np.bincount(item, minlength=m) + 1.0
        state.clicks = _FORGET * state.clicks + np.bincount(item[clicks], minlength=m) + 0.1
        pair, times = np.unique(user * m + item, return_counts=True)
        state.shown.ravel()[pair] = np.minimum(state.shown.ravel()[pair] + times, 100)
        state.clicked[user[clicks], item[clicks]] = True
        for who, what in zip(user[clicks].tolist(), item[clicks].tolist(), strict=True):
            state.history[who] = [*state.history[who][1 - HISTORY :], what]
        new = population.items(
            self.config.new_items, self.number, self.number + 1.0, self.culture, self._rng("items", day.date)
        )
        state.items = state.items.joined(new)
        self._meet(new, self._rng("stock", day.date))
        self.number += 1
