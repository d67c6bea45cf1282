"""The rules of a slate are validated when the surface file is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.errors import UserError
from surfaces.load import FOLDER, load_file
from surfaces.rules import RELAX, Bounds
from surfaces.slate import Slate


def loaded(folder: Path, **slate: Any) -> Slate:
    content = yaml.safe_load((FOLDER / "shorts.yaml").read_text())
    content["slate"] |= slate
    path = folder / "shorts.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_file(path).slate


def test_epsilon_alone_is_short_for_exploration(tmp_path: Path) -> None:
    assert loaded(tmp_path, epsilon=0.2).exploration.epsilon == 0.2
    mixed = loaded(tmp_path, epsilon=0.2, exploration={"policy": "thompson"}).exploration
    assert (mixed.policy, mixed.epsilon) == ("thompson", 0.2)


def test_a_slate_is_written_out_and_read_back_the_same(tmp_path: Path) -> None:
    slate = loaded(
        tmp_path,
        fresh={"least": 2, "within": "36h"},
        mix=[{"label": "topic:music", "most_share": 0.5}],
        sponsored={"one_in": 4, "floor": {"score": "click", "least": 0.01}},
        exploration={"policy": "plackett_luce", "segments": [{"known": False, "temperature": 0.5}]},
    )
    assert Slate.model_validate(yaml.safe_load(yaml.safe_dump(slate.model_dump(mode="json")))) == slate
    assert slate.relax == RELAX


@pytest.mark.parametrize(
    ("slate", "told"),
    [
        ({"fresh": {"least": 11, "within": "1d"}}, "found 11 slots promised; allowed are the slate's 10"),
        ({"fresh": {"least": 1, "within": "1d"}, "relax": ["mix"]}, "relax: found no fresh; a minimum must be able to"),
        ({"relax": ["seen", "seen"]}, "relax: found a rule twice"),
        ({"relax": ["max_per_topics"]}, "did you mean 'max_per_topic'?"),
        ({"mix": [{"label": "music"}]}, "label: found 'music'"),
        ({"mix": [{"label": "topic:a", "least": 3, "most": 2}]}, "found least 3 above most 2"),
        (
            {"sources": {"popular": {"least_share": 0.6, "most_share": 0.2}}},
            "found least_share 0.6 above most_share 0.2",
        ),
        ({"sponsored": {"one_in": 1}}, "slate.sponsored.one_in: found 1"),
        ({"exploration": {"floor": {"score": "clik", "least": 0.1}}}, "slate.exploration.floor.score: found 'clik'"),
        ({"exploration": {"segments": [{"width": 0.5}]}}, "it belongs to thompson"),
        ({"exploration": {"policy": "softmax"}}, "slate.exploration.policy: found 'softmax'"),
        ({"diversity": {"kind": "mmr", "trade": 2}}, "slate.diversity.trade: found 2"),
    ],
)
def test_a_rule_that_cannot_be_is_told(tmp_path: Path, slate: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded(tmp_path, **slate)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("bounds", "size", "least", "most"),
    [
        ({"least": 3, "most": 5}, 10, 3, 5),
        ({"least": 3, "most": 5}, 5, 1, 5),
        ({"least": 3, "most": 5}, 20, 3, 5),
        ({"least_share": 0.3, "most_share": 0.7}, 10, 3, 7),
        ({"least_share": 0.3, "most_share": 0.7}, 5, 1, 3),
        ({"most": 4, "most_share": 0.2}, 10, 0, 2),
        ({}, 10, 0, None),
    ],
)
def test_bounds_follow_the_size_of_the_slate(bounds: dict[str, Any], size: int, least: int, most: int | None) -> None:
    found = Bounds.model_validate(bounds)
    assert (found.least_of(size, 10), found.most_of(size)) == (least, most)


@pytest.mark.parametrize("change", [lambda c: c.update(country_tags="x:", device_tags="x:")])
def test_tags_of_countries_and_devices_are_told_apart(tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = yaml.safe_load((FOLDER / "shorts.yaml").read_text())
    content["policy"] = {}
    change(content["policy"])
    (tmp_path / "shorts.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="device_tags: found 'x:', which country_tags has too"):
        load_file(tmp_path / "shorts.yaml")
