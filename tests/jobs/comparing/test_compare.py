from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from jobs.comparing.compare import Comparison, compare
from jobs.comparing.pair import pair_of
from jobs.judging.segment import Segment
from jobs.night import Night
from lake.home import Home
from schemas.errors import UserError
from tests.jobs.comparing.releases import GOOD, SPOILT, sealed


@pytest.fixture(scope="module")
def better(compared_root: Path) -> Comparison:
    return compare(pair_of(Home(compared_root), SPOILT, GOOD))


def test_the_one_that_knows_tastes_and_is_calibrated_is_better(better: Comparison) -> None:
    assert better.verdict == "better"
    assert (better.a, better.b) == (SPOILT, GOOD)
    assert any(reason.startswith("click log loss -") for reason in better.reasons)


def test_turned_around_it_is_worse_by_the_same(both: Night, better: Comparison) -> None:
    other = compare(pair_of(both.home, GOOD, SPOILT))
    assert other.verdict == "worse"
    assert other.reasons
    for one in better.evaluation.paired:
        if one.against == "champion" and one.value is not None:
            back = next(
                pair
                for pair in other.evaluation.paired
                if (pair.of, pair.figure, pair.against, pair.segment) == (one.of, one.figure, "champion", one.segment)
            )
            assert back.value == pytest.approx(-one.value)


def test_a_release_is_even_with_one_that_does_the_same(both: Night, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(both.home.releases("tiny") / GOOD, tmp_path / "twin"))
    sealed(twin, release_id="2026-01-08-dddddddddd")
    found = compare(pair_of(both.home, GOOD, str(twin)))
    assert found.verdict == "even"
    assert found.reasons == ("no main difference can be told apart from none",)
    assert all(one.pair.value in (0.0, None) for rows in found.sections.values() for one in rows)


def test_the_short_table_has_what_decides_and_what_can_be_told(better: Comparison) -> None:
    names = {one.name for rows in better.short.values() for one in rows}
    assert {"all sources recall@10", "click AUC", "click log loss", "als recall@10"} <= names
    assert "item item recall@10" not in names, "both have the same item-item"
    everything = {one.name for rows in better.sections.values() for one in rows}
    assert names < everything
    assert len(better.rows) >= len(names)


def test_json_has_both_values_and_the_difference_with_its_interval(better: Comparison) -> None:
    told = json.loads(json.dumps(better.as_dict()))
    (als,) = [one for one in told["differences"]["lists and heads"] if one["name"] == "als recall@10"]
    assert als["b"] - als["a"] == pytest.approx(als["difference"])
    assert 0 < als["low"] < als["difference"] < als["high"]
    assert (told["verdict"], told["surface"], told["day"]) == ("better", "tiny", "2026-01-08")


def test_a_segment_with_everybody_is_the_whole_and_one_with_nobody_is_refused(both: Night, better: Comparison) -> None:
    pair = pair_of(both.home, SPOILT, GOOD)
    everybody = compare(pair, Segment("country", "DE"))
    assert everybody.evaluation.paired == better.evaluation.paired
    with pytest.raises(UserError, match="segment country=FR: no user with responses is in it") as failure:
        compare(pair, Segment("country", "FR"))
    assert "values of country: DE" in str(failure.value)
