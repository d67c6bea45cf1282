from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from serving.web.app import create_app
from tests.serving.tiny_release import tiny_surface


def scraped(client: TestClient) -> dict[tuple[str, str], float]:
    """Each sample by its name and the values of its labels in the order of their names, space between."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (one.name, " ".join(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def test_a_scrape_tells_of_requests_stages_and_the_release(client: TestClient) -> None:
    for n in range(3):
        client.post("/v1/shorts/recommend", json={"user_id": f"u{n}", "size": 5})
    client.post("/v1/shorts/recommend", json={"user_id": "u9", "dry_run": True})
    found = scraped(client)
    assert found["feedmill_request_seconds_count", "shorts"] == 3
    assert found["feedmill_stage_seconds_count", "hydrate shorts"] == 3
    assert found["feedmill_slots_asked_total", "shorts"] == found["feedmill_slots_filled_total", "shorts"] == 15
    assert found["feedmill_items", "shorts"] == 60
    assert found["feedmill_degraded", "shorts"] == 0
    assert found["feedmill_freshness_lag_seconds", "shorts"] > 0
    assert [labels for name, labels in found if name == "feedmill_release"] == ["2026-01-08-aaaaaaaaaa shorts"]
    assert found["feedmill_online_updates_total", "dropped"] == 0


def test_ready_is_who_can_answer(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/readyz").json() == {"status": "ready", "surfaces": ["shorts"], "alarms": {}}
    with TestClient(create_app(tmp_path / "empty", [tiny_surface()])) as other:
        sent = other.get("/readyz")
    assert (sent.status_code, sent.json()["status"]) == (503, "not ready")
