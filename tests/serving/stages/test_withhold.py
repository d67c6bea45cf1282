from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from serving.ask import Ask
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from surfaces.policy import Policy
from surfaces.slate import Slate
from tests.serving.tiny_release import AT, ITEMS, tags, topic


def under(release: LoadedRelease, policy: dict[str, Any], **slate: Any) -> LoadedRelease:
    changed = {
        "policy": Policy.model_validate(policy),
        "slate": Slate.model_validate(release.surface.slate.model_dump() | slate),
    }
    return replace(release, surface=release.surface.model_copy(update=changed))


def items(answer: Answer) -> set[str]:
    return {str(answer.release.catalogue.ids[slot.row]) for slot in answer.slate.slots}


def asked(release: LoadedRelease, user: str | None = "u0", **more: Any) -> Answer:
    return recommend(release, Ask("r1", AT, user_id=user, size=60, **more))


@pytest.mark.parametrize(
    ("rule", "user", "country", "device", "hidden"),
    [
        ({"label": "tag:adult"}, "u0", "DE", "phone", True),
        ({"label": "tag:adult", "countries": ["DE"]}, "u0", "DE", None, True),
        ({"label": "tag:adult", "countries": ["DE"]}, "u0", "US", None, False),
        ({"label": "tag:adult", "elsewhere": ["DE"]}, "u0", None, None, True),
        ({"label": "tag:adult", "devices": ["tv"]}, "u0", "DE", "phone", False),
        ({"label": "tag:adult", "otherwise": ["phone"]}, "u0", "DE", "tv", True),
        ({"label": "tag:adult", "unknown_users": True}, "u0", "DE", None, False),
        ({"label": "tag:adult", "unknown_users": True}, None, "DE", None, True),
    ],
)
def test_labelled_items_are_withheld_from_those_whom_the_rule_fits(
    *, release: LoadedRelease, rule: dict[str, Any], user: str, country: str, device: str, hidden: bool
) -> None:
    found = asked(under(release, {"withhold": [rule]}), user, country=country, device=device)
    adult = {item for item in ITEMS if "adult" in tags(item)}
    assert (not items(found) & adult) == hidden
    assert len(items(found)) == 60 - 6 * hidden


@pytest.mark.parametrize(("country", "shown"), [("DE", True), ("US", False), (None, False)])
def test_what_is_licensed_is_shown_where_it_is_licensed(
    *, release: LoadedRelease, country: str | None, shown: bool
) -> None:
    found = asked(under(release, {"country_tags": "licensed:"}), country=country)
    licensed = {item for item in ITEMS if "licensed:DE" in tags(item)}
    assert (licensed <= items(found)) == shown
    assert bool(licensed & items(found)) == shown


def test_hard_policy_comes_before_the_ranker_and_says_what_it_took(release: LoadedRelease) -> None:
    found = asked(under(release, {"withhold": [{"label": "topic:music"}, {"label": "item:i01"}]}))
    stage = next(one for one in found.trace.stages if one.stage == "withhold")
    assert set(stage.removed) == {"withheld topic:music", "withheld item:i01"}
    ranked = {str(item) for item in found.release.catalogue.ids[found.candidates.rows]}
    assert not any(topic(item) == "music" for item in ranked)
    assert not any(topic(item) == "music" for item in items(found))


def test_the_light_ranker_leaves_the_best_to_the_heavy_one_but_never_fewer_than_slots(release: LoadedRelease) -> None:
    cut = under(release, {}, heavy=15)
    found = recommend(cut, Ask("r1", AT, user_id="u0"))
    stage = next(one for one in found.trace.stages if one.stage == "light")
    assert (stage.kept, len(found.features.dense), found.candidates.kept) == (15, 15, 15)
    assert stage.removed["light ranker"] == found.trace.stages[3].kept - 15
    assert recommend(cut, Ask("r1", AT, user_id="u0", size=20)).candidates.kept == 20
