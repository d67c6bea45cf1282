from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from serving.ask import Ask
from serving.experiments.variant import in_arms, with_arms
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface
from tests.serving.tiny_release import AT, tiny_surface

LAYERS = {
    "weights": {"arms": {"control": {"share": 0.5}, "likes": {"share": 0.5, "value": {"like": 30.0}}}},
    "size": {"arms": {"long": {"share": 1.0, "slate": {"size": 12}}}},
}


def surface(layers: dict[str, Any]) -> Surface:
    content = tiny_surface().model_dump(mode="json")
    content["lacks"] = sorted(content["lacks"])
    return Surface.model_validate(content | {"experiments": {"layers": layers}})


def test_an_arm_changes_what_it_names_and_nothing_else() -> None:
    whole = surface(LAYERS)
    found = with_arms(whole, ("weights:likes", "size:long"))
    assert found.value == {**whole.value, "like": 30.0}
    assert found.slate == whole.slate.model_copy(update={"size": 12})
    assert with_arms(whole, ("weights:control", "size:holdback", "gone:arm", "odd")) is whole


def test_the_arms_of_a_request_decide_its_slate_and_only_its_own(release: LoadedRelease) -> None:
    tried = replace(release, surface=surface(LAYERS))
    plain = Ask("r1", AT, user_id="u0", country="DE", device="phone")
    before = recommend(tried, plain)
    found = recommend(tried, replace(plain, arms=("weights:likes", "size:long")))
    assert len(found.slate.slots) == 12
    weights = {**tried.surface.value, "like": 30.0}
    value = sum(weights[head] * scores for head, scores in found.scores.calibrated.items() if head in weights)
    assert found.values.value == pytest.approx(value, rel=1e-4)
    again = recommend(tried, plain)
    assert [slot.row for slot in again.slate.slots] == [slot.row for slot in before.slate.slots]
    assert in_arms(tried, ()) is tried


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"arms": {"a": {"share": 0.7}, "b": {"share": 0.7}}}, "shares of 1.4"),
        ({"arms": {"holdback": {"share": 0.1}}}, "kept for the holdback"),
        ({"arms": {"a": {"share": 0.1, "value": {"smile": 1.0}}}}, "smile"),
        ({"arms": {"a": {"share": 0.1, "slate": {"size": 0}}}}, "slate.size"),
        ({"arms": {"a": {"share": 0.1, "slate": {"sise": 3}}}}, "sise"),
    ],
)
def test_a_wrong_arm_is_told_when_the_file_is_read(layer: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        surface({"one": layer})
