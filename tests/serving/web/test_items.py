from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from serving.web.app import create_app
from surfaces.load import load
from tests.serving.web.conftest import FIRST
from tests.serving.web.waiting import within


def candidates(client: TestClient, user: str = "u0") -> dict[str, list[str]]:
    """Sources by item of a slate as long as the catalogue."""
    sent = client.post("/v1/shorts/recommend", json={"user_id": user, "size": 100, "dry_run": True})
    return {item["item_id"]: item["sources"] for item in sent.json()["items"]}


def test_a_posted_item_is_shown_within_seconds_from_a_source_of_its_own(client: TestClient, home: Path) -> None:
    item = {"item_id": "brand-new", "topic": "music", "creator_id": "c0", "title": "Hello", "tags": ["live"]}
    sent = client.post("/v1/shorts/items", json={"items": [item]})
    assert sent.status_code == 200, sent.text
    assert sent.json()["items"] == [{"item_id": "brand-new", "number": 1, "shown_soon": True}]
    assert within(5, lambda: candidates(client).get("brand-new") == ["fresh"])
    shown = client.post("/v1/shorts/recommend", json={"user_id": "u0", "request_id": "after", "size": 100})
    assert "brand-new" in [one["item_id"] for one in shown.json()["items"]]
    told = client.get("/v1/requests/after").json()
    assert next(one for one in told["items"] if one["item_id"] == "brand-new")["offered"][0]["source"] == "fresh"


def test_a_posting_is_a_row_of_the_item_layer(home: Path, releases: Path) -> None:
    slots.switch(releases, FIRST)
    with TestClient(create_app(home, [load("shorts")])) as client:
        client.post("/v1/shorts/items", json={"items": [{"item_id": "n1", "topic": "music"}]})
    lines = [line for path in (home / "landing/shorts/item").rglob("*.jsonl") for line in path.read_text().splitlines()]
    (row,) = map(json.loads, lines)
    assert (row["item_id"], row["topic"], row["schema_version"]) == ("n1", "music", 1)
    assert row["updated_at"] == row["created_at"]


def test_what_cannot_be_placed_or_is_known_waits_for_the_night(client: TestClient) -> None:
    items = [{"item_id": "odd", "topic": "polka"}, {"item_id": "i00", "topic": "music"}]
    sent = client.post("/v1/shorts/items", json={"items": items}).json()
    assert [one["shown_soon"] for one in sent["items"]] == [False, False]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"items": []}, "at least 1"),
        ({"items": [{"item_id": ""}]}, "at least 1"),
        ({"items": [{"item_id": "x"}] * 101}, "at most 100"),
        ({"items": [{"item_id": "x", "content": [0.5]}]}, "allowed are 0"),
        ({"items": [{"item_id": "x", "colour": "red"}]}, "Extra inputs"),
    ],
)
def test_a_wrong_item_is_refused_with_words(client: TestClient, body: dict[str, Any], words: str) -> None:
    sent = client.post("/v1/shorts/items", json=body)
    assert sent.status_code == 422
    assert words in sent.text


def test_surfaces_without_a_release_take_none(client: TestClient) -> None:
    assert client.post("/v1/mind/items", json={"items": [{"item_id": "x"}]}).status_code == 503
    assert client.post("/v1/nowhere/items", json={"items": [{"item_id": "x"}]}).status_code == 404
