"""Protocols on a handful of events whose division is obvious, and on the published figure of a real set."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import protocols
from evaluation.protocols import Division, Events, GlobalTime, LeaveOneOut, StrongGeneralisation

EVENTS = Events(
    users=np.array(list("aaaabbbcc"), dtype=object),
    items=np.array([0, 1, 2, 3, 1, 2, 1, 4, 0]),
    times=np.array([1, 2, 3, 4, 1, 5, 6, 2, 9]),
)
drawn = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 9)), min_size=1, max_size=40)


def of(rows: list[tuple[int, int, int]]) -> Events:
    users, items, times = (np.array(column) for column in zip(*rows, strict=True))
    return Events(users, items, times)


def test_a_global_split_looks_only_for_what_is_new_to_the_user() -> None:
    division = GlobalTime(start=4, validation_start=3).divide(EVENTS)
    assert EVENTS.items[division.wanted].tolist() == [3, 2, 0]
    assert not division.wanted[6], "b had item 1 before"
    assert np.flatnonzero(division.validation).tolist() == [2]
    assert division.train.sum() == 4
    assert division.name == "global time split at 4: items new to the user, what it had masked"


def test_a_global_split_may_look_for_everything() -> None:
    division = GlobalTime(start=4, new_only=False).divide(EVENTS)
    assert EVENTS.items[division.wanted].tolist() == [3, 2, 1, 0]
    assert not division.given.any()


def test_leave_one_out_takes_the_last_in_time_and_leaves_short_users_to_train() -> None:
    division = LeaveOneOut().divide(EVENTS)
    assert np.flatnonzero(division.wanted).tolist() == [3]
    assert np.flatnonzero(division.validation).tolist() == [2, 5]
    assert division.train[7:].all(), "c has two events only"
    users, wanted, masked = protocols.relevant(EVENTS, division)
    assert (users, wanted, masked) == (["a"], [frozenset({3})], [[0, 1, 2]])


def test_strong_generalisation_fits_nothing_on_those_it_asks_for() -> None:
    rows = [(user, item, item) for user in range(400) for item in range(10)]
    events = of(rows)
    division = StrongGeneralisation(held_out_share=0.2, given_share=0.7).divide(events)
    tested = set(events.users[division.wanted].tolist())
    assert 50 < len(tested) < 110
    assert not tested & set(events.users[division.train | division.validation].tolist())
    assert set(events.items[division.wanted].tolist()) == {7, 8, 9}
    assert set(events.items[division.given].tolist()) == set(range(7))
    assert division.validation.any()


@settings(deadline=None)
@given(drawn, st.integers(0, 10))
def test_no_protocol_looks_for_what_it_has_told(rows: list[tuple[int, int, int]], start: int) -> None:
    events = of(rows)
    for protocol in (GlobalTime(start), LeaveOneOut(), StrongGeneralisation(0.5, 0.5)):
        division = protocol.divide(events)
        told = division.train | division.validation | division.given
        assert not (division.wanted & told).any()
        assert not (division.train & division.validation).any()
        _, wanted, masked = protocols.relevant(events, division)
        assert all(found and not found & set(known) for found, known in zip(wanted, masked, strict=True))


def test_what_is_held_out_must_not_be_known_before() -> None:
    known = np.array([True])
    with pytest.raises(ValueError, match="an event that is looked for is known before"):
        Division("leaky", known, ~known, ~known, known)


def test_popularity_that_counts_what_is_held_out_is_caught() -> None:
    division = LeaveOneOut().divide(EVENTS)
    honest = division.popularity(EVENTS.items, 5)
    assert honest.tolist() == [2, 2, 0, 0, 1]
    division.check_popularity(honest, EVENTS.items)
    with pytest.raises(ValueError, match="popularity counts 4 events beyond train; 4 are held out"):
        division.check_popularity(np.bincount(EVENTS.items, minlength=5), EVENTS.items)


def test_the_place_of_the_held_out_item_leaves_out_what_is_masked() -> None:
    events = of([(0, 0, 1), (0, 1, 2), (0, 2, 3), (0, 3, 4)])
    division = LeaveOneOut().divide(events)
    scores = np.array([[9.0, 8.0, 7.0, 5.0, 5.0, 6.0]])
    found = protocols.leave_one_out_places(lambda _: scores, events, division, 6)
    assert (found.above.tolist(), found.tied.tolist()) == ([1], [1]), "0, 1 and 2 are masked, 5 is above, 4 ties"
    assert protocols.figures(found, 2, "best")["hit_rate@2"] == 1.0
    assert protocols.figures(found, 2, "expected")["hit_rate@2"] == 0.5
    assert protocols.figures(found, 2, "worst") == {"hit_rate@2": 0.0, "ndcg@2": 0.0, "mrr@2": 0.0, "tied": 1.0}


def beauty(real_data: Path) -> Events:
    users, items = [], []
    with gzip.open(real_data / "amazon_beauty" / "Beauty.txt.gz", "rt") as lines:
        for line in lines:
            user, *listed = map(int, line.split())
            users += [user] * len(listed)
            items += [item - 1 for item in listed]
    return Events(np.array(users), np.array(items), np.arange(len(items)))


@pytest.mark.real_data
def test_most_popular_on_amazon_beauty_is_what_is_published(real_data: Path) -> None:
    events = beauty(real_data)
    division = LeaveOneOut().divide(events)
    catalogue = int(events.items.max()) + 1
    assert (int(division.wanted.sum()), catalogue, len(events)) == (22_363, 12_101, 198_502)

    def place(counts: npt.NDArray[np.int64]) -> dict[str, float]:
        scores = counts.astype(np.float32)
        found = protocols.leave_one_out_places(
            lambda users: np.broadcast_to(scores, (len(users), catalogue)), events, division, catalogue
        )
        return protocols.figures(found, 10, "best")

    honest = division.popularity(events.items, catalogue)
    division.check_popularity(honest, events.items)
    found = place(honest)
    assert (f"{found['hit_rate@10']:.4f}", f"{found['ndcg@10']:.4f}") == ("0.0120", "0.0056")
    leaky = np.bincount(events.items, minlength=catalogue)
    assert f"{place(leaky)['hit_rate@10']:.4f}" == "0.0152", "what the leak is worth"
    with pytest.raises(ValueError, match="popularity counts 44,726 events beyond train"):
        division.check_popularity(leaky, events.items)
