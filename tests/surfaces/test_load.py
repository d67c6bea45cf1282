"""A surface file is validated whole: file, key, what was found, what is allowed, the nearest name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.errors import UserError
from surfaces.load import FOLDER, load, load_file, names
from surfaces.surface import Surface

Change = Callable[[dict[str, Any]], Any]


def written(folder: Path, change: Change | None = None, name: str = "shorts") -> Path:
    """The default surface's file with one change made to it."""
    content = yaml.safe_load((FOLDER / "shorts.yaml").read_text())
    if change is not None:
        change(content)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("name", names())
def test_every_surface_of_the_project_is_valid(name: str) -> None:
    assert load(name).surface == name


def test_the_default_surface_is_read_as_written() -> None:
    surface = load("shorts")
    assert list(surface.outcomes) == ["click", "dwell", "like", "follow", "share", "hide"]
    assert surface.outcomes["dwell"].cap == 300
    assert surface.outcomes["follow"].window == timedelta(days=1)
    assert surface.restate_days == 3
    assert surface.has("propensity")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda c: c["training"].update(half_lfe_days=2),
            "half_lfe_days: found an unknown key; did you mean 'half_life_days'?",
        ),
        (lambda c: c.pop("description"), "description: missing"),
        (lambda c: c["outcomes"]["click"].update(window="30z"), "outcomes.click.window: found '30z'; allowed is"),
        (lambda c: c["outcomes"]["dwell"].update(kind="summ"), "outcomes.dwell.kind: found 'summ'"),
        (lambda c: c["ranker"].update(heads=["clik"]), "ranker.heads: found 'clik'; allowed are the outcomes"),
        (lambda c: c["value"].update(shared=1.0), "value: found 'shared'; allowed are the outcomes"),
        (lambda c: c["slate"].update(epsilon=1.5), "slate.exploration.epsilon: found 1.5; input should be less than"),
        (lambda c: c.update(outcomes={}), "outcomes: found {}"),
        (lambda c: c.update(surface="Short Videos"), "surface: found 'Short Videos'"),
    ],
)
def test_a_mistake_names_file_key_found_and_allowed(tmp_path: Path, change: Change, told: str) -> None:
    path = written(tmp_path, change)
    with pytest.raises(UserError) as caught:
        load_file(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_wrong_choice_is_told_with_the_nearest(tmp_path: Path) -> None:
    def rename(content: dict[str, Any]) -> None:
        content["retrieval"]["two_towr"] = content["retrieval"].pop("two_tower")

    with pytest.raises(UserError, match=r"did you mean 'two_tower'\?"):
        load_file(written(tmp_path, rename))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["lateness"] = "soon"
        content["slate"]["size"] = 0
        del content["training"]

    with pytest.raises(UserError, match="3 wrong:"):
        load_file(written(tmp_path, spoil))


def test_a_file_must_bear_the_name_of_its_surface(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="found 'shorts'; allowed is the file's name, 'longs'"):
        load_file(written(tmp_path, name="longs"))


@pytest.mark.parametrize(("text", "told"), [("a: [", "not readable as YAML"), ("- a\n", "found list")])
def test_what_is_no_mapping_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(UserError, match=told):
        load_file(tmp_path / "odd.yaml")


def test_an_unknown_surface_is_told_with_the_nearest_and_all(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(UserError, match=r"there is no surface 'short'. Did you mean 'shorts'\?") as caught:
        load("short", tmp_path)
    assert "surfaces are: shorts" in str(caught.value)


@pytest.mark.parametrize(
    ("window", "lateness", "days"),
    [("30m", "0s", 1), ("1d", "0s", 1), ("1d", "1h", 2), ("1d", "2d", 3), ("7d", "2d", 9)],
)
def test_days_are_restated_as_long_as_an_outcome_may_still_count(window: str, lateness: str, days: int) -> None:
    surface = Surface.model_validate(
        {
            "surface": "tiny",
            "description": "",
            "outcomes": {"click": {"window": window}},
            "lateness": lateness,
            "training": {"positives": {"click": 1.0}},
            "retrieval": {"popular": {}},
            "lacks": ["position"],
        }
    )
    assert surface.restate_days == days
    assert not surface.has("position")
    assert surface.has("user")


@pytest.mark.parametrize(("weights", "found"), [({"click": 1.0, "hide": -2.0}, "'hide'"), ({}, "nothing")])
def test_a_weight_needs_a_head_and_a_ranker_needs_a_weight(
    tmp_path: Path, weights: dict[str, float], found: str
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["ranker"]["heads"] = ["click", "dwell"]
        content["value"] = weights

    with pytest.raises(UserError, match=f"found {found}; allowed are weights of the ranker's heads click, dwell"):
        load_file(written(tmp_path, change))
