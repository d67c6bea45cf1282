"""One contract for both stores."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import UserError
from serving.online.guarded import GuardedStore
from serving.online.lmdb_store import LmdbStore
from serving.online.open import open_store
from serving.online.redis_store import RedisStore
from serving.online.store import Store, StoreError
from tests.serving.online.conftest import Clock
from tests.serving.online.redis_server import running


def test_what_was_put_is_read_under_its_owner_alone(store: Store) -> None:
    store.put("user/a", {"x": b"1", "y": b""}, 10)
    assert store.read("user/a", ["y", "x", "z"]) == [b"", b"1", None]
    assert store.read("user/b", ["x"]) == [None]
    assert store.entries("user/a") == {"x": b"1", "y": b""}
    assert store.entries("user/") == {}


def test_each_value_has_its_own_time(store: Store, clock: Clock) -> None:
    store.put("u", {"short": b"s"}, 5)
    store.put("u", {"long": b"l"}, 50)
    clock.now += 5
    assert store.read("u", ["short", "long"]) == [None, b"l"]
    assert store.entries("u") == {"long": b"l"}
    store.put("u", {"short": b"again"}, 5)
    assert store.read("u", ["short"]) == [b"again"]


def test_a_shorter_time_does_not_take_the_longer_one_along(store: Store, clock: Clock) -> None:
    store.put("u", {"long": b"l"}, 3600)
    store.put("u", {"short": b"s"}, 0.05)
    threading.Event().wait(0.1)
    assert store.read("u", ["long"]) == [b"l"]


def test_update_sees_the_living_value_and_may_remove_it(store: Store, clock: Clock) -> None:
    assert store.update("u", "n", lambda old: b"1" if old is None else b"?", 5) == b"1"
    assert store.update("u", "n", lambda old: (old or b"") + b"2", 5) == b"12"
    clock.now += 6
    assert store.update("u", "n", lambda old: b"new" if old is None else b"old", 5) == b"new"
    assert store.update("u", "n", lambda old: None, 5) is None
    assert store.entries("u") == {}


def test_no_update_is_lost_among_threads(store: Store) -> None:
    def count() -> None:
        for _ in range(25):
            store.update("u", "n", lambda old: str(int(old or b"0") + 1).encode(), 60)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("u", ["n"]) == [b"100"]


def test_an_owner_is_forgotten_whole_or_in_part(store: Store) -> None:
    for owner in ("user/a", "user/ab"):
        store.put(owner, {"x": b"1", "y": b"2", "z": b"3"}, 60)
    assert store.forget("user/a", ["x", "none"]) == 1
    assert store.forget("user/a") == 2
    assert store.forget("user/a") == 0
    assert store.forget("user/a", []) == 0
    assert len(store.entries("user/ab")) == 3


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=200), st.dictionaries(st.text(min_size=1, max_size=300), st.binary(), min_size=1))
def test_any_text_may_be_a_name(store: Store, owner: str, values: dict[str, bytes]) -> None:
    try:
        owner.encode(), [name.encode() for name in values]
    except UnicodeEncodeError:
        return
    store.forget(owner)
    store.put(owner, values, 60)
    assert store.entries(owner) == values
    assert store.read(owner, list(values)) == list(values.values())


def test_lmdb_keeps_what_was_written_and_sweeps_what_is_late(tmp_path: Path, clock: Clock) -> None:
    first = LmdbStore(tmp_path, clock)
    first.put("u", {"short": b"s"}, 5)
    first.put("u", {"long": b"l"}, 50)
    first.close()
    clock.now += 6
    second = LmdbStore(tmp_path, clock)
    assert second.entries("u") == {"long": b"l"}
    assert [second.sweep(), second.sweep()] == [1, 0]
    second.close()


def test_redis_that_comes_back_is_used_again_and_meanwhile_costs_nothing(tmp_path: Path, clock: Clock) -> None:
    with running(tmp_path) as server:
        guarded = GuardedStore(RedisStore(server.url), clock=clock)
        guarded.put("u", {"x": b"1"}, 60)
        server.stop()
        for _ in range(50):
            with pytest.raises(StoreError, match=str(server.port)):
                guarded.read("u", ["x"])
        assert (guarded.failures, guarded.refused) == (1, 49)
        assert guarded.problem is not None
        server.start()
        clock.now += 1.1
        assert guarded.read("u", ["x"]) == [None], "nothing was kept, but it answers"
        assert guarded.problem is None


def test_the_store_is_one_line_of_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEEDMILL_ONLINE_STORE", raising=False)
    embedded = open_store(tmp_path / "online")
    embedded.put("u", {"x": b"1"}, 60)
    embedded.close()
    assert (tmp_path / "online" / "data.mdb").exists()
    named = open_store(tmp_path, f"lmdb://{tmp_path}/online")
    assert named.read("u", ["x"]) == [b"1"]
    named.close()
    monkeypatch.setenv("FEEDMILL_ONLINE_STORE", "redis://:secret@127.0.0.1:1/0")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1") as raised:
        open_store(tmp_path).read("u", ["x"])
    assert "secret" not in str(raised.value)
    with pytest.raises(UserError, match="memcached"):
        open_store(tmp_path, "memcached://somewhere")


def test_one_folder_may_be_opened_twice_in_a_process(tmp_path: Path) -> None:
    first, second = LmdbStore(tmp_path), LmdbStore(tmp_path)
    first.put("u", {"x": b"1"}, 60)
    assert second.read("u", ["x"]) == [b"1"]
    first.close()
    assert second.read("u", ["x"]) == [b"1"]
    second.close()
    second.close()
    assert first.read("u", ["x"]) == [b"1"], "opened anew"
    first.close()
