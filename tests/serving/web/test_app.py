from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from serving.web import service
from tests.serving.tiny_release import DAY
from tests.serving.web.conftest import FIRST, SECOND


def test_a_slate_is_answered(client: TestClient) -> None:
    body = {"user_id": "u0", "request_id": "r1", "context": {"country": "DE", "device": "phone"}, "size": 5}
    sent = client.post("/v1/shorts/recommend", json=body)
    assert sent.status_code == 200
    answer = sent.json()
    assert (answer["request_id"], answer["surface"], answer["release_id"]) == ("r1", "shorts", FIRST)
    assert answer["known_user"] is True
    assert [item["impression_id"] for item in answer["items"]] == [f"r1:{n}" for n in range(5)]
    assert all(0 < item["propensity"] <= 1 for item in answer["items"])
    assert set(answer["items"][0]["scores"]) == {"click", "dwell", "like", "follow", "hide"}
    assert [stage["stage"] for stage in answer["stages"]][0::9] == ["hydrate", "compose"]


def test_nobody_in_particular_is_answered_under_a_request_id_of_the_servers(client: TestClient) -> None:
    answers = [client.post("/v1/shorts/recommend", json={}).json() for _ in range(2)]
    assert [len(answer["items"]) for answer in answers] == [10, 10]
    assert answers[0]["known_user"] is False
    assert len({answer["request_id"] for answer in answers}) == 2


def test_an_unknown_surface_is_404_with_words(client: TestClient) -> None:
    for sent in (client.post("/v1/shots/recommend", json={}), client.get("/v1/shots/release")):
        assert sent.status_code == 404
        assert sent.json()["detail"] == "there is no surface 'shots'; surfaces are: mind, shorts"


def test_a_surface_without_a_live_release_is_503_with_words_until_one_is_published(
    client: TestClient,
) -> None:
    sent = client.post("/v1/mind/recommend", json={})
    assert sent.status_code == 503
    assert "no release of it is live yet" in sent.json()["detail"]
    assert client.get("/healthz").json() == {
        "status": "ok",
        "surfaces": {
            "shorts": {"release_id": FIRST, "problem": None, "alarm": None},
            "mind": {"release_id": None, "problem": None, "alarm": None},
        },
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": 7}, "user_id"),
        ({"usr": "u0"}, "usr"),
        ({"context": {"country": "Germany"}}, "country"),
        ({"context": {"history": ["i"] * 201}}, "history"),
    ],
)
def test_bad_input_is_422_naming_the_field(client: TestClient, body: dict[str, object], field: str) -> None:
    sent = client.post("/v1/shorts/recommend", json=body)
    assert sent.status_code == 422
    assert sent.json()["detail"][0]["loc"][-1] == field


def test_the_release_tells_what_it_was_made_from(client: TestClient) -> None:
    told = client.get("/v1/shorts/release").json()
    assert (told["release_id"], told["day"], told["items"]) == (FIRST, DAY, 60)
    assert told["tables"]["gold.samples"]["version"] == 3
    assert "popular" in told["sources"]


def test_a_broken_release_keeps_the_old_one_serving_and_health_says_so(client: TestClient, releases: Path) -> None:
    folder = releases
    (folder / SECOND / "popular" / "model.json").write_text("{}")
    (folder / "green").symlink_to(SECOND)
    (folder / "next").symlink_to("green")
    (folder / "next").replace(folder / "active")
    pause = threading.Event()
    for _ in range(1000):
        health = client.get("/healthz").json()
        if health["status"] == "degraded":
            break
        pause.wait(0.01)
    assert health["surfaces"]["shorts"]["release_id"] == FIRST
    assert "popular/model.json" in health["surfaces"]["shorts"]["problem"]
    assert client.post("/v1/shorts/recommend", json={}).json()["release_id"] == FIRST


def test_switches_under_load_fail_no_request_and_mix_no_releases(
    client: TestClient, releases: Path, wait_for: Callable[[str], None]
) -> None:
    """Each release gives its own answer to one greedy request; under switches every answer is one of the two."""
    body = {"user_id": "u3", "request_id": "r1", "dry_run": True}

    def ask() -> tuple[int, str, tuple[str, ...]]:
        sent = client.post("/v1/shorts/recommend", json=body)
        answer = sent.json()
        return sent.status_code, answer["release_id"], tuple(item["item_id"] for item in answer["items"])

    alone = {FIRST: ask()}
    done = threading.Event()

    def load() -> list[tuple[int, str, tuple[str, ...]]]:
        answers = []
        while not done.is_set():
            answers.append(ask())
        return answers

    with ThreadPoolExecutor(3) as pool:
        loads = [pool.submit(load) for _ in range(3)]
        for release_id in (SECOND, FIRST) * 5 + (SECOND,):
            slots.switch(releases, release_id)
            wait_for(release_id)
        done.set()
        answers = [answer for future in loads for answer in future.result()]
    alone[SECOND] = ask()
    assert alone[FIRST][2] != alone[SECOND][2]
    assert len(answers) > 50
    assert {answer[1] for answer in answers} == {FIRST, SECOND}
    assert set(answers) == set(alone.values())


def test_no_more_requests_are_computed_at_once_than_there_are_cores(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond, each would be interrupted by all others, and cost more for it."""
    computing, most, lock, true = 0, 0, threading.Lock(), service.recommend

    def counted(*args: Any) -> Any:
        nonlocal computing, most
        with lock:
            computing += 1
            most = max(most, computing)
        try:
            threading.Event().wait(0.01)
            return true(*args)
        finally:
            with lock:
                computing -= 1

    monkeypatch.setattr(service, "recommend", counted)
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _: client.post("/v1/shorts/recommend", json={}).status_code, range(40)))
    assert sent == [200] * 40
    assert most == min(service.AT_ONCE, 8)
