"""Who asks in the benchmark of serving: at a steady rate, or each of several as fast as it is answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from infra.bench import big_release
from infra.bench.serving_report import Told

SURFACE = "shorts"
CLIENTS = 8


class _Client(threading.local):
    """One connection a thread and server, kept open."""

    def __init__(self) -> None:
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def ask(self, port: int, number: int) -> bytes | None:
        """The answer to one request for a slate; None if it failed."""
        connection = self._connections.get(port)
        if connection is None:
            connection = self._connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        user = f"u{number * 7919 % big_release.USERS:06d}"
        body = json.dumps({"user_id": user, "context": {"country": "DE", "device": "phone"}})
        try:
            connection.request("POST", f"/v1/{SURFACE}/recommend", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            return content if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            del self._connections[port]
            return None


_client = _Client()


def warm(listening: Sequence[int]) -> None:
    """Ask each of the servers that listen on these ports a hundred times."""
    for number in range(100 * len(listening)):
        _client.ask(listening[number % len(listening)], number)


def paced(told: Told, listening: Sequence[int], rate: float, ended: threading.Event) -> None:
    """Ask at even intervals, `rate` a second, until `ended`. Late answers are not excused: their time counts from when
    they were due."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in count():
            due = began + number / rate
            if ended.wait(max(0.0, due - time.perf_counter())):
                return
            pool.submit(_asked, told, listening, number, due)


def flooded(told: Told, listening: Sequence[int], seconds: float) -> None:
    """Each of CLIENTS asks again as soon as it is answered."""
    began = time.perf_counter()

    def keep_asking(client: int) -> None:
        for number in count(client, CLIENTS):
            if time.perf_counter() - began >= seconds:
                return
            _asked(told, listening, number, time.perf_counter())

    threads = [threading.Thread(target=keep_asking, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _asked(told: Told, listening: Sequence[int], number: int, due: float) -> None:
    content = _client.ask(listening[number % len(listening)], number)
    if content is None:
        told.failed += 1
        return
    told.seconds.append(time.perf_counter() - due)
    # Of every tenth answer, so that the client does not take the machine from the server.
    if number % 10 == 0:
        told.stages.append({stage["stage"]: stage["milliseconds"] for stage in json.loads(content)["stages"]})
