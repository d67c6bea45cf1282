"""An application asked without a socket answers as it would over one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from infra.loop.in_process import in_process


class Sum(BaseModel):
    numbers: list[int]


@pytest.fixture
def app() -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.seen = ["began"]
        yield
        app.state.seen.append("ended")

    app = FastAPI(lifespan=lifespan)

    @app.post("/sums/{name}")
    def _sum(name: str, asked: Sum) -> dict[str, object]:
        if not asked.numbers:
            raise HTTPException(409, "nothing to add up")
        return {"name": name, "sum": sum(asked.numbers)}

    @app.get("/seen")
    async def _seen() -> list[str]:
        found: list[str] = app.state.seen
        return found

    return app


def test_it_is_started_asked_and_ended(app: FastAPI) -> None:
    with in_process(app) as client:
        assert client.get("/seen").json() == ["began"]
        answers = [client.post("/sums/a", json={"numbers": [n, 1]}).json() for n in range(20)]
    assert answers == [{"name": "a", "sum": n + 1} for n in range(20)]
    assert app.state.seen == ["began", "ended"]


def test_refusals_come_as_they_would_over_a_socket(app: FastAPI) -> None:
    with in_process(app) as client:
        empty, wrong, nowhere = (
            client.post("/sums/a", json={"numbers": []}),
            client.post("/sums/a", json={"numbers": "x"}),
            client.get("/nowhere"),
        )
    assert (empty.status_code, wrong.status_code, nowhere.status_code) == (409, 422, 404)
    assert empty.json() == {"detail": "nothing to add up"}
    assert str(empty.request.url.path) == "/sums/a"


def test_what_goes_wrong_within_is_raised(app: FastAPI) -> None:
    @app.get("/broken")
    def _broken() -> None:
        raise ValueError("of the application")

    with in_process(app) as client, pytest.raises(ValueError, match="of the application"):
        client.get("/broken")
