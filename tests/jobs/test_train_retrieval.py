from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.night import Night
from jobs.train_retrieval import run
from models.registry import load
from models.validation import METRIC
from schemas.errors import GateFailed, UserError
from tests.jobs.silver_rows import item, shown, write_items, write_labelled
from tests.models.tiny import GROUPS, offered, request

QUICK: dict[str, dict[str, float]] = {
    "als": {"embedding_size": 4, "epochs": 6},
    "item_item": {},
    "two_tower": {"embedding_size": 8, "epochs": 4, "batch_size": 64},
    "popular": {},
}
every_source = pytest.mark.parametrize("source", list(QUICK))


def rows(days: range = range(1, 8), user: bool = True) -> list[dict[str, Any]]:
    """On each day each of 24 users clicks one more item of its group; nobody clicks `jazz-5` before the 7th."""
    found = []
    for on in days:
        for number in range(24):
            group = GROUPS[number % 2]
            chosen = group[5] if on == 7 else group[(number // 2 + on) % 5]
            found.append(shown(f"u{number}" if user else None, chosen, on, number, click=1.0))
            found.append(shown(f"u{number}" if user else None, GROUPS[0][0], on, number + 500))
    return found


def quick(night: Night) -> Night:
    """The night with small models; its silver tables have two groups of users."""
    sources = {
        name: source.model_copy(update={"config": QUICK[name]}) for name, source in night.surface.retrieval.items()
    }
    return Night(night.surface.model_copy(update={"retrieval": sources}), night.day, night.home)


@pytest.fixture
def logged(night: Night) -> Night:
    write_items(night, [item(item_id, topic=item_id[:4]) for group in GROUPS for item_id in group])
    write_labelled(night, rows())
    return quick(night)


@every_source
def test_the_artifact_is_the_model_and_what_its_fit_reported(logged: Night, source: str) -> None:
    report = run(logged, source)
    folder = logged.artifact(source)
    told = json.loads((folder / "fit.json").read_text())
    assert set(told) == {"parameters", "metrics", "curves"}
    assert 0 <= told["metrics"][METRIC] <= 1
    assert report.rows == 24 * 7 == told["metrics"]["positives"]
    assert report.figures[METRIC] == told["metrics"][METRIC]
    assert not report.warnings
    assert offered(load(source, folder).recommend(request("u0", ["jazz-0"]), 3))


@every_source
def test_the_last_training_day_is_in_the_model_that_ships(logged: Night, source: str) -> None:
    """`jazz-5` is clicked only on the day that chose the parameters."""
    run(logged, source)
    answer = load(source, logged.artifact(source)).recommend(request("u0", ["jazz-0", "jazz-1"]), 12)
    assert "jazz-5" in offered(answer)


@every_source
def test_the_held_out_day_changes_nothing(logged: Night, source: str) -> None:
    run(logged, source)
    before = {path.name: path.read_bytes() for path in logged.artifact(source).iterdir()}
    write_labelled(logged, rows() + [shown(f"u{n}", "rock-5", 8, n, click=1.0) for n in range(24)])
    run(logged, source)
    assert {path.name: path.read_bytes() for path in logged.artifact(source).iterdir()} == before


@every_source
def test_a_window_of_one_day_is_trained_without_validation_and_says_so(logged: Night, source: str) -> None:
    write_labelled(logged, rows(range(7, 8)))
    report = run(logged, source)
    assert report.summary == "not validated"
    assert "2026-01-07" in report.warnings[0]
    assert logged.has_artifact(source)


def test_no_positives_fail_the_gate_with_the_table_the_days_and_the_outcomes(logged: Night) -> None:
    write_labelled(logged, [shown("u", "jazz-0", 3)])
    with pytest.raises(GateFailed, match=r"silver\.labelled of 2026-01-01 to 2026-01-07.*click, like, follow.*als"):
        run(logged, "als")
    assert not logged.has_artifact("als")


def test_positives_without_users_train_popular_only(logged: Night) -> None:
    write_labelled(logged, rows(user=False))
    run(logged, "popular")
    with pytest.raises(GateFailed, match="names no user in 168 positives"):
        run(logged, "item_item")


def test_a_typo_in_the_surface_file_is_refused_before_any_fit(logged: Night) -> None:
    source = logged.surface.retrieval["als"].model_copy(update={"config": {"epoch": 3}})
    wrong = logged.surface.model_copy(update={"retrieval": {"als": source}})
    with pytest.raises(UserError, match="did you mean 'epochs'"):
        run(Night(wrong, logged.day, logged.home), "als")


def test_popular_is_trained_as_the_yardstick_where_the_surface_does_not_list_it(logged: Night) -> None:
    only = logged.surface.model_copy(update={"retrieval": {"als": logged.surface.retrieval["als"]}})
    run(Night(only, logged.day, logged.home), "popular")
    assert logged.has_artifact("popular")
