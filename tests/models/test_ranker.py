"""What the ranker must do, on tiny sample sets whose right answer is obvious."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from evaluation.heads import auc, mean_ratio
from models.calibration import Calibration, Calibrator
from models.interface import Strings
from models.ranker import Ranker
from models.ranker_data import RankerData
from models.ranker_scoring import RankerScorer
from schemas.errors import UserError
from tests.models.ranker_worlds import SMALL, data, drawn, good_and_bad_items, ids, one_feature, shown_by_fame

BOTH = {"click": "binary", "dwell": "sum"}
CLICK = {"click": "binary"}


def fitted(samples: RankerData, heads: dict[str, str], seed: int = 1, **config: float) -> Ranker:
    ranker = Ranker(heads, SMALL | config)
    ranker.fit(samples, samples.take(slice(0, 0)), seed)
    return ranker


def test_a_planted_signal_is_learnt_by_every_head() -> None:
    ranker = fitted(one_feature(), BOTH)
    later = one_feature(seed=9)
    found = ranker.predict(later)
    assert auc(later.labels["click"], found["click"]) > 0.9
    assert spearmanr(found["dwell"], later.dense[:, 0]).statistic > 0.9
    assert found["click"].dtype == np.float32


def test_an_amount_is_predicted_as_its_mean_in_its_own_unit() -> None:
    """A head that learnt log1p would predict something near the median, a third below."""
    later = one_feature(seed=9)
    found = fitted(one_feature(), BOTH).predict(later)["dwell"]
    assert mean_ratio(later.labels["dwell"], found) == pytest.approx(1.0, abs=0.1)
    middle = np.abs(later.dense[:, 0]) < 0.2
    assert found[middle].mean() == pytest.approx(10.0, abs=2.0)


def test_what_only_the_id_knows_is_learnt() -> None:
    later = good_and_bad_items(seed=9)
    assert auc(later.labels["click"], fitted(good_and_bad_items(), CLICK).predict(later)["click"]) > 0.9


def test_unknown_ids_and_missing_ones_get_the_same_middling_answer() -> None:
    ranker = fitted(good_and_bad_items(), CLICK)
    strangers: Strings = np.array(["i0", "i1", "never seen", None, ""], dtype=object)
    asked = data(np.zeros((5, 1)), {}, item_id=strangers)
    good, bad, *unknown = ranker.predict(asked)["click"].tolist()
    assert bad < 0.2 < min(unknown)
    assert max(unknown) < 0.8 < good
    assert len(set(unknown)) == 1
    without = replace(asked, categories={})
    assert ranker.predict(without)["click"].tolist() == [unknown[0]] * 5


def test_a_missing_value_says_what_it_says() -> None:
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(2000, 1))
    dense[::2] = np.nan
    click = drawn(rng, np.where(np.isnan(dense[:, 0]), 0.9, 0.1))
    found = fitted(data(dense, {"click": click}), CLICK).predict(data(np.array([[np.nan], [0.0]]), {}))["click"]
    assert found[0] > 0.8
    assert found[1] < 0.2


def test_a_null_label_trains_nothing() -> None:
    """Every other row would teach the opposite, and its label is null."""
    samples = one_feature()
    reversed_rows = np.arange(len(samples)) % 2 == 0
    dense = np.where(reversed_rows[:, None], -samples.dense, samples.dense)
    labels = np.where(reversed_rows, np.nan, samples.labels["click"])
    masked = replace(samples, dense=dense, labels={"click": labels.astype(np.float32)})
    later = one_feature(seed=9)
    assert auc(later.labels["click"], fitted(masked, CLICK).predict(later)["click"]) > 0.9


def test_a_head_without_labels_does_not_train_and_predicts_nothing() -> None:
    samples = one_feature()
    samples = replace(samples, position=np.arange(len(samples)) % 4)
    samples = replace(samples, labels={**samples.labels, "like": np.full(len(samples), np.nan, np.float32)})
    ranker = fitted(samples, {**BOTH, "like": "binary"})
    found = ranker.predict(samples)
    assert ranker.untrained == ("like",)
    assert found["like"].max() < 1e-6
    assert auc(samples.labels["click"], found["click"]) > 0.9


def test_a_row_without_weight_trains_nothing() -> None:
    samples = one_feature()
    old = np.arange(len(samples)) % 2 == 0
    samples = replace(
        samples, dense=np.where(old[:, None], -samples.dense, samples.dense), weights=(~old).astype(np.float32)
    )
    later = one_feature(seed=9)
    assert auc(later.labels["click"], fitted(samples, CLICK).predict(later)["click"]) > 0.9


def test_the_position_is_absorbed_by_the_bias_tower() -> None:
    samples, quality = shown_by_fame()
    with_tower = fitted(samples, CLICK).predict(samples)["click"]
    blind = replace(samples, position=np.full(len(samples), -1))
    without = fitted(blind, CLICK).predict(blind)["click"]
    assert spearmanr(with_tower, quality).statistic > 0.97
    assert spearmanr(with_tower, quality).statistic > spearmanr(without, quality).statistic + 0.15


def test_what_is_served_does_not_depend_on_the_position() -> None:
    samples, _ = shown_by_fame(n=2000)
    ranker = fitted(samples, CLICK)
    elsewhere = replace(samples, position=samples.position[::-1].copy())
    assert np.array_equal(ranker.predict(samples)["click"], ranker.predict(elsewhere)["click"])
    assert ranker.predict(samples)["click"].mean() == pytest.approx(samples.labels["click"].mean(), abs=0.05)
    shown = [
        ranker.predict(replace(samples, position=np.full(len(samples), place)), at_position=True)["click"].mean()
        for place in (0, 4, 9, 50)
    ]
    assert shown[0] > shown[1] > shown[2], "clicks fall with the position"
    assert shown[3] == pytest.approx(shown[2]), "a position that was never seen counts as the last one"


def test_the_same_seed_gives_the_same_scores_and_leaves_the_random_state_alone() -> None:
    import torch

    samples = one_feature(n=600)
    state = torch.random.get_rng_state()
    first, second, other = (fitted(samples, BOTH, seed).predict(samples)["click"] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_training_stops_when_later_data_no_longer_gain_and_keeps_the_best_epoch() -> None:
    rng = np.random.default_rng(0)

    def noise(n: int) -> RankerData:
        return data(rng.normal(size=(n, 8)), {"click": drawn(rng, np.full(n, 0.5))}, user_id=ids("u", np.arange(n) % 9))

    train, validation = noise(300), noise(300)
    ranker = Ranker(CLICK, SMALL | {"epochs": 40, "patience": 2, "batch_size": 30})
    report = ranker.fit(train, validation, 1)
    losses = report.curves["validation_loss"]
    assert len(losses) == report.metrics["best_epoch"] + 2 < 40
    predicted = ranker.predict(validation)["click"].astype(np.float64)
    label = validation.labels["click"]
    kept = -np.mean(label * np.log(predicted) + (1 - label) * np.log(1 - predicted))
    assert kept == pytest.approx(min(losses), abs=1e-6)


def test_without_validation_labels_every_epoch_is_run() -> None:
    samples = one_feature(n=400)
    unlabelled = replace(samples, labels={head: np.full(400, np.nan, np.float32) for head in BOTH})
    ranker = Ranker(BOTH, SMALL | {"epochs": 3, "patience": 1})
    assert ranker.fit(samples, unlabelled, 1).metrics["epochs_run"] == 3


def test_it_can_go_without_ids_positions_and_even_one_varying_feature() -> None:
    constant = data(np.ones((200, 2)), {"click": np.tile([1.0, 0.0, 0.0, 0.0], 50)})
    assert fitted(constant, CLICK).predict(constant)["click"] == pytest.approx(0.25, abs=0.05)


def test_a_fit_without_samples_and_a_prediction_before_a_fit_are_refused() -> None:
    with pytest.raises(UserError, match="no sample"):
        Ranker(CLICK, SMALL).fit(one_feature(0), one_feature(0), 1)
    with pytest.raises(RuntimeError, match="not been fitted"):
        Ranker(CLICK, SMALL).predict(one_feature(3))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"learning_rat": 0.1}, "'learning_rate'"),
        ({"epochs": 2.5}, "int"),
        ({"dropout": 1.0}, "below 1"),
        ({"batch_size": 0}, "1 or more"),
    ],
)
def test_a_wrong_hyper_parameter_is_told_by_name(config: dict[str, float], words: str) -> None:
    with pytest.raises(UserError, match=words) as told:
        Ranker(CLICK, config)
    assert next(iter(config)) in str(told.value)


def test_what_never_varied_in_training_moves_no_score_when_it_does_in_serving(tmp_path: Path) -> None:
    samples = one_feature()
    constant = replace(samples, dense=np.hstack([samples.dense, np.zeros((len(samples), 1), np.float32)]))
    ranker = fitted(constant, {"click": "binary"})
    moved = constant.dense.copy()
    moved[:, 2] = np.linspace(-5, 5, len(moved))
    expected = ranker.predict(constant)["click"]
    assert np.array_equal(ranker.predict(replace(constant, dense=moved))["click"], expected)
    ranker.save(tmp_path)
    Calibration({"click": Calibrator("identity")}).save(tmp_path)
    served = RankerScorer.load(tmp_path, threads=1).raw(moved, constant.categories)["click"]
    assert served == pytest.approx(expected, abs=1e-6)
