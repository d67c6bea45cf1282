"""feedmill audit on slates that serving really made: none breaks a rule, and what is tampered with is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from serving.ask import Ask
from serving.logs.lines import encode
from serving.logs.records import rows_of
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from tests.cli.command import feedmill
from tests.serving.tiny_release import AT, DAY, ITEMS, build_tiny_release, creator, tags, topic

TODAY = AT.date()


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The logs of 40 requests of the tiny release, half of them explored, and the items it knew."""
    folder = tmp_path_factory.mktemp("releases")
    release = LoadedRelease.load(folder / build_tiny_release(folder))
    rows: dict[str, list[dict[str, Any]]] = {"request": [], "impression": [], "candidate": [], "ranking": []}
    for n in range(40):
        ask = Ask(f"r{n}", AT, user_id=f"u{n}", country="DE", size=10 if n % 2 else 30)
        for layer, some in rows_of(recommend(release, ask), sample=0.5).items():
            rows[layer] += some
    rows["item"] = [
        {"schema_version": 1, "item_id": item, "creator_id": creator(item), "topic": topic(item), "tags": tags(item)}
        | {"created_at": "2026-01-01T00:00:00Z", "updated_at": f"{DAY}T00:00:00Z"}
        for item in ITEMS
    ]
    return rows


def landed(home: Path, layers: dict[str, list[dict[str, Any]]]) -> Path:
    for layer, rows in layers.items():
        day = DAY if layer == "item" else str(TODAY)
        folder = home / "landing" / "shorts" / layer / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "server.jsonl").write_bytes(encode({layer: rows}).lines[layer])
    return home


def told(home: Path, *options: str) -> tuple[int, Sequence[str]]:
    answer = feedmill("audit", "shorts", str(TODAY), *options, home=home)
    return answer.code, answer.text.splitlines()


def test_slates_that_were_served_break_no_rule(tmp_path: Path, layers: dict[str, list[dict[str, Any]]]) -> None:
    assert any(row.get("relaxed") for row in layers["impression"])
    code, lines = told(landed(tmp_path, layers), "--all")
    assert code == 0, lines
    assert lines[-2:] == [f"shorts {TODAY}: 40 slates audited", "every rule is kept, or says that it gave way"]


def test_a_cap_that_did_not_say_it_gave_way_is_found(tmp_path: Path, layers: dict[str, list[dict[str, Any]]]) -> None:
    silent = [{key: value for key, value in row.items() if key != "relaxed"} for row in layers["impression"]]
    code, lines = told(landed(tmp_path, layers | {"impression": silent}), "--all", "--most", "1")
    assert code == 3
    assert any("max_per_creator" in line and "r0 slot" in line for line in lines)
    assert any(line.strip().endswith("more: --most shows them") for line in lines)


def test_slates_of_another_surface_file_are_told_apart(tmp_path: Path, layers: dict[str, list[dict[str, Any]]]) -> None:
    code, lines = told(landed(tmp_path, layers))
    assert code == 2
    assert "none of the 40 requests" in json.dumps(lines)
    assert "--all" in lines[-1]


def test_a_day_without_logs_is_told_with_the_days_there_are(
    tmp_path: Path, layers: dict[str, list[dict[str, Any]]]
) -> None:
    answer = feedmill("audit", "shorts", "2026-01-05", home=landed(tmp_path, layers))
    assert answer.code == 2
    assert f"days with requests: {TODAY}" in answer.text


def test_lines_that_ingest_sets_aside_are_passed_over(tmp_path: Path, layers: dict[str, list[dict[str, Any]]]) -> None:
    """Of the same impression and request there is a whole row too, and that one counts."""
    home = landed(tmp_path, layers)
    wrong = {"request": {"requested_at": "noon"}, "impression": {"position": "third"}}
    for layer, change in wrong.items():
        lines = ["## log rotated ##", json.dumps(layers[layer][0] | change), json.dumps(layers[layer][0])[:80]]
        path = home / "landing" / "shorts" / layer / f"day={TODAY}" / "odd.jsonl"
        path.write_text("\n".join(lines))
    code, lines = told(home, "--all")
    assert (code, lines[-2]) == (0, f"shorts {TODAY}: 40 slates audited"), lines
