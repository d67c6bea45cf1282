from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs import decide, slates
from jobs.night import Night
from jobs.steps import night as steps
from schemas.decision import Decision
from serving.online.open import open_store
from serving.online.slates import ReadySlate, entry
from serving.online.state import FORGOTTEN, owner
from surfaces.batch import Batch
from tests.jobs.tiny_lake import tiny_surface


@pytest.fixture
def batch(tiny: Night) -> Night:
    """The tiny night on a surface whose slates are made at night, decided."""
    surface = tiny.surface.model_copy(update={"batch": Batch()})
    night = Night(surface, tiny.day, tiny.home)
    decide.run(night)
    return night


def decision(night: Night) -> Decision:
    return Decision.read(night.artifact("decision") / "decision.json")


def stored(night: Night, user: str) -> ReadySlate | None:
    store = open_store(night.home.root / "online")
    (found,) = store.read(owner(user), [entry("tiny", decision(night).release_id)])
    store.close()
    return None if found is None else ReadySlate.decode(found)


def test_everybody_whom_the_release_knows_gets_a_slate_and_again_the_same(batch: Night) -> None:
    report = slates.run(batch)
    assert (report.rows, report.figures) == (40, {"slates": 40, "short": 0})
    first = stored(batch, "u00")
    assert first is not None
    assert (first.drawn_at, len(first.slots)) == ("2026-01-09T00:00:00+00:00", 5)
    assert stored(batch, "nobody") is None
    slates.run(batch)
    assert stored(batch, "u00") == first


def test_who_asked_to_be_forgotten_gets_none(batch: Night) -> None:
    store = open_store(batch.home.root / "online")
    store.put(owner("u07"), {FORGOTTEN: b""}, 60.0)
    store.close()
    assert slates.run(batch).rows == 39
    assert stored(batch, "u07") is None


def test_a_release_that_is_held_makes_none(batch: Night) -> None:
    made = decision(batch)
    with batch.writing("decision") as folder:
        Decision(made.surface, made.day, "hold", made.release_id, None, made.gates, "").write(folder / "decision.json")
    assert slates.run(batch).summary == f"none: {made.release_id} does not ship"
    assert stored(batch, "u00") is None


def test_the_step_is_there_before_publishing_where_the_surface_asks_for_it() -> None:
    plain, batched = tiny_surface(), tiny_surface(batch={"keep": "8d"})
    assert "slates" not in [step.name for step in steps(plain)]
    (publish,) = [step for step in steps(batched) if step.name == "publish"]
    assert publish.after == ("track", "slates")


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"device_tags": "d:"}, "policy.device_tags"),
        ({"hour_tags": "h:"}, "policy.hour_tags"),
        ({"withhold": [{"label": "tag:x"}, {"label": "tag:y", "otherwise": ["tv"]}]}, "policy.withhold.1"),
    ],
)
def test_rules_that_look_at_the_request_are_refused(policy: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}: found beside batch"):
        tiny_surface(batch={}, policy=policy)
