from __future__ import annotations

from serving.fallback.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_one_caller_tries_after_the_pause() -> None:
    clock = Clock()
    breaker = Breaker(3, 10.0, clock)
    for _ in range(2):
        assert breaker.admits()
        breaker.failed()
    assert not breaker.is_open
    breaker.failed()
    assert breaker.is_open
    assert not breaker.admits()
    clock.now = 10.0
    assert [breaker.admits() for _ in range(3)] == [True, False, False]


def test_the_one_who_tries_closes_it_or_leaves_it_open_for_another_pause() -> None:
    clock = Clock()
    breaker = Breaker(1, 10.0, clock)
    breaker.failed()
    clock.now = 10.0
    assert breaker.admits()
    breaker.failed()
    clock.now = 19.0
    assert not breaker.admits()
    clock.now = 20.0
    assert breaker.admits()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.admits()


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker(2, 10.0)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open
