from __future__ import annotations

from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.stages.hydrate import hydrate
from tests.serving.tiny_release import AT, ITEMS


def test_seen_items_of_the_request_are_added_to_those_the_release_knows(release: LoadedRelease) -> None:
    known = release.seen.get("u0")
    fresh = next(item for item in ITEMS if item not in known)
    person = hydrate(release, Ask("r1", AT, user_id="u0", seen=(fresh, known[0], "unheard of")))
    assert person.seen == [*known, fresh, "unheard of"]
    assert release.catalogue.ids[person.seen_rows].tolist() == [*known, fresh]
    assert release.seen.get("u0") == known


def test_an_item_seen_a_moment_ago_is_not_shown_again(release: LoadedRelease) -> None:
    first = recommend(release, Ask("r1", AT, user_id="stranger"))
    shown = [str(release.catalogue.ids[slot.row]) for slot in first.slate.slots]
    again = recommend(release, Ask("r1", AT, user_id="stranger", seen=tuple(shown)))
    assert not set(shown) & {str(release.catalogue.ids[slot.row]) for slot in again.slate.slots}
    assert not again.person.known
