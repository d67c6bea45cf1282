"""Users and items of the world behave as the code says they do."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from worlds.randomness import rng
from worlds.shorts import WorldConfig, population, responses, traffic
from worlds.shorts.config import SLATE

CONFIG = WorldConfig(users=3000, items=400)


@pytest.fixture(scope="module")
def people() -> population.Users:
    return population.users(CONFIG, _shared(), rng(1, "shorts", None, "users"))


@pytest.fixture(scope="module")
def stock() -> population.Items:
    return population.items(400, -30.0, 0.0, _shared(), rng(1, "shorts", None, "items"))


def _shared() -> population.Culture:
    return population.culture(CONFIG, rng(1, "shorts", None, "culture"))


def test_a_generator_depends_on_each_part_of_its_name() -> None:
    day = date(2026, 1, 1)
    draws = [
        rng(seed, surface, on, purpose).random()
        for seed, surface, on, purpose in [
            *[(1, "a", day, "x"), (2, "a", day, "x"), (1, "b", day, "x")],
            *[(1, "a", date(2026, 1, 2), "x"), (1, "a", day, "y"), (1, "a", None, "x")],
        ]
    ]
    assert len(set(draws)) == len(draws)
    assert rng(1, "a", day, "x").random() == draws[0]


def test_activity_is_heavy_tailed(people: population.Users) -> None:
    sessions = np.sort(people.sessions)[::-1]
    assert sessions.mean() == pytest.approx(CONFIG.sessions, rel=0.1)
    assert sessions[: len(sessions) // 10].sum() > 0.3 * sessions.sum()


def test_tastes_and_items_lie_around_their_topics(people: population.Users, stock: population.Items) -> None:
    topics = _shared().topics
    assert np.linalg.norm(people.taste, axis=1) == pytest.approx(np.ones(len(people)))
    own = np.einsum("nd,nd->n", stock.latent, topics[stock.topic])
    others = (stock.latent @ topics.T).mean()
    assert own.mean() > 0.8
    assert others < 0.3


def test_content_tells_of_the_latent_vector_but_is_not_it(stock: population.Items) -> None:
    recovered = stock.content @ _shared().rotation.T
    cosine = np.einsum("nd,nd->n", population.unit(recovered), stock.latent)
    assert 0.8 < cosine.mean() < 0.98
    assert 0.85 < stock.has_content.mean() < 1.0


def test_requests_stay_within_the_day_and_in_order(people: population.Users) -> None:
    visits = traffic.draw(CONFIG, people, 3, rng(1, "shorts", date(2026, 1, 4), "traffic"))
    assert visits.at.min() >= 0
    assert visits.at.max() + SLATE * 9.0 < traffic.DAY_S
    assert (np.diff(visits.at) >= 0).all()
    for session in range(50):
        assert len(set(visits.user[visits.session == session])) <= 1
    assert len(visits) / len(people) == pytest.approx(CONFIG.sessions * CONFIG.requests, rel=0.15)


def test_nobody_comes_before_signing_up(people: population.Users) -> None:
    visits = traffic.draw(CONFIG, people, 5, rng(1, "shorts", date(2026, 1, 6), "traffic"))
    assert (people.signed_up[visits.user] < 5).all()
    assert (people.signed_up > 5).any()


def test_clicks_come_as_often_as_their_true_probability(people: population.Users, stock: population.Items) -> None:
    draws = np.random.default_rng(5)
    n = 60_000
    user, item = draws.integers(len(people), size=n), draws.integers(len(stock), size=n)
    click = responses.click_probability(
        people, stock, user, item, age=draws.uniform(0, 30, n), repeats=np.zeros(n, dtype=np.int8)
    )
    examine = np.resize(responses.EXAMINATION, n)
    exposure = responses.Exposure(user, item, np.arange(n) * 1.0, examine, click)
    events = responses.respond(people, stock, exposure, draws)
    clicked = events[0].impression
    chance = click * examine
    assert abs(len(clicked) - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
    likely = np.argsort(-chance)[: n // 10]
    assert np.isin(clicked, likely).mean() > 0.25
    by_name = {name: np.concatenate([e.impression for e in events if e.name == name]) for name in ("like", "follow")}
    assert set(by_name["like"]) <= set(clicked)
    assert set(by_name["follow"]) <= set(clicked)
    assert all((e.at >= e.impression).all() for e in events), "an outcome before it was shown"


def test_examination_falls_with_the_position() -> None:
    assert (np.diff(responses.EXAMINATION) < 0).all()
    assert responses.EXAMINATION[0] > 2 * responses.EXAMINATION[-1]


def test_taste_freshness_and_repetition_move_the_click(people: population.Users, stock: population.Items) -> None:
    user = np.zeros(3, dtype=np.int64)
    affinity = stock.latent @ people.taste[0]
    best = np.full(3, int(affinity.argmax()))
    fresh, old, again = responses.click_probability(
        people, stock, user, best, age=np.array([0.0, 20.0, 20.0]), repeats=np.array([0, 0, 2], dtype=np.int8)
    )
    assert fresh > old > again
