"""The real server, in the loop's own time: asked in process, or over a socket of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import uvicorn
from fastapi import FastAPI

from infra.loop.clock import SimulatedClock
from infra.loop.in_process import Client, in_process
from lake.home import Home
from schemas.errors import InfrastructureError
from serving.online.live_state import LiveState
from serving.web.app import create_app
from surfaces.surface import Surface

PATIENCE_S = 60.0
_INTERVAL_S = 0.05


class Server(Protocol):
    """Answers requests."""

    def get(self, url: str) -> httpx.Response: ...

    def post(self, url: str, *, json: Any) -> httpx.Response: ...

    def settle(self) -> None:
        """Return once what was posted is known to whoever is asked next."""
        ...


@dataclass(frozen=True)
class LiveServer:
    """A running server of this process, asked by `client`."""

    client: Client
    online: LiveState

    def get(self, url: str) -> httpx.Response:
        return self.client.get(url)

    def post(self, url: str, *, json: Any) -> httpx.Response:
        return self.client.post(url, json=json)

    def settle(self) -> None:
        """Real-time state is brought up to date by a thread of its own; chance must not say how far it is."""
        self.online.settle()


@contextmanager
def served(home: Home, surface: Surface, clock: SimulatedClock, over_http: bool) -> Iterator[LiveServer]:
    """A server of `surface` that is ready to answer, for the length of the block; its logs are whole afterwards.

    Raises InfrastructureError if it is not ready in time.
    """
    app = create_app(home.root, [surface], _INTERVAL_S, clock, patient=True)
    with _over_socket(app) if over_http else in_process(app) as client:
        _await_release(client, surface.surface)
        yield LiveServer(client, app.state.service.online)


def answered(response: httpx.Response) -> Mapping[str, Any]:
    """The body of `response`; raises InfrastructureError for any status but 200."""
    if response.status_code != httpx.codes.OK:
        raise InfrastructureError(
            f"{response.request.url.path} answered {response.status_code}: {response.text[:300]}",
            fix="the loop stops where it is; go on with --resume",
        )
    body: Mapping[str, Any] = response.json()
    return body


@contextmanager
def _over_socket(app: FastAPI) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, name="loop-server", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(_INTERVAL_S)
        if not server.started:
            raise InfrastructureError("the server did not start", fix="its own words are above")
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def _await_release(client: Client, surface: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (response := client.get(f"/v1/{surface}/release")).status_code != httpx.codes.OK:
        if time.monotonic() > deadline:
            raise InfrastructureError(f"no release of {surface} became live: {response.text[:300]}")
        time.sleep(_INTERVAL_S)
