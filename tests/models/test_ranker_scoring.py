"""The saved ranker answers as the trained one did, with ONNX Runtime and numpy alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.calibration import Calibration, Calibrator
from models.ranker import Ranker
from models.ranker_scoring import RankerScorer
from schemas.errors import UserError
from tests.models.ranker_worlds import SMALL, one_feature

HEADS = {"click": "binary", "dwell": "sum"}
CALIBRATION = Calibration({"click": Calibrator("platt", a=0.5, c=-1.0), "dwell": Calibrator("scale", a=2.0)})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ranker, Path]:
    samples = one_feature()
    dense = samples.dense.copy()
    dense[::7, 1] = np.nan
    position = (np.arange(len(samples)) % 5).astype(np.int64)
    samples = replace(samples, dense=dense, position=position)
    ranker = Ranker(HEADS, SMALL, ("taste", "noise"), "abc123")
    ranker.fit(samples, samples, 1)
    folder = tmp_path_factory.mktemp("ranker")
    ranker.save(folder)
    CALIBRATION.save(folder)
    return ranker, folder


@pytest.mark.parametrize("n", [0, 1, 2, 333])
def test_saved_and_loaded_it_scores_the_same_for_any_number_of_rows(trained: tuple[Ranker, Path], n: int) -> None:
    ranker, folder = trained
    samples = one_feature(seed=5).take(slice(0, n))
    expected, found = ranker.predict(samples), RankerScorer.load(folder).raw(samples.dense, samples.categories)
    assert list(found) == list(HEADS)
    assert found["click"] == pytest.approx(expected["click"], abs=1e-5)
    assert found["dwell"] == pytest.approx(expected["dwell"], rel=1e-5)


def test_a_given_position_is_the_one_it_was_trained_with(trained: tuple[Ranker, Path]) -> None:
    ranker, folder = trained
    samples = one_feature(seed=5)
    samples = replace(samples, position=np.arange(len(samples), dtype=np.int64) % 7 - 1)
    found = RankerScorer.load(folder).raw(samples.dense, samples.categories, samples.position)
    assert found["click"] == pytest.approx(ranker.predict(samples, at_position=True)["click"], abs=1e-5)


def test_ids_looked_up_before_score_the_same(trained: tuple[Ranker, Path]) -> None:
    samples, scorer = one_feature(seed=5).take(slice(0, 50)), RankerScorer.load(trained[1])
    rows = {name: found for name, ids in samples.categories.items() if (found := scorer.encoded(name, ids)) is not None}
    assert scorer.encoded("colour", ["red"]) is None
    for given, ids in ((rows, samples.categories), ({"user_id": 3}, {"user_id": [scorer_name(scorer, 3)] * 50})):
        expected, found = scorer.raw(samples.dense, ids), scorer.raw_encoded(samples.dense, given)
        assert all(np.array_equal(found[head], expected[head]) for head in HEADS)


def scorer_name(scorer: RankerScorer, row: int) -> str:
    return str(scorer.description.encoding.vocabularies["user_id"].ids[row - 1])


def test_missing_features_and_unknown_ids_are_scored(trained: tuple[Ranker, Path]) -> None:
    ranker, folder = trained
    samples = one_feature(seed=5).take(slice(0, 20))
    strangers = replace(samples, dense=np.full_like(samples.dense, np.nan), categories={})
    found = RankerScorer.load(folder).raw(strangers.dense, {"item_id": [None] * 20})
    assert np.isfinite(found["click"]).all()
    assert found["click"] == pytest.approx(ranker.predict(strangers)["click"], abs=1e-5)


def test_scores_are_calibrated(trained: tuple[Ranker, Path]) -> None:
    scorer = RankerScorer.load(trained[1], threads=1)
    samples = one_feature(seed=5)
    raw, scored = (answer(samples.dense, samples.categories) for answer in (scorer.raw, scorer.score))
    assert scored["dwell"] == pytest.approx(2 * raw["dwell"])
    logit = 0.5 * np.log(raw["click"] / (1 - raw["click"])) - 1.0
    assert scored["click"] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)


def test_it_loads_and_scores_without_torch_spark_or_scikit_learn(trained: tuple[Ranker, Path]) -> None:
    program = (
        "import sys, numpy as np; from pathlib import Path; from models.ranker_scoring import RankerScorer;"
        f"s = RankerScorer.load(Path({str(trained[1])!r}));"
        "print(float(s.raw(np.zeros((1, 2), np.float32), {'user_id': ['u1']})['click'][0]));"
        "print(sorted({'torch', 'pyspark', 'sklearn', 'onnx'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    asked = one_feature().take(slice(0, 1))
    asked = replace(asked, dense=np.zeros((1, 2), np.float32), categories={"user_id": np.array(["u1"], dtype=object)})
    assert float(told[0]) == pytest.approx(trained[0].predict(asked)["click"][0], abs=1e-5)
    assert told[1] == "[]"


def test_it_says_what_it_was_trained_on(trained: tuple[Ranker, Path]) -> None:
    description = RankerScorer.load(trained[1]).description
    assert description.features == ("taste", "noise")
    assert description.feature_schema == "abc123"
    assert description.heads == HEADS
    assert description.encoding.positions == 5


def test_another_number_of_features_is_refused(trained: tuple[Ranker, Path]) -> None:
    with pytest.raises(ValueError, match="trained on 2 features"):
        RankerScorer.load(trained[1]).raw(np.zeros((4, 3), np.float32), {})


def test_a_folder_without_a_ranker_or_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no ranker"):
        RankerScorer.load(tmp_path)
    (tmp_path / "ranker.json").write_text(json.dumps({"format": 7}))
    with pytest.raises(UserError, match="format 7"):
        RankerScorer.load(tmp_path)
