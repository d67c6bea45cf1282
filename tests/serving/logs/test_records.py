from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.registry import registry
from schemas.logs import LAYERS, layer
from serving.ask import Ask
from serving.fallback.chain import LIGHT, STAND_INS
from serving.logs.lines import encode
from serving.logs.records import impression_id, is_sampled, request_of, rows_of
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from tests.serving.tiny_release import AT


@pytest.fixture(scope="module")
def answer(release: LoadedRelease) -> Answer:
    return recommend(release, Ask("r1", AT, user_id="u0", country="DE", seen=("i01",), arms=("slate:b",), size=7))


@pytest.fixture(scope="module")
def written(answer: Answer) -> dict[str, list[dict[str, Any]]]:
    """The rows as they are read back from the file."""
    lines = encode(rows_of(answer, sample=1.0)).lines
    return {name: [json.loads(line) for line in some.splitlines()] for name, some in lines.items()}


def test_every_field_is_the_contracts_and_none_that_is_required_is_missing(
    written: dict[str, list[dict[str, Any]]],
) -> None:
    assert list(written) == ["request", "impression", "candidate", "ranking"]
    for name, rows in written.items():
        contract = layer(name)
        required = {field.name for field in contract.fields if field.required}
        for row in rows:
            assert required <= row.keys() <= set(contract.names)
            assert row["schema_version"] == contract.version
            assert None not in row.values()
        assert len({tuple(row[key] for key in contract.key) for row in rows}) == len(rows)


def test_the_request_says_all_that_a_replay_needs(answer: Answer, written: dict[str, list[dict[str, Any]]]) -> None:
    (row,) = written["request"]
    release = answer.release
    assert row["requested_at"] == "2026-01-09T12:00:00.000000Z"
    assert (row["release_id"], row["config"]) == (release.release_id, release.manifest.files["surface.yaml"])
    assert (row["user_id"], row["country"], row["size"], row["seen"]) == ("u0", "DE", 7, ["i01"])
    assert row["history"] == release.sequences.get("u0")
    assert (row["arms"], row["sampled"]) == (["slate:b"], True)
    assert "device" not in row


def test_candidates_are_every_offer_with_its_rank_and_score(
    answer: Answer, written: dict[str, list[dict[str, Any]]]
) -> None:
    for source, offer in answer.offers.by_source.items():
        rows = [row for row in written["candidate"] if row["source"] == source]
        assert [row["rank"] for row in rows] == list(range(len(offer)))
        assert [row["item_id"] for row in rows] == answer.release.catalogue.ids[offer.rows].tolist()
        assert np.array([row["score"] for row in rows], np.float32).tobytes() == offer.scores.tobytes()


def test_scores_values_and_features_come_back_bit_for_bit(
    answer: Answer, written: dict[str, list[dict[str, Any]]]
) -> None:
    rows = written["ranking"]
    for kind, columns in (("raw_scores", answer.scores.raw), ("scores", answer.scores.calibrated)):
        for head, scores in columns.items():
            assert np.array([row[kind][head] for row in rows], np.float32).tobytes() == scores.tobytes()
    assert np.array([row["value"] for row in rows], np.float32).tobytes() == answer.values.value.tobytes()
    names = [feature.name for feature in registry(answer.release.surface)]
    for row, values, missing in zip(rows, answer.features.dense, answer.features.missing, strict=True):
        known = [name for name, gone in zip(names, missing.tolist(), strict=True) if not gone]
        assert list(row["features"]) == known
        assert row["missing"] == [name for name in names if name not in known]
        assert np.array(list(row["features"].values()), np.float32).tobytes() == values[~missing].tobytes()


def test_what_is_not_known_of_a_user_is_missing_and_not_a_value(release: LoadedRelease) -> None:
    rows = rows_of(recommend(release, Ask("r1", AT, user_id="stranger")), sample=1.0)["ranking"]
    (batch,) = {name for row in rows for name in row["missing"] if name == "user_log_impressions_30"}
    assert not any(batch in row["features"] for row in rows)
    known = rows_of(recommend(release, Ask("r1", AT, user_id="u0")), sample=1.0)["ranking"]
    assert all(batch in row["features"] for row in known)


def test_an_answer_without_the_ranker_is_logged_with_no_scores(release: LoadedRelease) -> None:
    for fallback in (LIGHT, *STAND_INS):
        answer = recommend(release, Ask("r1", AT, user_id="u0", fallbacks=(fallback,), last_good=("i01", "i02")))
        rows = rows_of(answer, sample=1.0)
        assert rows["request"][0]["fallbacks"] == [fallback]
        assert len(rows["ranking"]) == answer.candidates.kept
        assert all(row["scores"] == row["features"] == {} for row in rows["ranking"])
        assert len(rows["impression"]) == 10


def test_impressions_are_the_slate(answer: Answer, written: dict[str, list[dict[str, Any]]]) -> None:
    rows = written["impression"]
    assert [row["impression_id"] for row in rows] == [f"r1:{n}" for n in range(7)]
    assert [row["propensity"] for row in rows] == [slot.draw.propensity for slot in answer.slate.slots]
    assert [row["item_id"] for row in rows] == [answer.release.catalogue.ids[slot.row] for slot in answer.slate.slots]
    assert {row["source"] for row in rows} <= {*answer.offers.by_source, "reserve"}
    assert request_of(rows[3]["impression_id"]) == "r1"


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_any_float32_survives_the_file(number: float) -> None:
    line = encode({"ranking": [{"value": float(np.float32(number))}]}).lines["ranking"]
    assert np.float32(json.loads(line)["value"]).tobytes() == np.float32(number).tobytes()


@given(st.text())
def test_any_text_is_one_line(text: str) -> None:
    lines = encode({"request": [{"user_id": text}]}).lines["request"]
    assert lines.count(b"\n") == 1
    assert json.loads(lines)["user_id"] == text


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"ranking": [{"scores": {"click": float("nan")}}]})


def test_the_sample_is_a_share_of_requests_and_the_same_every_time(answer: Answer) -> None:
    names = [f"r{n}" for n in range(5000)]
    tenth = {name for name in names if is_sampled(name, 0.1)}
    assert 400 < len(tenth) < 600
    assert tenth < {name for name in names if is_sampled(name, 0.2)}
    assert [is_sampled("r1", share) for share in (0.0, 1.0)] == [False, True]
    assert set(rows_of(answer, sample=0.0)) == {"request", "impression"}
    assert rows_of(answer, sample=0.0)["request"][0]["sampled"] is False


def test_impression_ids_of_others_name_no_request() -> None:
    assert request_of(impression_id("a:b", 12)) == "a:b"
    assert [request_of(other) for other in ("", "r1", ":3", "r1:", "r1:x", "r20260101-000042-3")] == [None] * 6


def test_layers_written_are_those_of_the_contracts(written: dict[str, list[dict[str, Any]]]) -> None:
    assert written.keys() < {contract.name for contract in LAYERS}


def test_what_the_fast_way_would_alter_or_refuse_goes_the_slow_way() -> None:
    rows = [{"a": "null"}, {"a": "\ud800"}, {"a": 1 << 70}, {"a": [1e-5, 0.30000001192092896]}]
    lines = encode({"x": rows}).lines["x"].splitlines()
    assert [json.loads(line) for line in lines] == rows
