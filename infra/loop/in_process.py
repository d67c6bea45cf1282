"""An ASGI application asked without a socket, in the thread that asks: a loop asks ten thousands of times a day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from fastapi import FastAPI

BASE = "http://in-process"
_JSON = [(b"content-type", b"application/json"), (b"host", b"in-process")]


class Client(Protocol):
    """Sends requests to an application."""

    def get(self, url: str) -> httpx.Response: ...

    def post(self, url: str, *, json: Any) -> httpx.Response: ...


@contextmanager
def in_process(app: FastAPI) -> Iterator[InProcess]:
    """`app`, started for the length of the block."""
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        try:
            yield InProcess(app, runner)
        finally:
            runner.run(lifespan.__aexit__(None, None, None))


@dataclass(frozen=True)
class InProcess:
    """A started `app` whose event loop runs while it is asked."""

    app: FastAPI
    runner: asyncio.Runner

    def get(self, url: str) -> httpx.Response:
        return self.runner.run(self._ask("GET", url, b""))

    def post(self, url: str, *, json: Any) -> httpx.Response:
        return self.runner.run(self._ask("POST", url, _encoded(json)))

    async def _ask(self, method: str, url: str, body: bytes) -> httpx.Response:
        sent: list[Mapping[str, Any]] = []
        coming = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return coming.pop(0)

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await self.app(_scope(method, url, len(body)), receive, send)
        content = b"".join(message.get("body", b"") for message in sent)
        request = httpx.Request(method, BASE + url)
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content, request=request)


def _scope(method: str, url: str, length: int) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": url,
        "raw_path": url.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [*_JSON, (b"content-length", str(length).encode())],
        "client": ("127.0.0.1", 0),
        "server": ("in-process", 80),
    }


def _encoded(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
