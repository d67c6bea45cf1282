from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.experiments.assign import assign, held_back
from surfaces.experiments import Experiments

TWO = Experiments.model_validate(
    {
        "holdback": 0.1,
        "layers": {
            "ranking": {"arms": {"control": {"share": 0.4}, "bold": {"share": 0.4}}},
            "slate": {"arms": {"on": {"share": 0.5}, "off": {"share": 0.5}}},
        },
    }
)
UNITS = [f"u{n}" for n in range(20_000)]


def near(count: int, share: float) -> bool:
    """Within four standard errors of `share` of all units."""
    return abs(count - share * len(UNITS)) < 4 * math.sqrt(share * (1 - share) * len(UNITS))


@given(st.text())
def test_a_user_stays_in_an_arm(unit: str) -> None:
    assert assign(TWO, unit) == assign(TWO, unit)


def test_shares_are_as_stated_and_layers_independent() -> None:
    found = {unit: dict(arm.split(":") for arm in assign(TWO, unit)) for unit in UNITS}
    ranking = Counter(arms.get("ranking", "none") for arms in found.values())
    assert near(ranking["holdback"], 0.1)
    assert near(ranking["control"], 0.36)
    assert near(ranking["bold"], 0.36)
    assert near(ranking["none"], 0.18)
    both = sum(arms.get("ranking") == "bold" and arms["slate"] == "on" for arms in found.values())
    assert near(both, 0.18)


def test_who_is_held_back_is_so_in_every_layer() -> None:
    held = next(unit for unit in UNITS if held_back(TWO, unit))
    assert assign(TWO, held) == ("ranking:holdback", "slate:holdback")


def test_another_salt_draws_anew() -> None:
    ranking = TWO.layers["ranking"]
    salted = TWO.model_copy(update={"layers": TWO.layers | {"ranking": ranking.model_copy(update={"salt": "2"})}})
    moved = sum(assign(TWO, unit)[0] != assign(salted, unit)[0] for unit in UNITS[:2000])
    assert moved > 800
    assert [assign(TWO, unit)[-1] for unit in UNITS[:50]] == [assign(salted, unit)[-1] for unit in UNITS[:50]]


def test_no_experiments_no_arms() -> None:
    assert assign(Experiments(), "u") == ()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_none(share: float) -> None:
    one = Experiments.model_validate({"layers": {"a": {"arms": {"x": {"share": share}}}}})
    assert {assign(one, unit) for unit in UNITS[:100]} == {("a:x",) if share else ()}
