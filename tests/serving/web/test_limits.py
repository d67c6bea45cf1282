from __future__ import annotations

from collections.abc import Iterator

from fastapi.testclient import TestClient

from serving.web.limits import MAX_BODY


def test_a_body_that_is_too_large_is_refused_announced_or_not(client: TestClient) -> None:
    large = b'{"user_id": "' + b"x" * MAX_BODY + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    headers = {"content-type": "application/json"}
    for content in (large, pieces()):
        sent = client.post("/v1/shorts/recommend", content=content, headers=headers)
        assert sent.status_code == 413
        assert "1,048,576" in sent.json()["detail"]


def test_the_longest_sound_request_is_not_too_large(client: TestClient) -> None:
    context = {"history": ["h" * 128] * 200, "seen": ["s" * 128] * 1000}
    assert client.post("/v1/shorts/recommend", json={"context": context}).status_code == 200
