"""Proof that a server answers from the live release: start one, ask it for one user's slate, stop it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx
import pyarrow.parquet as pq

from infra import ports, server, service
from lake.home import Home
from schemas.errors import InfrastructureError

START_TIMEOUT_S = 60


@dataclass(frozen=True)
class Answer:
    """What the server said: the slate's items for `user`, by which release, and how long the request took."""

    user: str
    release_id: str
    items: tuple[str, ...]
    milliseconds: float
    known: bool = True


def sample_answer(home: Home, surface: str) -> Answer | None:
    """One answer of a real server, or None if no release of `surface` is live."""
    active = home.releases(surface) / "active"
    if not active.exists():
        return None
    running = service.recorded(home, "serving")
    if running is not None:
        return _ask(home, surface, running.port)
    started = server.launch(home, ports.any_free(), "night")
    try:
        if not service.wait_until(
            lambda: server.answers_for(surface, started.port), START_TIMEOUT_S, members=started.members
        ):
            log = service.log_of(home, started.name)
            raise InfrastructureError(
                f"the server does not answer for {surface}: {service.last_line(log)}", fix=f"see {log}"
            )
        return _ask(home, surface, started.port)
    finally:
        service.stop(home, started)


def _ask(home: Home, surface: str, port: int) -> Answer:
    user = _some_user(home, surface)
    url = f"http://{ports.HOST}:{port}/v1/{surface}/recommend"
    body = {"request_id": "sample", "dry_run": True, **({"user_id": user} if user else {})}
    httpx.post(url, json=body, timeout=30)
    began = time.perf_counter()
    response = httpx.post(url, json=body, timeout=30)
    milliseconds = 1000 * (time.perf_counter() - began)
    if not response.is_success:
        raise InfrastructureError(f"the server answered {response.status_code}: {response.text[:300]}")
    content: dict[str, Any] = response.json()
    items = tuple(str(item["item_id"]) for item in content["items"])
    return Answer(user or "an unknown user", str(content["release_id"]), items, milliseconds, user is not None)


def _some_user(home: Home, surface: str) -> str | None:
    """The first user the live release knows the past of; None if it knows nobody."""
    path = home.releases(surface) / "active" / "features" / "seen.parquet"
    if not path.exists():
        return None
    users = pq.read_table(path, columns=["user_id"])["user_id"].to_pylist()
    return min(users) if users else None
