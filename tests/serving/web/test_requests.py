from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from tests.serving.web.conftest import FIRST, SECOND

BODY = {"user_id": "u0", "request_id": "r1", "context": {"country": "DE"}, "size": 6}


def explained(client: TestClient, request_id: str = "r1") -> Any:
    sent = client.get(f"/v1/requests/{request_id}")
    assert sent.status_code == 200
    return sent.json()


def test_the_path_of_every_shown_item_is_told(client: TestClient) -> None:
    shown = client.post("/v1/shorts/recommend", json=BODY).json()
    told = explained(client)
    assert (told["request_id"], told["surface"], told["release_id"]) == ("r1", "shorts", FIRST)
    assert [stage["stage"] for stage in told["stages"]] == [stage["stage"] for stage in shown["stages"]]
    for item, path in zip(shown["items"], told["items"], strict=True):
        for name in ("item_id", "position", "scores", "value", "propensity", "eligible", "explored", "relaxed"):
            assert path[name] == item[name]
        assert [one["source"] for one in path["offered"]] == item["sources"]
        assert sum(path["contributions"].values()) == pytest.approx(item["value"], rel=1e-5)
        assert path["features"]
        assert path["raw_scores"].keys() == item["scores"].keys()


def test_the_first_slot_of_a_greedy_slate_is_the_best_by_value(client: TestClient) -> None:
    for n in range(20):
        client.post("/v1/shorts/recommend", json={"user_id": f"u{n}", "request_id": f"r{n}"})
        first = explained(client, f"r{n}")["items"][0]
        if not first["explored"]:
            assert first["value_rank"] == 0


def test_an_item_of_the_reserve_was_offered_and_scored_by_nobody(client: TestClient) -> None:
    for name in ("r0", "r1"):
        client.post("/v1/shorts/recommend", json={"user_id": "u0", "request_id": name, "size": 50})
        client.app.state.service.online.settle()  # type: ignore[attr-defined]
    reserve = [item for item in explained(client)["items"] if not item["offered"]]
    assert reserve
    for item in reserve:
        assert (item["value"], item["merged_rank"], item["scores"], item["features"]) == (None, None, {}, {})


def test_a_request_of_the_release_before_is_still_explained(
    client: TestClient, releases: Path, wait_for: Callable[[str], None]
) -> None:
    shown = client.post("/v1/shorts/recommend", json=BODY).json()
    slots.switch(releases, SECOND)
    wait_for(SECOND)
    told = explained(client)
    assert told["release_id"] == FIRST
    assert [item["item_id"] for item in told["items"]] == [item["item_id"] for item in shown["items"]]


def test_one_that_nobody_asked_is_404_and_says_where_to_look(client: TestClient) -> None:
    client.post("/v1/shorts/recommend", json=BODY | {"request_id": "tried", "dry_run": True})
    for name in ("r1", "tried"):
        sent = client.get(f"/v1/requests/{name}")
        assert sent.status_code == 404
        assert "feedmill replay" in sent.json()["detail"]
