"""The night's page: everything is on it, nothing comes from elsewhere, and it reads with and without a champion."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jobs import decide, evaluate
from jobs.night import Night, StepReport
from jobs.reporting.page import number, render, write_page
from schemas.decision import Decision
from tests.jobs.test_evaluate import publish_as, spoil

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Whether every tag is closed, and where its links and pictures point."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<line/>` is closed as it is opened."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def decided(tiny: Night) -> Night:
    """The tiny night against a champion whose als recommends the other taste."""
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    spoil(tiny.home.releases("tiny") / "2026-01-07-aaaaaaaaaa")
    evaluate.run(tiny)
    decide.run(tiny)
    return tiny


def words_of(page: str) -> str:
    """The text between the tags."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


def test_a_page_holds_decision_gates_differences_heads_and_pictures(decided: Night) -> None:
    path = write_page(decided)
    assert path == decided.reports / "index.html"
    text = path.read_text()
    words = words_of(text)
    made = Decision.read(decided.artifact("decision") / "decision.json")
    for told in (
        f"{made.surface} · {made.day} {made.verdict}",
        made.release_id,
        "champion 2026-01-07-aaaaaaaaaa",
        *(gate.name for gate in made.gates),
        "als recall@10",
        "click AUC within users",
        "recall@10, country/DE".replace("recall", "all sources recall"),
        "global time split at 2026-01-08",
        "its window is still open",
        "silver.labelled",
    ):
        assert told in words, told
    assert text.index("pill fail") < text.index("pill pass") if "pill fail" in text else "pill pass" in text


def test_it_is_well_formed_and_nothing_on_it_comes_from_elsewhere(decided: Night) -> None:
    page = Page(write_page(decided).read_text())
    assert page.open == []
    embedded = [link for link in page.links if link.startswith("data:image/png;base64,")]
    files = [link for link in page.links if link.startswith("pictures/")]
    assert len(embedded) == len(files) >= 6
    assert all((decided.reports / file).read_bytes().startswith(b"\x89PNG") for file in files)
    jumps = [link[1:] for link in page.links if link.startswith("#")]
    assert set(jumps) <= set(page.ids)
    assert not [link for link in page.links if link.startswith(("http", "//"))]


def test_every_picture_of_the_night_is_on_it_also_those_of_other_commands(decided: Night) -> None:
    picture = next(decided.artifact("evaluation").glob("*.png"))
    (decided.reports / "ope-a.png").write_bytes(picture.read_bytes())
    page = Page(write_page(decided).read_text())
    wanted = {path.name for path in decided.artifact("evaluation").glob("*.png")} | {"ope-a.png"}
    assert {Path(link).name for link in page.links if link.startswith("pictures/")} == wanted
    assert "differences.png" in wanted
    assert "more" in page.ids


def test_what_the_release_is_forecast_to_be_worth_is_told_where_the_step_has_run(decided: Night) -> None:
    assert "forecast" not in Page(write_page(decided).read_text()).ids
    StepReport(summary="2026-01-08-a: +0.12 a request").write(decided.reports / "steps" / "forecast.json")
    text = write_page(decided).read_text()
    assert "forecast" in Page(text).ids
    assert "2026-01-08-a: +0.12 a request" in words_of(text)


def test_without_a_champion_it_says_so_in_place_of_the_comparison(tiny: Night) -> None:
    decide.run(tiny)
    words = words_of(write_page(tiny).read_text())
    assert "no champion: no release is live yet" in words
    assert "the champion's value" not in words


def test_names_cannot_write_into_the_page(decided: Night) -> None:
    made = Decision.read(decided.artifact("decision") / "decision.json")
    replace(made, reason="<script>alert(1)</script>").write(decided.artifact("decision") / "decision.json")
    text = render(decided, [])
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("value", "signed", "told"),
    [
        (None, False, "–"),
        (0.12345, False, "0.1235"),
        (0.12345, True, "+0.1235"),
        (-1.5, True, "−1.500"),
        (12.345, False, "12.35"),
        (1234.5, False, "1,234"),
        (30.0, False, "30"),
        (-0.00001, True, "0"),
    ],
)
def test_numbers_have_the_digits_that_can_be_read(value: float | None, signed: bool, told: str) -> None:
    assert number(value, signed) == told
