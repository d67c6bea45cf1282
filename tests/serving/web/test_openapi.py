"""The server keeps to the OpenAPI that it publishes, whatever is sent: no 5xx, no status that it does not name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.release import slots
from serving.web.app import create_app
from tests.serving.tiny_release import build_tiny_release, tiny_surface
from tests.serving.web.real_server import served

CASES = int(os.environ.get("FEEDMILL_OPENAPI_CASES", "25"))
"""Cases an operation; there are about a dozen."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server all of whose surfaces answer."""
    home = tmp_path_factory.mktemp("openapi")
    slots.switch(home / "releases" / "shorts", build_tiny_release(home / "releases" / "shorts"))
    with pytest.MonkeyPatch.context() as patch, served(create_app(home, [tiny_surface()])) as address:
        patch.setenv("FEEDMILL_ADMIN_TOKEN", TOKEN)
        yield address


@pytest.fixture(scope="module")
def document(address: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{address}/openapi.json").json()
    return found


def test_every_operation_keeps_to_the_document(address: str, document: dict[str, Any]) -> None:
    asked = 0
    for operation in schemathesis.openapi.from_dict(document).get_all_operations():
        asked += explored(address, operation.ok())
    assert asked >= CASES * 8


def explored(address: str, operation: Any) -> int:
    """How many cases of `operation` were sent; fails on the first answer that is not as documented."""
    sent = 0

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(operation.as_strategy(), st.booleans(), st.booleans())
    def explore(case: Any, named: bool, allowed: bool) -> None:
        nonlocal sent
        if named and "surface" in (case.path_parameters or {}):
            case.path_parameters["surface"] = "shorts"
        headers = {"Authorization": f"Bearer {TOKEN}"} if allowed else {}
        response = case.call(base_url=address, headers=headers)
        case.validate_response(response, checks=CHECKS)
        sent += 1

    explore()
    return sent


def test_requests_with_a_body_have_an_example(document: dict[str, Any]) -> None:
    bodies = [
        method["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path in document["paths"].values()
        for method in path.values()
        if "requestBody" in method
    ]
    assert len(bodies) >= 4
    assert all(document["components"]["schemas"][name].get("examples") for name in bodies)


def test_text_that_is_no_unicode_is_refused_or_answered(address: str) -> None:
    """JSON can hold half a surrogate pair, which no encoding can."""
    for body in ({"user_id": "\ud800"}, {"request_id": "\udfff"}, {"context": {"history": ["\ud800"]}}):
        sent = httpx.post(f"{address}/v1/shorts/recommend", content=json.dumps(body))
        assert sent.status_code in (200, 422), body
