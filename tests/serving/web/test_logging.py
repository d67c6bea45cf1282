"""What a server writes: through HTTP in, out of the files that ingest reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.logs.pseudonyms import Pseudonyms
from serving.release import slots
from serving.web.app import create_app
from surfaces.load import load
from surfaces.surface import Logging, Surface
from tests.serving.logs.landed import rows
from tests.serving.web.conftest import FIRST

AT = datetime(2026, 1, 9, 23, 59, tzinfo=UTC)


def served(home: Path, surface: Surface, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of a server whose clock stands at AT."""
    slots.switch(home / "releases" / "shorts", FIRST)
    with TestClient(create_app(home, [surface], interval=10, clock=lambda: AT)) as client:
        return [client.post("/v1/shorts/recommend", json=body).json() for body in bodies]


def surface(**rules: Any) -> Surface:
    return load("shorts").model_copy(update={"logging": Logging(**rules)})


def test_an_answer_lies_in_the_log_of_its_day(home: Path) -> None:
    (answer,) = served(home, surface(sample=1.0, pseudonymise=False), {"user_id": "u0", "request_id": "r1"})
    landing = home / "landing" / "shorts"
    (request,) = rows(landing, "request")
    assert (request["request_id"], request["user_id"], request["requested_at"]) == (
        "r1",
        "u0",
        "2026-01-09T23:59:00.000000Z",
    )
    for item, row in zip(answer["items"], rows(landing, "impression"), strict=True):
        assert all(row[name] == item[name] for name in ("impression_id", "item_id", "position", "propensity"))
        assert row["source"] == (item["sources"][0] if item["sources"] else "reserve")
    assert len(rows(landing, "ranking")) >= len(answer["items"])
    assert {row["source"] for row in rows(landing, "candidate")} >= {"als", "popular"}


def test_a_dry_run_leaves_no_trace(home: Path) -> None:
    (answer,) = served(home, surface(sample=1.0), {"user_id": "u0", "dry_run": True})
    assert len(answer["items"]) == 10
    assert not (home / "landing").exists()


def test_a_users_own_id_is_written_nowhere_and_known_users_are_found_by_pseudonym(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDMILL_PSEUDONYM_KEY", "a key for this test")
    stranger, anonymous = served(
        home, surface(sample=1.0, pseudonymise=True), {"user_id": "u0", "request_id": "r1"}, {"request_id": "r2"}
    )
    assert not stranger["known_user"]
    landing = home / "landing" / "shorts"
    name = Pseudonyms(b"a key for this test").of("u0")
    assert [row.get("user_id") for row in rows(landing, "request")] == [name, None]
    assert {row.get("user_id") for row in rows(landing, "impression")} == {name, None}
    written = [path.read_text() for path in home.rglob("*") if path.is_file() and "landing" in path.parts]
    assert written
    assert not any('"u0"' in text for text in written)
    assert len(anonymous["items"]) == 10


def test_the_key_of_pseudonyms_is_made_once_and_lies_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEEDMILL_PSEUDONYM_KEY", raising=False)
    served(home, surface(pseudonymise=True), {"user_id": "u0", "request_id": "r1"})
    served(home, surface(pseudonymise=True), {"user_id": "u0", "request_id": "r2"})
    assert len({row["user_id"] for row in rows(home / "landing" / "shorts", "request")}) == 1
