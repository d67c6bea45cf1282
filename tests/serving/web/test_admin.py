from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from tests.serving.tiny_release import DAY
from tests.serving.web.waiting import within

TOKEN = "a-token-of-some-length"
FIRST, SECOND = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("configured", [None, "", "short"])
def test_without_a_token_configured_they_are_off(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, configured: str | None
) -> None:
    monkeypatch.delenv("FEEDMILL_ADMIN_TOKEN", raising=False)
    if configured is not None:
        monkeypatch.setenv("FEEDMILL_ADMIN_TOKEN", configured)
    for headers in ({}, bearer(""), bearer(configured or "x")):
        assert client.get("/v1/admin/shorts/releases", headers=headers).status_code == 403


def test_only_the_token_opens_them(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDMILL_ADMIN_TOKEN", TOKEN)
    for headers in ({}, bearer(TOKEN[:-1]), bearer(TOKEN + "x"), {"Authorization": f"Basic {TOKEN}"}):
        assert client.post("/v1/admin/shorts/rollback", headers=headers).status_code == 401
    found = client.get("/v1/admin/shorts/releases", headers=bearer(TOKEN)).json()
    assert (found["live"], found["answering"], found["releases"]) == (FIRST, FIRST, [FIRST, SECOND])
    assert client.get("/v1/admin/nowhere/releases", headers=bearer(TOKEN)).status_code == 404


def test_a_rollback_is_followed_at_once(client: TestClient, releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDMILL_ADMIN_TOKEN", TOKEN)
    assert client.post("/v1/admin/shorts/rollback", headers=bearer(TOKEN)).status_code == 409
    slots.switch(releases, SECOND)
    sent = client.post("/v1/admin/shorts/rollback", headers=bearer(TOKEN)).json()
    assert (sent["left"], sent["live"]) == (SECOND, FIRST)
    assert within(1, lambda: client.get("/v1/shorts/release").json()["release_id"] == FIRST)
