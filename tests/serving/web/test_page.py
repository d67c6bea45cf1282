"""The page in a real headless Chromium, against a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Error, Page, sync_playwright

from serving.release import slots
from serving.web.app import create_app
from tests.serving.tiny_release import build_tiny_release, tiny_surface
from tests.serving.web.real_server import served

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a free port whose surface `shorts` answers."""
    home = tmp_path_factory.mktemp("page")
    slots.switch(home / "releases" / "shorts", build_tiny_release(home / "releases" / "shorts"))
    with served(create_app(home, [tiny_surface()])) as address:
        yield address


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of the Chromium of this machine; skipped, saying so, where there is none."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    if binary is None:
        pytest.skip("no Chromium here: install one (Debian's package is called chromium) to run this test")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(f"{binary} does not start: {error}")
        yield browser.new_page(viewport={"width": 1500, "height": 1000})
        browser.close()


def column(page: Page, sheet: int, name: str) -> list[str]:
    """The cells of one column of one of the tables of slates."""
    table = page.locator("section").nth(sheet).locator("table").first
    heads = table.locator("th").all_inner_texts()
    return table.locator(f"tbody tr td:nth-child({heads.index(name) + 1})").all_inner_texts()


def test_a_user_is_tried_and_a_changed_weight_is_shown_beside(page: Page, address: str, tmp_path: Path) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("section table tbody tr")
    assert page.locator("section").count() == 1
    page.fill("#user", "u1")
    page.fill("#request", "r1")
    page.fill("#size", "6")
    page.fill("#area", "07")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.click("#go")
    assert sent.value.post_data_json["context"]["area"] == "07"
    page.wait_for_function("document.querySelectorAll('section table tbody')[0].children.length === 6")
    assert len({cell.split("\n")[0] for cell in column(page, 0, "item")}) == 6
    assert all(0 < float(cell) <= 1 for cell in column(page, 0, "propensity"))
    assert all(cell for cell in column(page, 0, "from") + column(page, 0, "click") + column(page, 0, "why here"))
    page.fill("input[data-name=hide]", "400")
    page.press("input[data-name=hide]", "Enter")
    page.locator("input[data-name=hide]").blur()
    page.wait_for_function("document.querySelectorAll('section').length === 2")
    assert column(page, 0, "item") != column(page, 1, "item")
    assert any(cell not in ("=", "") for cell in column(page, 1, "moved"))
    picture = tmp_path / "page.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 20_000
    assert faults == []


def test_a_mistake_is_told_on_the_page(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("section table tbody tr")
    page.fill("#size", "")
    page.fill("input[data-name=candidates]", "-3")
    page.locator("input[data-name=candidates]").blur()
    page.wait_for_function("document.getElementById('words').textContent.includes('candidates')")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A server whose counters and logs a test can look at."""
    slots.switch(tmp_path / "releases" / "shorts", build_tiny_release(tmp_path / "releases" / "shorts"))
    with TestClient(create_app(tmp_path, [tiny_surface()])) as client:
        yield client


def test_what_if_is_neither_logged_nor_remembered_and_refuses_what_is_no_change(client: TestClient) -> None:
    body: dict[str, Any] = {"user_id": "u0", "request_id": "r1", "change": {"value": {"hide": 400.0}}}
    sent = client.post("/v1/shorts/what_if", json=body).json()
    assert sent["served"]["items"] != sent["changed"]["items"]
    same = client.post("/v1/shorts/what_if", json=body | {"change": {}}).json()
    assert same["served"]["items"] == same["changed"]["items"] == sent["served"]["items"]
    longer = client.post("/v1/shorts/what_if", json=body | {"change": {"slate": {"size": 3}}}).json()
    assert (len(longer["served"]["items"]), len(longer["changed"]["items"])) == (10, 3)
    for change in ({"value": {"smile": 1}}, {"slate": {"size": 0}}, {"slate": {"sise": 1}}, {"prices": {}}):
        assert client.post("/v1/shorts/what_if", json=body | {"change": change}).status_code == 422, change
    assert client.get("/v1/requests/r1").status_code == 404
    assert 'feedmill_logged_requests_total{result="logged",surface="shorts"} 0.0' in client.get("/metrics").text


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    text = client.get("/").text
    assert "Feedmill" in text
    assert not any(word in text for word in ("http://", "https://", "//cdn", "src="))
