"""Items posted since the release: servable beside the main index, and nothing of the release itself changes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving.ask import Ask
from serving.online.items import PostedItems
from serving.online.lmdb_store import LmdbStore
from serving.pipeline import Answer, recommend
from serving.release import slots
from serving.release.live import LiveSurface
from serving.release.loaded import LoadedRelease
from serving.release.posted import PostedItem, content_size, extended, place
from surfaces.policy import Policy
from tests.serving.tiny_release import AT, ITEMS

NOW = 1_767_960_000_000_000


def posted(item: str = "new", number: int = 1, **more: object) -> PostedItem:
    given = {"creator_id": "c0", "topic": "music", "title": "A new one", "content": None, "created": NOW, "posted": NOW}
    return PostedItem(number=number, item_id=item, **(given | more))  # type: ignore[arg-type]


def answer(release: LoadedRelease, user: str = "u0", **more: object) -> Answer:
    return recommend(release, Ask("r1", AT, user_id=user, country="DE", device="phone", **more))  # type: ignore[arg-type]


def offered(found: Answer) -> list[str]:
    return [str(item) for item in found.release.catalogue.ids[found.candidates.rows]]


def test_a_posted_item_is_a_candidate_of_its_own_source(release: LoadedRelease) -> None:
    grown = extended(release, [posted("n1"), posted("n2", 2, topic="sport", creator_id=None)])
    found = answer(grown)
    assert {"n1", "n2"} <= set(offered(found))
    assert found.candidates.sources[offered(found).index("n1")] == ("fresh",)
    scores = found.offers.by_source["fresh"].scores  # type: ignore[index]
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    row = grown.catalogue.row_of["n1"]
    assert (grown.catalogue.titles[row], grown.catalogue.creators.values[row]) == ("A new one", "c0")
    assert grown.catalogue.creators.codes[row] == release.catalogue.creators.names["c0"]
    assert grown.posted == 2


def test_a_posted_item_is_bound_by_its_tags(release: LoadedRelease) -> None:
    """What policy withholds by a tag is withheld from the minute it was posted."""
    policy = Policy.model_validate({"withhold": [{"label": "tag:adult"}], "country_tags": "licensed:"})
    strict = replace(release, surface=release.surface.model_copy(update={"policy": policy}))
    tags = {"plain": (), "naughty": ("adult", "new tag"), "german": ("licensed:DE",), "french": ("licensed:FR",)}
    listed = [posted(item, number, tags=some) for number, (item, some) in enumerate(tags.items(), 1)]
    assert [PostedItem.decode(one.encode()) for one in listed] == listed
    grown = extended(strict, listed)
    assert {"plain", "german"} == {*offered(answer(grown))} & {*tags}
    assert {item: tuple(grown.catalogue.tags.of_row(grown.catalogue.row_of[item])) for item in tags} == tags
    assert offered(answer(strict)) == [item for item in offered(answer(grown)) if item not in tags]


def test_the_release_itself_stays_as_it_was(release: LoadedRelease) -> None:
    before = answer(release)
    grown = extended(release, [posted()])
    assert len(release.catalogue) == len(ITEMS)
    assert "new" not in release.catalogue.row_of
    again = answer(release)
    assert [slot.row for slot in again.slate.slots] == [slot.row for slot in before.slate.slots]
    old = [item for item in offered(answer(grown)) if item != "new"]
    assert old == offered(before)


def test_a_vector_comes_from_what_is_known_of_the_item(release: LoadedRelease) -> None:
    vectors, told = place(release, [posted(topic="music", creator_id=None), posted(topic="polka", creator_id="c99")])
    assert told == [True, False]
    assert np.linalg.norm(vectors[0]) == pytest.approx(1.0, abs=1e-5)
    assert content_size(release) == 0
    assert "new" not in extended(release, [posted(topic=None, creator_id=None)]).catalogue.row_of


def test_of_an_item_posted_twice_the_last_counts_and_a_known_one_is_left_alone(release: LoadedRelease) -> None:
    grown = extended(release, [posted(title="first"), posted(number=2, title="second"), posted("i00", 3)])
    assert len(grown.catalogue) == len(ITEMS) + 1
    assert grown.catalogue.titles[-1] == "second"
    assert grown.posted == 3


def test_quota_and_seen_hold_for_posted_items(release: LoadedRelease) -> None:
    fresh = release.surface.fresh.model_copy(update={"max_quota": 3})
    small = replace(release, surface=release.surface.model_copy(update={"fresh": fresh}))
    grown = extended(small, [posted(f"n{n}", n + 1) for n in range(10)])
    assert len([item for item in offered(answer(grown)) if item.startswith("n")]) == 3
    seen = tuple(f"n{n}" for n in range(9))
    assert [item for item in offered(answer(grown, seen=seen)) if item.startswith("n")] == ["n9"]


def test_the_same_postings_give_the_same_answer(release: LoadedRelease) -> None:
    listed = [posted(f"n{n}", n + 1) for n in range(4)]
    first, again = (answer(extended(release, order)) for order in (listed, listed[::-1]))
    assert [slot.row for slot in first.slate.slots] == [slot.row for slot in again.slate.slots]
    assert PostedItem.decode(posted(content=(0.5, 1.0)).encode()) == posted(content=(0.5, 1.0))


def test_postings_are_numbered_and_a_gap_is_waited_for(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path)
    items = PostedItems(store, "shorts")
    assert items.last() == 0
    first = items.add([posted("a"), posted("b")])
    assert [item.number for item in first] == [1, 2]
    store.update("posted-numbers/shorts", "last", lambda stored: b"3", 60)
    items.add([posted("d")])
    assert items.last() == 4
    assert [item.item_id for item in items.listed(4, NOW + 1_000_000)] == ["a", "b"], "number 3 may still turn up"
    assert [item.item_id for item in items.listed(4, NOW + 6_000_000)] == ["a", "b", "d"]
    assert [item.item_id for item in items.listed(1, NOW)] == ["a"]
    store.close()


def test_a_live_surface_takes_postings_in_and_keeps_them_over_a_switch(tmp_path: Path, tiny_folder: Path) -> None:
    folder = tmp_path / "shorts"
    shutil.copytree(tiny_folder, folder / tiny_folder.name)
    store = LmdbStore(tmp_path / "online")
    items = PostedItems(store, "shorts")
    surface = LiveSurface(folder, items)
    slots.switch(folder, tiny_folder.name)
    surface.refresh()
    assert surface.release is not None
    assert surface.release.posted == 0
    items.add([posted()])
    surface.refresh()
    assert "new" in surface.release.catalogue.row_of
    base = surface.held(tiny_folder.name)
    assert base is not None
    assert "new" not in base.catalogue.row_of
    items.add([posted("newer", posted=NOW)])
    surface.refresh()
    then = surface.held(tiny_folder.name, posted=1)
    assert then is not None
    assert ("new" in then.catalogue.row_of, "newer" in then.catalogue.row_of) == (True, False)
    store.close()
