from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.online.activity import RECENT, SEEN, Activity

MINUTE = 60_000_000
TIMEOUT = 30 * MINUTE


def test_a_session_counts_what_was_shown_and_answered() -> None:
    activity = Activity().shown(["a", "b", "c"], 10 * MINUTE, TIMEOUT)
    activity = activity.responded("r:0", "a", 11 * MINUTE, TIMEOUT).shown(["d"], 12 * MINUTE, TIMEOUT)
    assert (activity.began, activity.last) == (10 * MINUTE, 12 * MINUTE)
    assert (activity.impressions, activity.responses) == (4, 1)
    assert activity.session_items() == ["a"]
    assert activity.going_on(41 * MINUTE, TIMEOUT)
    assert not activity.going_on(42 * MINUTE, TIMEOUT)


def test_after_the_timeout_another_session_begins_and_the_items_stay() -> None:
    activity = Activity().shown(["a"], MINUTE, TIMEOUT).responded("r:0", "a", 2 * MINUTE, TIMEOUT)
    later = activity.shown(["b"], 100 * MINUTE, TIMEOUT)
    assert (later.began, later.impressions, later.responses) == (100 * MINUTE, 1, 0)
    assert later.session_items() == []
    assert [item for item, _ in later.recent] == ["a"]
    assert [item for item, _ in later.seen] == ["a", "b"]


def test_two_outcomes_of_one_impression_are_one_response() -> None:
    activity = Activity().shown(["a"], MINUTE, TIMEOUT)
    for minute in (2, 3):
        activity = activity.responded("r:0", "a", minute * MINUTE, TIMEOUT)
    assert activity.responses == 1
    assert activity.recent == (("a", 3 * MINUTE),)


def test_what_comes_late_belongs_to_no_later_session() -> None:
    activity = Activity().shown(["a"], MINUTE, TIMEOUT).shown(["b"], 100 * MINUTE, TIMEOUT)
    late = activity.responded("r:0", "a", 5 * MINUTE, TIMEOUT)
    assert (late.responses, late.last, late.session_items()) == (0, 100 * MINUTE, [])
    assert late.recent == (("a", 5 * MINUTE),)


def test_only_the_newest_are_kept_and_only_as_long_as_said() -> None:
    activity = Activity()
    for n in range(SEEN + 10):
        activity = activity.shown([f"i{n}"], n * MINUTE, TIMEOUT).responded(f"r{n}:0", f"i{n}", n * MINUTE, TIMEOUT)
    assert len(activity.seen) == SEEN
    assert len(activity.recent) == RECENT
    now = (SEEN + 9) * MINUTE
    assert activity.within(activity.recent, now, 3 * MINUTE) == [f"i{n}" for n in range(SEEN + 7, SEEN + 10)]


events = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 200), st.booleans()), max_size=30)


@given(events)
def test_a_record_survives_its_encoding_and_is_in_order(listed: list[tuple[str, int, bool]]) -> None:
    activity = Activity()
    for item, minute, answered in listed:
        at = minute * MINUTE + MINUTE
        activity = activity.responded(f"{minute}:0", item, at, TIMEOUT) if answered else activity.asked(item, at)
        activity = activity.shown([item], at, TIMEOUT)
    assert Activity.decode(activity.encode()) == activity
    for dated in (activity.recent, activity.seen):
        times = [when for _, when in dated]
        assert times == sorted(times)
        assert len({item for item, _ in dated}) == len(dated)


def test_a_record_of_another_making_is_an_empty_one() -> None:
    assert Activity.decode(b"\xff") == Activity.decode(b"[1]") == Activity.decode(None) == Activity()
