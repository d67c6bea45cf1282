from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from serving.fallback.guard import UNGUARDED, LiveGuard
from serving.fallback.last_good import LastGood
from surfaces.fallback import Fallback


@pytest.fixture
def guard() -> Iterator[LiveGuard]:
    made = LiveGuard(Fallback(failures=2, pause=timedelta(seconds=60)))
    yield made
    made.close()


def fails() -> int:
    raise OSError("no such shard")


def test_calls_run_beside_one_another_and_what_fails_is_left_out(guard: LiveGuard) -> None:
    both = threading.Barrier(2, timeout=10)
    calls = {"a": both.wait, "b": both.wait, "c": fails}
    assert set(guard.each("source", calls, timedelta(seconds=10))) == {"a", "b"}


def test_what_comes_too_late_is_left_out_and_left_alone_after_a_while(guard: LiveGuard) -> None:
    done, asked = threading.Event(), []

    def slow() -> bool:
        asked.append(1)
        return done.wait(10)

    began = time.monotonic()
    for _ in range(3):
        assert guard.each("stage", {"rank": slow, "other": lambda: True}, timedelta(milliseconds=50)) == {"other": True}
    done.set()
    assert time.monotonic() - began < 5
    assert len(asked) == 2
    assert guard.open_breakers == ["stage:rank"]


def test_where_time_is_simulated_nothing_comes_too_late() -> None:
    guard, pause = LiveGuard(Fallback(failures=2), patient=True), threading.Event()
    try:
        slow = {"rank": lambda: not pause.wait(0.05), "broken": fails}
        assert guard.each("stage", slow, timedelta(0)) == {"rank": True}
    finally:
        guard.close()


def test_without_a_guard_what_fails_fails() -> None:
    with pytest.raises(OSError, match="no such shard"):
        UNGUARDED.each("source", {"c": fails}, timedelta(0))
    assert UNGUARDED.last_good("u1") == ()


def test_fallbacks_are_counted_and_only_slates_without_one_are_good(guard: LiveGuard) -> None:
    guard.answered("u1", ("a", "b"), ())
    guard.answered("u1", ("c",), ("source:als", "light"))
    guard.answered("u2", ("c",), ("light",))
    guard.answered(None, ("d",), ())
    assert guard.taken == {"light": 2, "source:als": 1}
    assert [guard.last_good(user) for user in ("u1", "u2", None)] == [("a", "b"), (), ()]
    guard.forget("u1")
    assert guard.last_good("u1") == ()


def test_a_slate_may_be_shown_again_only_for_a_while() -> None:
    now = [0.0]
    slates = LastGood(60.0, lambda: now[0])
    slates.put("u1", ("a",))
    now[0] = 59.0
    assert slates.get("u1") == ("a",)
    now[0] = 61.0
    assert slates.get("u1") == ()
