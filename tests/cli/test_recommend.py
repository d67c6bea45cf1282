"""recommend prints the slate of the live release; serve answers over HTTP and says so when it cannot listen."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import VERBS
from infra import ports
from lake.home import PROJECT, Home
from serving.release import slots
from surfaces.policy import Policy
from tests.cli.command import feedmill
from tests.serving.tiny_release import AT, DAY, ITEMS, TOPICS, build_tiny_release, tags, tiny_surface


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a tiny release of `shorts` is live."""
    home = tmp_path_factory.mktemp("home")
    releases = Home(home).releases("shorts")
    slots.switch(releases, build_tiny_release(releases))
    return home


@pytest.fixture
def server(live: Path) -> Iterator[str]:
    """A server of its own, as `feedmill serve` starts it; its address."""
    port = ports.any_free()
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    process = subprocess.Popen(words, cwd=PROJECT, env=os.environ | {"FEEDMILL_HOME": str(live)})
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_both_verbs_are_known() -> None:
    assert {"recommend", "serve"} <= VERBS.keys()


def test_a_slate_is_printed_with_what_led_to_it(live: Path) -> None:
    answer = feedmill("recommend", "shorts", "u0", "--size", "4", "--request-id", "r1", "--scores", home=live)
    assert answer.code == 0, answer.text
    assert f"shorts for u0 (known) by release {DAY}-aaaaaaaaaa" in answer.text
    assert any(name in answer.text for name in TOPICS)
    for word in ("title of i", "popular", "propensity", "click", "hydrate", "compose", "ms"):
        assert word in answer.text


def test_json_is_what_the_server_would_send_and_the_same_each_time(live: Path) -> None:
    at = AT.strftime("%Y-%m-%dT%H:%M:%S")
    words = ("recommend", "shorts", "nobody", "--json", "--request-id", "r1", "--at", at)
    first, again = (json.loads(feedmill(*words, home=live).text) for _ in range(2))
    assert first["known_user"] is False
    assert len(first["items"]) == 10
    assert first["items"] == again["items"]


def test_items_bound_to_an_area_are_for_those_who_ask_from_it(tmp_path: Path) -> None:
    releases = Home(tmp_path).releases("shorts")
    bound = tiny_surface().model_copy(update={"policy": Policy(area_tags="licensed:")})
    slots.switch(releases, build_tiny_release(releases, surface=bound))

    def shown(*words: str) -> set[str]:
        answer = feedmill("recommend", "shorts", "nobody", "--size", "100", "--json", *words, home=tmp_path)
        return {item["item_id"] for item in json.loads(answer.text)["items"]}

    local = {item for item in ITEMS if "licensed:DE" in tags(item)}
    assert shown("--area", "DE") & local == local
    assert not shown() & local


def test_an_unknown_surface_is_told_with_the_nearest(live: Path) -> None:
    answer = feedmill("recommend", "short", "u0", home=live)
    assert answer.code == 2
    assert "Did you mean 'shorts'?" in answer.text


def test_without_a_live_release_the_fix_is_a_night(tmp_path: Path) -> None:
    answer = feedmill("recommend", "shorts", "u0", home=tmp_path)
    assert answer.code == 2
    assert "no release of shorts is live" in answer.text
    assert "feedmill run shorts DAY" in answer.text


def test_a_taken_port_is_told_with_how_to_choose_another(live: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = feedmill("serve", "--port", str(port), home=live)
    assert answer.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in answer.text
    assert "feedmill serve --port" in answer.text


def test_the_server_answers_over_http(server: str) -> None:
    body = json.dumps({"user_id": "u0", "size": 3}).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{server}/v1/shorts/recommend", body, headers)
    with urllib.request.urlopen(asked) as sent:
        assert len(json.load(sent)["items"]) == 3
    with urllib.request.urlopen(f"{server}/healthz") as sent:
        assert json.load(sent)["surfaces"]["shorts"]["release_id"] == f"{DAY}-aaaaaaaaaa"


@pytest.mark.slow
def test_a_connection_that_a_client_keeps_open_is_still_there_after_a_pause(server: str) -> None:
    """A server that closes it first loses the request that is on its way then."""
    kept = http.client.HTTPConnection(server.removeprefix("http://"), timeout=10)
    for pause in (6.0, 0.0):
        kept.request("GET", "/healthz")
        assert kept.getresponse().read()
        # No new connection is made for a client that was left without one.
        kept.auto_open = 0
        time.sleep(pause)
