"""World files are validated whole: file, key, found, allowed, nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import UserError
from worlds.load import FOLDER, load, load_file, names


def _written(folder: Path, old: str, new: str) -> Path:
    text = (FOLDER / "shorts.yaml").read_text()
    assert old in text
    path = folder / "shorts.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize("name", names())
def test_every_world_loads(name: str) -> None:
    assert load(name).world == name


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  topics: 40\n", "", ["catalogue.topics: missing"]),
        ("  licensed: 0.95", "  licensed: 1.95", ["catalogue.licensed: found 1.95", "less than or equal to 1"]),
        ("  new_items: 80", "  nu_items: 80", ["catalogue.nu_items: found an unknown key", "did you mean 'new_items'"]),
        ("model: position", "model: postion", ["clicks.model: found 'postion'", "did you mean 'position'"]),
        ("{taste: 10.0, ", "{tatse: 10.0, ", ["found 'tatse'", "allowed are taste"]),
        ("given: satisfied", "given: bliss", ["outcomes.like.given: found 'bliss'", "allowed are examined, click"]),
        ("US: 0.34", "US: 0.5", ["countries: found shares that sum to 1.16"]),
        ("US: 0.34", "XX: 0.34", ["countries: found 'XX'"]),
        ("unless: click", "unless: like", ["outcomes.hide.unless: found 'like'"]),
        ("late_s: [1900, 7200]", "late_s: [7200, 1900]", ["outcomes.click.delay.late_s: found [7200.0, 1900.0]"]),
        ("  licensed: 0.95", "  capability: {watch: 0.5}", ["catalogue.capability: found 'watch'", "phone, desktop"]),
        ("world: shorts", "world: shots", ["found 'shots'", "the file's name, 'shorts'"]),
    ],
)
def test_a_mistake_is_told_with_file_key_found_and_allowed(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    path = _written(tmp_path, old, new)
    with pytest.raises(UserError) as caught:
        load_file(path)
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_two_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = _written(tmp_path, "  topics: 40\n  new_items: 80", "  new_items: -1")
    with pytest.raises(UserError, match="2 wrong"):
        load_file(path)


def test_an_unknown_world_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"no world 'short'\. Did you mean 'shorts'"):
        load("short")


def test_changes_are_validated_as_the_file_is() -> None:
    assert load("shorts", changes={"population.users": 9}).population.users == 9
    with pytest.raises(UserError, match=r"population\.users: found 0"):
        load("shorts", changes={"population.users": 0})
