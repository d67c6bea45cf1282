"""Releases swapped while requests come in at a rate: which failed, and which were answered by parts of two releases."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from serving.ask import Ask
from serving.pipeline import recommend
from serving.release import slots
from serving.release.loaded import LoadedRelease
from serving.web.api import response
from tests.serving.tiny_release import AT, USERS

Slates = dict[tuple[str, str], list[dict[str, Any]]]


@dataclass
class Told:
    """What came of a run: requests by release, those that failed or were mixed, and how long each swap took."""

    answered: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    swap_seconds: list[float] = field(default_factory=list)


def expected(folder: Path, releases: Sequence[str], users: Sequence[str]) -> Slates:
    """The slate of each user by each release, computed apart from any server."""
    found: Slates = {}
    for release_id in releases:
        release = LoadedRelease.load(folder / release_id)
        for user in users:
            answer = response(recommend(release, Ask(f"swap-{user}", AT, user_id=user)))
            found[release_id, user] = [asdict(item) for item in answer.items]
    return found


def swap_under_load(client: TestClient, folder: Path, releases: Sequence[str], swaps: int, rate: float) -> Told:
    """Publish `releases` in turn, `swaps` times, each as soon as the one before answers, under `rate` requests/s.

    More releases than the two that a server keeps warm: every swap loads and verifies one.
    """
    users, told, done = USERS[:8], Told(), threading.Event()
    right = expected(folder, releases, users)

    def ask(number: int) -> None:
        user = users[number % len(users)]
        body = {"user_id": user, "request_id": f"swap-{user}", "dry_run": True}
        sent = client.post("/v1/shorts/recommend", json=body)
        if sent.status_code != 200:
            told.failed.append(sent.text)
            return
        found = sent.json()
        told.answered[found["release_id"]] = told.answered.get(found["release_id"], 0) + 1
        if found["items"] != right[found["release_id"], user]:
            told.mixed.append(found["release_id"])

    def keep_asking(pool: ThreadPoolExecutor) -> None:
        began = time.perf_counter()
        for number in itertools.count():
            if done.wait(max(0.0, began + number / rate - time.perf_counter())):
                return
            pool.submit(ask, number)

    with ThreadPoolExecutor(8) as pool:
        asking = threading.Thread(target=keep_asking, args=(pool,))
        asking.start()
        try:
            for release_id in itertools.islice(itertools.cycle(releases), swaps):
                told.swap_seconds.append(_swap(client, folder, release_id))
        finally:
            done.set()
            asking.join()
    return told


def _swap(client: TestClient, folder: Path, release_id: str) -> float:
    began = time.perf_counter()
    slots.switch(folder, release_id)
    wait_for(client, release_id)
    return time.perf_counter() - began


def wait_for(client: TestClient, release_id: str, seconds: float = 30.0) -> None:
    """Return when `release_id` answers."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        found = client.get("/v1/shorts/release")
        if found.status_code == 200 and found.json()["release_id"] == release_id:
            return
        time.sleep(0.005)
    raise TimeoutError(f"{release_id} did not answer within {seconds:g} s")
