from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jobs.comparing.answers import Answers
from jobs.comparing.contribution import Contribution, largest_first
from jobs.comparing.diagnose import Diagnosis, diagnose
from jobs.comparing.pair import pair_of
from jobs.comparing.slates import overlap
from jobs.judging.segment import Segment
from lake.home import Home
from schemas.errors import UserError
from tests.jobs.comparing.releases import GOOD, SPOILT


@pytest.fixture(scope="module")
def diagnosis(compared_root: Path) -> Diagnosis:
    return diagnose(pair_of(Home(compared_root), GOOD, SPOILT))


def of(diagnosis: Diagnosis, kind: str, measure: str) -> dict[str, Contribution]:
    return {one.name: one for one in diagnosis.contributions if (one.kind, one.measure) == (kind, measure)}


def test_the_calibrator_that_was_changed_is_found_and_the_largest_comes_first(diagnosis: Diagnosis) -> None:
    first = diagnosis.contributions[0]
    assert first.told
    predicted = of(diagnosis, "heads", "predicted value")["click"]
    assert predicted.b == pytest.approx(2 * predicted.a, rel=1e-5)
    assert predicted.percent == pytest.approx(100.0, rel=1e-5)
    assert of(diagnosis, "calibration", "calibration error")["click"].low > 0
    told = [one for one in diagnosis.contributions if one.told]
    sizes = [abs(one.percent) for one in told]
    assert sizes == sorted(sizes, reverse=True)
    assert diagnosis.contributions[: len(told)] == tuple(told)


def test_the_order_of_the_head_did_not_change_and_is_no_contribution(diagnosis: Diagnosis) -> None:
    assert of(diagnosis, "heads", "AUC") == {}
    assert diagnosis.compared > len(diagnosis.contributions)


def test_parts_of_a_kind_add_up(diagnosis: Diagnosis) -> None:
    """Slots and kinds of items divide what was found, so their differences add up to the same."""
    slots = sum(one.difference for one in of(diagnosis, "position", "found per request").values())
    found = of(diagnosis, "segments", "found per request")
    items = sum(one.difference for name, one in found.items() if name.startswith("items "))
    sources = sum(one.difference for one in of(diagnosis, "sources", "found per request").values())
    assert items == pytest.approx(slots)
    assert sources == pytest.approx(slots)
    assert sum(one.difference for one in of(diagnosis, "sources", "share of slots").values()) == pytest.approx(0.0)
    assert 0 < diagnosis.same_items < 1
    assert diagnosis.same_slots <= diagnosis.same_items


def test_json_has_every_contribution(diagnosis: Diagnosis) -> None:
    told = json.loads(json.dumps(diagnosis.as_dict()))
    assert len(told["contributions"]) == len(diagnosis.contributions)
    assert told["contributions"][0]["difference"] == pytest.approx(diagnosis.contributions[0].difference)
    assert (told["a"], told["b"], told["requests"]) == (GOOD, SPOILT, diagnosis.requests)


def test_a_segment_with_nobody_is_refused(compared_root: Path) -> None:
    with pytest.raises(UserError, match="segment device=tv"):
        diagnose(pair_of(Home(compared_root), GOOD, SPOILT), Segment("device", "tv"))


def test_overlap_counts_items_and_slots_and_not_the_gaps_of_short_slates() -> None:
    def slates(*rows: list[str]) -> Answers:
        items = np.array(rows, dtype=object)
        return Answers(items, items, np.zeros(items.shape))

    a, b = slates(["x", "y", "z"], ["x", "", ""]), slates(["x", "z", "q"], ["w", "", ""])
    assert overlap(a, b) == (pytest.approx((2 / 3 + 0) / 2), pytest.approx((1 / 3 + 0) / 2))


def test_what_chance_explains_comes_last_and_what_is_the_same_not_at_all() -> None:
    def one(percent: float, low: float | None, high: float | None) -> Contribution:
        return Contribution("heads", f"{percent}", "AUC", 0.5, 0.5 + percent / 100, low, high, percent)

    small, large, open_, same = one(1, 0.1, 2), one(-5, -6, -4), one(9, -1, 19), one(0, 0, 0)
    assert largest_first([open_, small, same, large, one(3, None, None)]) == [large, small, open_, one(3, None, None)]
    assert open_.row.better is None
    assert (small.row.better, large.row.better) == (True, False)
    assert (same.row, one(3, None, None).row) == (None, None)
