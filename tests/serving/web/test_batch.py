"""A surface whose slates are made at night: a request is one read, and who has none is answered all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from jobs.slates import draw_all
from serving.logs.reading import days, requests
from serving.online.lmdb_store import LmdbStore
from serving.release import slots
from serving.release.loaded import LoadedRelease
from serving.replay import Releases, replay
from serving.web.app import create_app
from surfaces.batch import Batch
from tests.serving.tiny_release import AT, DAY, build_tiny_release, tiny_surface
from tests.serving.web.test_metrics import scraped

RELEASE, NEXT = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb"
SURFACE = tiny_surface(epsilon=0.5).model_copy(update={"batch": Batch()})
NIGHT = AT - timedelta(hours=12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A live release that has made a slate for everybody it knows, all of Germany, and one that has made none."""
    folder = tmp_path / "releases" / "shorts"
    for release_id in (RELEASE, NEXT):
        build_tiny_release(folder, release_id, surface=SURFACE)
    slots.switch(folder, RELEASE)
    store = LmdbStore(tmp_path / "online")
    made = draw_all(LoadedRelease.load(folder / RELEASE), NIGHT, {f"u{n}": "DE" for n in range(40)}, store)
    store.close()
    assert made == {10: 40}
    return folder


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    assert folder.is_dir()
    with TestClient(create_app(tmp_path, [SURFACE], interval=0.02, clock=lambda: AT)) as client:
        yield client


def ask(client: TestClient, user: str | None = "u0", country: str = "DE", **more: Any) -> Any:
    sent = client.post("/v1/shorts/recommend", json={"user_id": user, "context": {"country": country}, **more})
    assert sent.status_code == 200, sent.text
    return sent.json()


def items(answer: Any) -> list[str]:
    return [shown["item_id"] for shown in answer["items"]]


def test_the_slate_of_the_night_is_answered_again_and_again_without_a_stage(client: TestClient) -> None:
    first, second = ask(client), ask(client)
    assert items(first) == items(second)
    assert first["request_id"] != second["request_id"]
    assert [stage["stage"] for stage in first["stages"]] == ["hydrate"]
    assert items(ask(client, "u1")) != items(first)
    assert ("feedmill_fallbacks_total", "not_ready shorts") not in scraped(client)


@pytest.mark.parametrize(("user", "country", "more"), [("u0", "US", {}), (None, "DE", {}), ("u0", "DE", {"size": 5})])
def test_who_has_none_is_answered_now_and_that_is_counted(
    client: TestClient, user: str | None, country: str, more: dict[str, Any]
) -> None:
    answer = ask(client, user, country, **more)
    assert len(answer["items"]) == more.get("size", 10)
    assert "compose" in [stage["stage"] for stage in answer["stages"]]
    assert scraped(client)["feedmill_fallbacks_total", "not_ready shorts"] == 1


def test_another_release_does_not_answer_by_it(client: TestClient, folder: Path) -> None:
    slots.switch(folder, NEXT)
    for _ in range(500):
        answer = ask(client)
        if answer["release_id"] == NEXT:
            break
    assert "compose" in [stage["stage"] for stage in answer["stages"]]
    slots.rollback(folder)
    for _ in range(500):
        answer = ask(client)
        if answer["release_id"] == RELEASE:
            break
    assert [stage["stage"] for stage in answer["stages"]] == ["hydrate"]


def test_logs_are_exact_explained_and_replayed(client: TestClient, folder: Path, tmp_path: Path) -> None:
    answers = [ask(client, f"u{n}", "DE" if n % 2 else "US") for n in range(10)]
    told = client.get(f"/v1/requests/{answers[1]['request_id']}").json()
    assert [one["item_id"] for one in told["items"]] == items(answers[1])
    assert [one["propensity"] for one in told["items"]] == [one["propensity"] for one in answers[1]["items"]]
    client.app.state.service.logs["shorts"].writer.flush()  # type: ignore[attr-defined]
    landing = tmp_path / "landing" / "shorts"
    (day,) = days(landing)
    found = list(requests(landing, day, [one["request_id"] for one in answers]))
    assert [one.request.get("drawn_at") is not None for one in found] == [n % 2 == 1 for n in range(10)]
    for one, answer in zip(found, answers, strict=True):
        assert [row["item_id"] for row in one.impressions] == items(answer)
        again = replay(Releases(folder).of(one.request), one)
        assert again.difference is None, str(again.difference)


def test_a_forgotten_user_has_none(client: TestClient) -> None:
    before = ask(client)
    assert client.delete("/v1/users/u0").json()["records"] >= 1
    after = ask(client)
    assert "compose" in [stage["stage"] for stage in after["stages"]]
    assert after["known_user"] is False
    assert before["known_user"] is True
    assert json.dumps(after["items"]) != json.dumps(before["items"])
