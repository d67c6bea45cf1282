from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import tables
from jobs import decide, evaluate
from jobs.night import Night, StepReport
from jobs.releasing.assembly import build, seal
from jobs.releasing.inputs import ROOMS, code_hash, inputs
from jobs.releasing.smoke_test import smoke_test
from lake.home import Home
from models.calibration import Calibration, Calibrator
from schemas.decision import Decision
from schemas.errors import InfrastructureError, UserError
from schemas.release import Manifest, digests
from tests.jobs.tiny_lake import VALIDATED, ZONES, tiny_night, tiny_surface, train, write_lake


def decision_of(night: Night) -> Decision:
    return Decision.read(night.artifact("decision") / "decision.json")


def test_a_good_night_ships_and_says_every_gate(tiny: Night) -> None:
    report = decide.run(tiny)
    made = decision_of(tiny)
    assert made.verdict == "ship"
    assert report.gates == [str(gate) for gate in made.gates]
    assert {gate.verdict for gate in made.gates} == {"pass", "skipped"}
    assert all(gate.reason for gate in made.gates if gate.verdict == "skipped")
    assert Decision.read(tiny.reports / "decision.json") == made


def test_a_head_out_of_calibration_holds_the_release(tiny: Night) -> None:
    broken = dict.fromkeys(("click", "like"), Calibrator("scale", a=0.1))
    Calibration(broken).save(tiny.artifact("ranker"))
    evaluate.run(tiny)
    decide.run(tiny)
    made = decision_of(tiny)
    assert made.verdict == "hold"
    assert made.reason == "failed: heads/click/ece"


def test_a_night_that_was_not_validated_is_held(tiny: Night) -> None:
    (tiny.reports / "steps" / "validate.json").unlink()
    decide.run(tiny)
    assert decision_of(tiny).reason == "failed: data/expectations failed"


def test_the_release_holds_what_answering_needs_and_its_manifest_is_right(tiny: Night) -> None:
    decide.run(tiny)
    folder = tiny.home.releases("tiny") / decision_of(tiny).release_id
    manifest = Manifest.read(folder)
    assert manifest.files == digests(folder)
    assert manifest.sources == ("als", "item_item", "popular")
    assert {"popular/model.json", "ranker/ranker.onnx", "index/als.faiss", "surface.yaml"} <= set(manifest.files)
    assert manifest.tables["silver.labelled"]["rows"] == 40 * 8 * 5
    features = {path.stem for path in (folder / "features").glob("*.parquet")}
    assert {"user", "item", "user_topic", "sequence", "seen", "catalogue"} <= features


def test_features_in_the_release_are_as_of_the_night_and_what_was_seen_includes_its_day(tiny: Night) -> None:
    folder = build(tiny, inputs(tiny)).folder / "features"
    assert pq.read_table(folder / "item.parquet").num_rows == 60
    seen = {row["user_id"]: row["items"] for row in pq.read_table(folder / "seen.parquet").to_pylist()}
    rows = tiny.lake.arrow(tables.labelled(tiny.surface), [tiny.day]).to_pylist()
    clicked = [(row["user_id"], row["item_id"]) for row in rows if row["click"]]
    assert clicked
    assert all(item in seen[user] for user, item in clicked)


def test_the_same_inputs_have_the_same_id_and_are_built_once(tiny: Night) -> None:
    first, second = build(tiny, inputs(tiny)), build(tiny, inputs(tiny))
    assert (first.reused, second.reused) == (False, True)
    assert second.folder == first.folder
    assert second.changed == ()


def test_what_training_gave_differently_is_warned_of_and_the_release_kept(tiny: Night) -> None:
    before = build(tiny, inputs(tiny))
    (tiny.artifact("als") / "model.json").write_text((tiny.artifact("als") / "model.json").read_text() + " ")
    report = decide.run(tiny)
    assert "gave other bytes in als/model.json" in report.warnings[0]
    assert Manifest.read(before.folder) == before.manifest


def test_a_release_that_was_damaged_since_is_not_decided_on(tiny: Night) -> None:
    (build(tiny, inputs(tiny)).folder / "surface.yaml").write_text("surface: other")
    with pytest.raises(InfrastructureError, match=r"surface\.yaml has sha256"):
        decide.run(tiny)


def test_what_became_known_later_changes_no_id(tiny: Night) -> None:
    """A night that is run again a year later is made from the same inputs."""
    before = inputs(tiny)
    table = tables.labelled(tiny.surface)
    rows = tiny.lake.arrow(table).to_pylist()
    later = date(2027, 1, 8)
    corrected = [row | {"known_from": later, "click": 1.0, "click_known": later} for row in rows[:5]]
    ended = [row | {"known_until": later} for row in rows[:5]]
    tiny.lake.write_arrow(pa.Table.from_pylist([*corrected, *ended, *rows[5:]], table.arrow()), table, "true")
    after = inputs(tiny)
    assert after.tables["silver.labelled"]["version"] != before.tables["silver.labelled"]["version"]
    assert after.release_id == before.release_id


def test_other_rows_another_surface_file_or_other_code_have_another_id(tiny: Night) -> None:
    made_from = inputs(tiny)
    others = [
        replace(made_from, surface=made_from.surface + "#"),
        replace(made_from, code="other"),
        replace(made_from, lock="other"),
        replace(made_from, tables={**made_from.tables, "silver.item": {"version": 0, "rows": 1, "hash": "0"}}),
    ]
    assert len({one.release_id for one in [made_from, *others]}) == 5
    next_day = replace(tiny, day=tiny.day + timedelta(days=1))
    assert inputs(next_day).release_id.startswith("2026-01-09-")


def test_code_that_makes_no_release_changes_no_hash(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("code")
    for room in (*ROOMS, "cli"):
        (root / room).mkdir()
        (root / room / "one.py").write_text("x = 1")
    before = code_hash(root)
    (root / "cli" / "one.py").write_text("x = 2")
    assert code_hash(root) == before
    (root / "models" / "one.py").write_text("x = 2")
    assert code_hash(root) != before


def test_a_surface_without_users_ships_what_is_popular(tmp_path: Path) -> None:
    surface = tiny_surface(ranker=None, value={}, lacks=["user"], retrieval={"popular": {}})
    night = tiny_night(Home(tmp_path), surface)
    write_lake(night)
    train(night)
    evaluate.run(night)
    StepReport(figures=dict(VALIDATED)).write(night.reports / "steps" / "validate.json")
    decide.run(night)
    made = decision_of(night)
    reasons = {gate.name: gate.reason for gate in made.gates if gate.verdict == "skipped"}
    assert made.verdict == "ship"
    assert reasons["heads"] == "the surface has no ranker"
    assert "the logs name no users" in reasons["lists/recall"]


def test_a_missing_artifact_is_told_with_the_way_to_make_it(tiny: Night) -> None:
    shutil.rmtree(tiny.artifact("als"))
    with pytest.raises(UserError, match="als of tiny 2026-01-08 does not exist"):
        decide.run(tiny)
    assert not list(tiny.home.releases("tiny").glob("2026*"))


def test_the_smoke_test_asks_every_kind_of_user(tiny: Night) -> None:
    gate = smoke_test(build(tiny, inputs(tiny)).folder, tiny.day)
    assert gate.verdict == "pass"
    assert gate.value == 4
    assert "an unknown user" in gate.reason


@pytest.mark.parametrize("bound_by", ["country_tags", "device_tags", "area_tags", "hour_tags"])
def test_the_smoke_test_asks_from_where_and_when_most_items_may_be_shown(tiny: Night, bound_by: str) -> None:
    night = tiny_night(tiny.home, tiny_surface(policy={bound_by: "zone:"}))
    assert smoke_test(build(night, inputs(night)).folder, night.day).verdict == "pass"


def test_a_policy_that_lets_nothing_be_shown_fails_the_smoke_test(tiny: Night) -> None:
    surface = tiny_surface(
        policy={"withhold": [{"label": f"tag:zone:{name}", "unknown_users": True} for name in ZONES]}
    )
    night = tiny_night(tiny.home, surface)
    gate = smoke_test(build(night, inputs(night)).folder, night.day)
    assert (gate.verdict, gate.value) == ("fail", 2)
    assert "an unknown user: the policy lets it be shown none of 60 items" in gate.reason
    assert "a known user" not in gate.reason


def test_a_release_that_cannot_be_loaded_fails_the_smoke_test(tiny: Night) -> None:
    made_from = inputs(tiny)
    folder = build(tiny, made_from).folder
    shutil.rmtree(folder / "als")
    seal(folder, made_from, tiny.surface)
    gate = smoke_test(folder, tiny.day)
    assert gate.verdict == "fail"
    assert "it cannot be loaded" in gate.reason
