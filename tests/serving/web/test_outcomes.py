from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.web.app import create_app
from surfaces.load import load
from tests.serving.logs.landed import rows

Send = Callable[..., Any]
TODAY = datetime.now(UTC).date()


def outcome(name: str = "o1", **changes: object) -> dict[str, object]:
    return {"outcome_id": name, "impression_id": "r1:0", "outcome": "click"} | changes


@pytest.fixture
def send(home: Path) -> Iterator[Send]:
    """Sends outcomes of `shorts` to a server without a release: what an earlier one showed may still be answered."""
    with TestClient(create_app(home, [load("shorts")], interval=10)) as client:
        yield lambda *some, surface="shorts", **more: client.post(
            "/v1/outcomes", json={"surface": surface, "outcomes": list(some)} | more
        )


def test_every_outcome_is_acknowledged_and_lies_in_the_log_once(home: Path) -> None:
    body = {"surface": "shorts", "outcomes": [outcome(), outcome("o2", outcome="dwell", value=3.5), outcome()]}
    with TestClient(create_app(home, [load("shorts")], interval=10)) as client:
        sent = client.post("/v1/outcomes", json=body)
        again = client.post("/v1/outcomes", json=body)
    assert sent.status_code == again.status_code == 200
    assert [one["status"] for one in sent.json()["outcomes"]] == ["accepted", "accepted", "duplicate"]
    assert {one["status"] for one in again.json()["outcomes"]} == {"duplicate"}
    landed = rows(home / "landing" / "shorts", "outcome", TODAY, TODAY + timedelta(days=1))
    assert [(row["outcome_id"], row["outcome"], row["value"], row["request_id"]) for row in landed] == [
        ("o1", "click", 1.0, "r1"),
        ("o2", "dwell", 3.5, "r1"),
    ]


@pytest.mark.parametrize(
    ("changes", "place", "told"),
    [
        ({"outcome": "clik"}, [1, "outcome"], "found 'clik'; allowed are click, dwell"),
        ({"outcome": "dwell"}, [1, "value"], "found None; allowed is an amount"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, [1, "occurred_at"], "allowed is until"),
        ({"occurred_at": "2026-01-01T00:00:00"}, [1, "occurred_at"], "timezone"),
        ({"outcome_id": ""}, [1, "outcome_id"], "at least 1 character"),
        ({"impression_id": "i" * 161}, [1, "impression_id"], "at most 160 characters"),
        ({"clicked": True}, [1, "clicked"], "not permitted"),
    ],
)
def test_a_batch_with_a_fault_is_422_naming_it_and_nothing_of_it_is_taken(
    send: Send, home: Path, changes: dict[str, object], place: list[object], told: str
) -> None:
    sent = send(outcome("good"), outcome("bad", **changes))
    assert sent.status_code == 422
    (fault,) = sent.json()["detail"]
    assert fault["loc"] == ["body", "outcomes", *place]
    assert told in fault["msg"]
    assert send(outcome("good")).json()["outcomes"][0]["status"] == "accepted"


def test_the_surface_and_the_number_of_outcomes_are_checked(send: Send) -> None:
    assert send(outcome(), surface="shots").json()["detail"] == "there is no surface 'shots'; surfaces are: shorts"
    assert send(outcome(), surface="shots").status_code == 404
    assert send().status_code == 422
    assert send(*(outcome(str(n)) for n in range(1001))).status_code == 422
    assert send(*(outcome(str(n)) for n in range(1000))).status_code == 200


def test_a_full_disk_is_503_until_there_is_room_again(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("serving.logs.segment.os.write", full)
    refused = send(outcome())
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert "No space left on device" in refused.json()["detail"]
    monkeypatch.undo()
    assert send(outcome()).json()["outcomes"] == [{"outcome_id": "o1", "status": "accepted"}]
