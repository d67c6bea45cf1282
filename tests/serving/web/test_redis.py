"""A server whose online state lies in a real Redis, which dies and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from serving.web.app import create_app
from tests.serving.online.redis_server import RedisServer, running
from tests.serving.tiny_release import build_tiny_release, tiny_surface
from tests.serving.web.waiting import within


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running(tmp_path) as server:
        yield server


@pytest.fixture
def client(tmp_path: Path, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("FEEDMILL_ONLINE_STORE", redis.url)
    slots.switch(tmp_path / "releases" / "shorts", build_tiny_release(tmp_path / "releases" / "shorts"))
    with TestClient(create_app(tmp_path, [tiny_surface()])) as client:
        yield client


def test_a_redis_that_dies_fails_no_request_and_is_used_again(client: TestClient, redis: RedisServer) -> None:
    asked = 0

    def seen() -> tuple[int, bool]:
        """Items known as seen in a request that must be answered, and whether it did without its state."""
        nonlocal asked
        asked += 1
        body = {"user_id": "u0", "request_id": f"r{asked}"}
        assert client.post("/v1/shorts/recommend", json=body).status_code == 200
        service: Any = client.app.state.service  # type: ignore[attr-defined]
        ask = service.recent.find(f"r{asked}").ask
        return len(ask.seen), "online_store" in ask.fallbacks

    assert seen() == (0, False)
    assert within(2, lambda: seen()[0] > 0)
    redis.stop()
    assert all(seen() == (0, True) for _ in range(30))
    assert 'fallbacks_total{fallback="online_store",surface="shorts"} 30.0' in client.get("/metrics").text
    assert client.delete("/v1/users/u0").status_code == 503
    redis.start()
    back = time.monotonic()
    assert within(5, lambda: seen()[0] > 0)
    assert time.monotonic() - back < 5
