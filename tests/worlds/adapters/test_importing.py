"""The surfaces of the data sets, and mistakes at the keyboard."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.errors import UserError
from surfaces.load import load
from tests.worlds.adapters.conftest import Importer, write
from worlds.adapters.dataset import SWITCHES_OFF
from worlds.adapters.importing import DATASETS, dataset
from worlds.adapters.kuairand import BINARY, SECONDS


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_each_set_has_a_surface_that_declares_what_it_lacks(name: str) -> None:
    surface, source = load(name), DATASETS[name]
    assert set(source.lacks) <= surface.lacks <= set(SWITCHES_OFF)
    assert surface.gates.min_positives >= 30
    assert surface.restate_days == 1, "outcomes carry the time of their row: nothing arrives late"


def test_the_outcomes_of_kuairand_are_those_of_its_surface() -> None:
    surface = load("kuairand")
    assert {*BINARY, *SECONDS} == set(surface.outcomes)
    assert all(surface.outcomes[name].kind == "sum" for name in SECONDS)


def test_without_users_nothing_personal_is_trained() -> None:
    assert set(load("open_bandit").retrieval) == {"popular"}


def test_an_unknown_set_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="Did you mean 'open_bandit'"):
        dataset("Open-Bandits")


def test_a_path_that_is_no_folder_and_swapped_days_are_refused(imported: Importer, source: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        imported("mind", source / "nowhere")
    with pytest.raises(UserError, match="is after the last"):
        imported("mind", source, first=date(2019, 11, 12), last=date(2019, 11, 11))


def test_a_failed_import_leaves_landing_as_it_was(imported: Importer, source: Path) -> None:
    write(source / "ratings.csv", "userId,movieId,rating,timestamp", "1,31,2.5,1260759144")
    done = imported("movielens", source)
    write(source / "movies.csv", "movieId,title", "31,X")
    with pytest.raises(UserError, match="genres"):
        imported("movielens", source)
    assert done.days("impression") == {"2009-12-14": 1}
    assert not (done.landing / ".import").exists()
