from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from tests.serving.web.waiting import within


def slate(client: TestClient, request_id: str, **more: Any) -> list[str]:
    sent = client.post("/v1/shorts/recommend", json={"user_id": "u0", "request_id": request_id, **more})
    assert sent.status_code == 200
    return [item["item_id"] for item in sent.json()["items"]]


def applied(client: TestClient) -> int:
    service: Any = client.app.state.service  # type: ignore[attr-defined]
    return int(service.online.applied)


def test_what_was_shown_is_not_shown_again_and_a_response_joins_the_history(client: TestClient) -> None:
    first = slate(client, "r1")
    assert within(1, lambda: applied(client) == 1)
    assert not set(first) & set(slate(client, "r2"))
    click = {"outcome_id": "o1", "impression_id": "r1:0", "outcome": "click"}
    assert client.post("/v1/outcomes", json={"surface": "shorts", "outcomes": [click]}).status_code == 200
    assert within(1, lambda: applied(client) == 3)
    slate(client, "r3")
    told = client.get("/v1/requests/r3").json()
    assert told["history"] == 9


def test_a_forgotten_user_is_nobody(client: TestClient) -> None:
    slate(client, "r1")
    assert within(1, lambda: applied(client) == 1)
    assert client.delete("/v1/users/u0").json() == {"records": 2}
    body = {"user_id": "u0", "request_id": "r2"}
    assert client.post("/v1/shorts/recommend", json=body).json()["known_user"] is False
    told = client.get("/v1/requests/r2").json()
    assert (told["user_id"], told["history"], told["seen"]) == (None, 0, 0)
    assert client.delete("/v1/users/u0").json() == {"records": 0}
