"""A server that shows what policy forbids goes back to the release before, by itself, and says so."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from serving.release import slots
from serving.web.app import create_app
from surfaces.policy import Policy
from tests.serving.tiny_release import DAY, build_tiny_release, tiny_surface
from tests.serving.web.test_metrics import scraped
from tests.serving.web.waiting import within

GOOD, BAD = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb"
STRICT = Policy.model_validate({"withhold": [{"label": "tag:adult"}], "trip": {"most": 0.01, "least": 50}})


def test_a_server_goes_back_and_tells_its_load_balancer_and_its_metrics(tmp_path: Path) -> None:
    releases, surface = tmp_path / "releases" / "shorts", tiny_surface().model_copy(update={"policy": STRICT})
    build_tiny_release(releases, GOOD, surface=surface)
    build_tiny_release(releases, BAD)
    slots.switch(releases, GOOD)
    slots.switch(releases, BAD)
    with TestClient(create_app(tmp_path, [surface], interval=0.02)) as client:
        assert within(10, lambda: client.get("/v1/shorts/release").is_success)
        assert client.post("/v1/shorts/recommend", json={"size": 60, "dry_run": True}).json()["release_id"] == BAD
        assert client.get("/readyz").json()["alarms"] == {}
        shown = client.post("/v1/shorts/recommend", json={"size": 60, "request_id": "last"}).json()
        assert shown["release_id"] == BAD
        assert within(10, lambda: client.get("/v1/shorts/release").json()["release_id"] == GOOD)
        ready, health, figures = client.get("/readyz").json(), client.get("/healthz").json(), scraped(client)
        after = client.post("/v1/shorts/recommend", json={"size": 60}).json()
    assert (ready["status"], ready["surfaces"]) == ("ready", ["shorts"])
    assert f"6 of 60 slots by {BAD} broke a rule, the last in request last" in ready["alarms"]["shorts"]
    assert (health["status"], health["surfaces"]["shorts"]["alarm"]) == ("degraded", ready["alarms"]["shorts"])
    assert figures["feedmill_policy_violations_total", "withhold tag:adult shorts"] == 6
    assert figures["feedmill_policy_alarm", "shorts"] == 1
    assert len(after["items"]) == 54
