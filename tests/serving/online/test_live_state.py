from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from serving.ask import Ask
from serving.logs.outcomes import Outcome
from serving.online.live_state import LiveState
from serving.online.state import NO_STORE, Known, informed
from serving.online.store import Store, StoreError
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from tests.serving.tiny_release import AT


@pytest.fixture
def state(store: Store) -> Iterator[LiveState]:
    state = LiveState(store)
    state.start()
    yield state
    if state._thread.is_alive():
        state._queue.put(None)
        state._thread.join()


def within_a_second(holds: Callable[[], bool]) -> bool:
    pause = threading.Event()
    return any(holds() or pause.wait(0.01) for _ in range(100))


def ask(request_id: str = "r1", minutes: float = 0, user: str | None = "u0") -> Ask:
    return Ask(request_id, AT + timedelta(minutes=minutes), user_id=user, country="DE", device="phone")


def outcome(impression: str, name: str = "click", minutes: float = 1) -> Outcome:
    return Outcome(f"{impression}/{name}", impression, name, None, AT + timedelta(minutes=minutes))


def test_a_response_is_known_within_a_second(state: LiveState, release: LoadedRelease) -> None:
    state.shown(release.surface, ask(), ["i50", "i51", "i52"])
    state.happened(release.surface, [outcome("r1:1"), outcome("r1:2", "hide"), outcome("r9:0"), outcome("odd")])
    assert within_a_second(lambda: state.applied == 2)
    later = informed(ask("r2", 5), release, state.known("shorts", "u0"))
    assert later.history == (*[i for i in release.sequences.get("u0") if i != "i51"], "i51")
    assert set(later.seen) == {"i50", "i51", "i52"}
    assert later.state["session_log_impressions"] == pytest.approx(math.log1p(3))
    assert later.state["session_log_responses"] == pytest.approx(math.log1p(1))
    assert later.state["session_log_minutes"] == pytest.approx(math.log1p(5))
    assert later.state["session_focus"] == pytest.approx(1.0, abs=1e-6)
    shown = recommend(release, later)
    assert not {"i50", "i51", "i52"} & {str(release.catalogue.ids[slot.row]) for slot in shown.slate.slots}


def test_sessions_and_seen_items_end(state: LiveState, release: LoadedRelease) -> None:
    state.shown(release.surface, ask(), ["i50"])
    assert within_a_second(lambda: state.applied == 1)
    known = state.known("shorts", "u0")
    assert informed(ask("r2", 29), release, known).state
    assert informed(ask("r2", 30), release, known).state == {}
    assert informed(ask("r2", 30), release, known).seen == ("i50",)
    assert informed(ask("r2", 60 * 48), release, known).seen == ()


def test_what_the_caller_brings_wins(release: LoadedRelease, state: LiveState) -> None:
    state.shown(release.surface, ask(), ["i50"])
    state.happened(release.surface, [outcome("r1:0")])
    assert within_a_second(lambda: state.applied == 2)
    brought = replace(ask("r2"), history=("i07",), seen=("i01",))
    later = informed(brought, release, state.known("shorts", "u0"))
    assert later.history == ("i07",)
    assert later.seen == ("i01", "i50")


def test_a_request_sent_again_does_not_count_its_first_answer_as_seen(state: LiveState, release: LoadedRelease) -> None:
    state.shown(release.surface, ask(), ["i50", "i51"])
    state.shown(release.surface, ask("r2", 1), ["i52"])
    assert within_a_second(lambda: state.applied == 2)
    again = informed(ask("r1", 2), release, state.known("shorts", "u0", "r1"))
    assert again.seen == ("i52",)


def test_nobody_is_remembered_by_nothing(state: LiveState, release: LoadedRelease) -> None:
    nobody = ask(user=None)
    state.shown(release.surface, nobody, ["i50"])
    assert state.known("shorts", None) == Known()
    assert informed(nobody, release, Known()) == nobody


def test_a_forgotten_user_is_nobody_and_leaves_nothing(state: LiveState, release: LoadedRelease, store: Store) -> None:
    state.shown(release.surface, ask(), ["i50"])
    state.shown(release.surface, ask("r2", 1), ["i51"])
    assert within_a_second(lambda: state.applied == 2)
    assert state.forget("u0") == 3
    assert store.entries("request/r1") == store.entries("request/r2") == {}
    assert list(store.entries("user/u0")) == ["forgotten"]
    later = informed(ask("r3", 2), release, state.known("shorts", "u0"))
    assert (later.user_id, later.seen, later.state) == (None, (), {})
    assert not recommend(release, later).person.known
    state.shown(release.surface, ask("r4", 3), ["i52"])
    state.happened(release.surface, [outcome("r1:0")])
    assert within_a_second(lambda: state.applied == 4)
    assert list(store.entries("user/u0")) == ["forgotten"]


class Dead:
    """A store that never answers."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def fail(*_: object) -> None:
            raise StoreError("gone")

        return fail


def test_without_the_store_requests_go_on_and_say_so(release: LoadedRelease) -> None:
    state = LiveState(Dead(), waiting=1)  # type: ignore[arg-type]
    for n in range(3):
        state.shown(release.surface, ask(f"r{n}"), ["i50"])
    assert state.dropped == 2
    state.start()
    assert within_a_second(lambda: state.failed == 1)
    blind = informed(ask(), release, state.known("shorts", "u0"))
    assert state.unread == 1
    assert (blind.fallbacks, blind.state, blind.history) == ((NO_STORE,), {}, None)
    assert recommend(release, blind).person.known
    with pytest.raises(StoreError):
        state.forget("u0")
