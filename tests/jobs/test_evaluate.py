from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from features.registry import registry, schema_hash
from jobs import evaluate
from jobs.judging import heads
from jobs.judging.champion import champion_of
from jobs.judging.contender import Contender
from jobs.judging.held_out import held_out_day
from jobs.judging.lists import blended, ks
from jobs.judging.samples import held_out_samples
from jobs.night import Night
from jobs.releasing.assembly import build
from jobs.releasing.inputs import inputs
from jobs.train_retrieval import run as train_retrieval
from lake.home import Home
from models.als import ALS
from models.ranker_description import DESCRIPTION
from schemas.errors import UserError
from schemas.evaluation import Evaluation
from schemas.release import Manifest, digests
from serving.release import slots
from tests.jobs.tiny_lake import HERE, taste, tiny_night, tiny_surface, write_lake, zone


def evaluation_of(night: Night) -> Evaluation:
    return Evaluation.read(night.artifact("evaluation"))


def recall(found: Evaluation, source: str) -> float:
    value = found.figure("candidate", source, "recall@10")
    assert value is not None
    return value


def limits(found: Evaluation, of: str, against: str, figure: str) -> tuple[float, float, float]:
    """(low, value, high) of a paired difference that must be there."""
    pair = found.difference(of, against, figure)
    assert pair is not None
    assert pair.low is not None
    assert pair.value is not None
    assert pair.high is not None
    return pair.low, pair.value, pair.high


def publish_as(night: Night, release_id: str) -> None:
    """Make the night's models live under another id, as if an earlier or later night had made them."""
    built = build(night, inputs(night))
    folder = built.folder.rename(built.folder.with_name(release_id))
    replace(Manifest.read(folder), release_id=release_id, day=release_id[:10]).write(folder)
    slots.switch(folder.parent, release_id)


def spoil(release: Path) -> None:
    """Turn the release's item vectors around, so that it recommends what is not the user's taste."""
    model = ALS.load(release / "als")
    model.vectors = -model.vectors
    model.save(release / "als")
    replace(Manifest.read(release), files=digests(release)).write(release)


@pytest.mark.parametrize("source", ["als", "item_item", "blended"])
def test_what_knows_tastes_beats_most_popular(tiny: Night, source: str) -> None:
    found = evaluation_of(tiny)
    assert recall(found, source) > 1.3 * recall(found, "popular")
    assert found.figure("candidate", source, "coverage@10") > found.figure("candidate", "popular", "coverage@10")


def test_the_ranker_knows_tastes_and_the_popularity_feature_does_not(tiny: Night) -> None:
    found = evaluation_of(tiny)
    assert found.heads["candidate"]["click"].figures["auc"] > 0.85
    assert found.yardstick["item_log_click_30"] == 0.5


def test_a_head_whose_window_is_open_is_skipped_with_why(tiny: Night) -> None:
    like = evaluation_of(tiny).heads["candidate"]["like"]
    assert like.figures == {}
    assert "window is still open" in like.skipped


def test_heads_are_measured_on_users_that_did_not_calibrate(tiny: Night) -> None:
    data = held_out_samples(tiny)
    assert 0 < len(data) < 40 * 8
    assert len(data) % 8 == 0


def test_what_users_responded_to_before_is_masked_and_not_looked_for(tiny: Night) -> None:
    day = held_out_day(tiny)
    for history, wanted in zip(day.holdout.requests.histories, day.holdout.relevant, strict=True):
        assert not wanted & set(history)
    assert len(day) > 30
    assert [ask.user_id for ask in day.asks] == list(day.holdout.requests.users)
    assert {(ask.country, ask.device, ask.area) for ask in day.asks} == {("DE", "phone", HERE)}


def test_where_items_are_bound_to_areas_lists_hold_those_of_the_area_asked_from(tiny: Night) -> None:
    night = tiny_night(tiny.home, tiny_surface(policy={"area_tags": "zone:"}))
    lists = blended(night, held_out_day(night), Contender.of_night(night))["blended"]
    assert {zone(item) for item in lists.ravel() if item} == {HERE}


def test_without_a_live_release_there_is_no_champion_and_it_is_said(tiny: Night) -> None:
    found = evaluation_of(tiny)
    assert found.champion is None
    assert found.champion_skipped == "no release is live yet"
    assert "champion" not in found.lists


def test_a_champion_with_the_same_models_measures_the_same(tiny: Night) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    report = evaluate.run(tiny)
    found = evaluation_of(tiny)
    assert found.champion == "2026-01-07-aaaaaaaaaa"
    assert found.lists["champion"] == found.lists["candidate"]
    assert found.heads["champion"] == found.heads["candidate"]
    assert report.warnings == []
    same = [one for one in found.paired if one.against == "champion"]
    assert {one.of for one in same} >= {"lists/als", "lists/blended", "heads/click"}
    assert all(one.value == one.low == one.high == 0.0 for one in same if one.low is not None)
    assert found.difference("heads/click", "champion", "auc") is not None


def beside_a_worse_champion(tiny: Night) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    live = slots.active_release(tiny.home.releases("tiny"))
    assert live is not None
    spoil(live)
    evaluate.run(tiny)


def test_a_worse_champion_is_told_apart_on_the_same_users(tiny: Night) -> None:
    beside_a_worse_champion(tiny)
    found = evaluation_of(tiny)
    low, value, high = limits(found, "lists/als", "champion", "recall@10")
    assert 0 < low < value < high
    champion = found.figure("champion", "als", "recall@10")
    assert champion is not None
    assert value == pytest.approx(recall(found, "als") - champion)


def test_figures_of_users_have_intervals_and_the_protocol_a_name(tiny: Night) -> None:
    found = evaluation_of(tiny)
    als = found.lists["candidate"]["als"]
    for figure in (
        "recall@10",
        "map@10",
        "mrr@10",
        "precision@10",
        "novelty@10",
        "distance@10",
        "coverage@10",
        "gini@10",
    ):
        low, high = als.intervals[figure]
        assert low <= als.figures[figure] <= high
    assert found.protocol.startswith("global time split at 2026-01-08: items new to the user")
    assert limits(found, "lists/blended", "lists/popular", "recall@10")[0] > 0


def test_segments_are_those_of_users_and_of_what_they_responded_to_and_are_paired(tiny: Night) -> None:
    beside_a_worse_champion(tiny)
    found = evaluation_of(tiny)
    assert set(found.segments) == {"new_users", "country/DE", "device/phone", "head_items", "tail_items", "new_items"}
    assert found.segments["new_users"]["als"].users == 0
    whole, same = found.lists["candidate"]["blended"], found.segments["country/DE"]["blended"]
    assert same.figures == whole.figures
    assert found.champion_segments.keys() == found.segments.keys()
    within = {one.segment: one for one in found.paired if one.figure == "recall@10" and one.segment}
    assert within["device/phone"].value == found.difference("lists/blended", "champion", "recall@10").value
    assert "new_users" not in within


def test_a_response_that_is_worth_more_counts_for_more_in_ndcg(tiny: Night) -> None:
    surface = tiny_surface(training={"window_days": 4, "positives": {"click": 1.0, "like": 2.0}})
    day = held_out_day(replace(tiny, surface=surface, day=tiny.day - timedelta(days=1)))
    assert {gain for wanted in day.gains for gain in wanted.values()} == {1.0}, "likes are not known yet"
    assert [set(wanted) for wanted in day.gains] == [set(wanted) for wanted in day.holdout.relevant]
    clicks = held_out_day(replace(tiny, surface=tiny_surface(training={"window_days": 4, "positives": {"click": 3.0}})))
    assert {gain for wanted in clicks.gains for gain in wanted.values()} == {3.0}


def test_other_corrections_are_tried_on_users_that_measure_nothing(tiny: Night) -> None:
    click = evaluation_of(tiny).heads["candidate"]["click"]
    assert set(click.corrections) == {"served", "none", "platt", "isotonic", "temperature"}
    assert click.corrections["served"] == click.corrections["none"], "the tiny ranker is left uncalibrated"
    served = click.corrections["served"]
    assert served.low <= served.ece <= served.high
    assert served.log_loss == pytest.approx(click.figures["log_loss"])
    assert click.limits[0][0] <= click.reliability[0][1] <= click.limits[0][1]


def test_heads_are_calibrated_by_position_and_device_and_have_intervals(
    tiny: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "LEAST_GROUP", 10)
    evaluate.run(tiny)
    click = evaluation_of(tiny).heads["candidate"]["click"]
    assert set(click.groups) == {"position", "device", "country"}
    assert list(click.groups["position"]) == [str(slot) for slot in range(8)]
    assert sum(group.rows for group in click.groups["position"].values()) == click.rows
    low, high = click.intervals["auc"]
    assert low < click.figures["auc"] < high
    assert click.figures["ece_debiased"] <= click.figures["ece"]
    assert click.figures["gauc"] > 0.85
    phone = click.groups["device"]["phone"]
    assert phone.figures == pytest.approx({name: click.figures[name] for name in phone.figures})
    assert set(phone.figures) == set(phone.intervals) == {"auc", "gauc", "log_loss", "ece_debiased"}
    assert phone.intervals["auc"] == pytest.approx((low, high))


def test_a_champion_trained_on_other_features_is_compared_by_its_lists_alone(tiny: Night) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    live = slots.active_release(tiny.home.releases("tiny"))
    assert live is not None
    replace(Manifest.read(live), feature_schema="another").write(live)
    report = evaluate.run(tiny)
    found = evaluation_of(tiny)
    assert set(found.lists["champion"]) == {"als", "item_item", "popular"}
    assert "champion" not in found.heads
    assert len([warning for warning in report.warnings if "trained on other features" in warning]) == 2


def test_a_live_release_of_a_later_day_is_no_champion(tiny: Night) -> None:
    publish_as(tiny, "2026-01-09-aaaaaaaaaa")
    champion, why = champion_of(tiny)
    assert champion is None
    assert "2026-01-09-aaaaaaaaaa is of a later day" in why


def test_a_rerun_is_compared_with_the_release_before_its_own(tiny: Night) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    publish_as(tiny, "2026-01-08-bbbbbbbbbb")
    champion, _ = champion_of(tiny)
    assert champion is not None
    assert champion.folder.name == "2026-01-07-aaaaaaaaaa"


def test_a_damaged_champion_is_told_and_not_compared_with(tiny: Night) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    (tiny.home.releases("tiny") / "2026-01-07-aaaaaaaaaa" / "surface.yaml").unlink()
    champion, why = champion_of(tiny)
    assert champion is None
    assert "surface.yaml is in the manifest but not in the folder" in why


def test_a_ranker_of_other_features_than_are_computed_is_told_with_what_to_run(tiny: Night) -> None:
    path = tiny.artifact("ranker") / DESCRIPTION
    path.write_text(path.read_text().replace(schema_hash(registry(tiny.surface)), "of old"))
    with pytest.raises(UserError, match="trained on feature schema of old") as failure:
        evaluate.run(tiny)
    assert failure.value.fix == "feedmill run tiny 2026-01-08 --from features"


def test_pictures_lie_beside_the_evaluation(tiny: Night) -> None:
    names = {path.name for path in tiny.artifact("evaluation").glob("*.png")}
    assert {"recall_at_10.png", "reliability_click.png", "curves_ranker.png"} <= names
    assert "reliability_like.png" not in names


def test_running_it_again_gives_the_same_evaluation(tiny: Night) -> None:
    before = (tiny.artifact("evaluation") / "evaluation.json").read_bytes()
    evaluate.run(tiny)
    assert (tiny.artifact("evaluation") / "evaluation.json").read_bytes() == before
    assert not list(tiny.artifact("evaluation").parent.glob(".evaluate.*"))


def test_a_day_on_which_nobody_responded_is_skipped_with_words(tiny: Night) -> None:
    later = replace(tiny, day=tiny.day + timedelta(days=1))
    tiny.artifact("popular").parent.rename(tiny.artifact("popular").parent.with_name(f"day={later.day}"))
    report = evaluate.run(later)
    found = evaluation_of(later)
    assert found.lists == {}
    assert "no user responded to anything new on 2026-01-09" in found.lists_skipped
    assert found.heads["candidate"]["click"].skipped == "the day has no sample to measure on"
    assert report.summary == "nothing could be measured"


def test_a_surface_without_users_and_without_a_ranker_says_what_is_not_measured(tmp_path: Path) -> None:
    surface = tiny_surface(ranker=None, value={}, lacks=["user"], retrieval={"popular": {}})
    night = tiny_night(Home(tmp_path), surface)
    write_lake(night)
    train_retrieval(night, "popular")
    report = evaluate.run(night)
    assert "the logs name no users" in report.warnings[0]
    assert "the surface has no ranker" in report.warnings[1]
    assert evaluation_of(night).lists == {}


def test_list_lengths_are_those_that_the_catalogue_allows() -> None:
    assert ks(1000) == (10, 50, 100)
    assert ks(80) == (10, 50)
    assert ks(7) == (7,)


def test_the_tastes_are_as_plain_as_they_should_be(tiny: Night) -> None:
    """What the other tests take for granted: users respond to their own taste."""
    day = held_out_day(tiny)
    pairs = [(user, item) for user, wanted in zip(day.holdout.requests.users, day.holdout.relevant) for item in wanted]  # noqa: B905
    own = sum(taste(user or "") == taste(item) for user, item in pairs)
    assert own > 0.9 * len(pairs)


def test_the_surface_in_a_release_reads_back_whole(tiny: Night) -> None:
    built = build(tiny, inputs(tiny))
    content = yaml.safe_load((built.folder / "surface.yaml").read_text())
    assert type(tiny.surface).model_validate(content) == tiny.surface
