from __future__ import annotations

import threading
from pathlib import Path

import pytest

from schemas.errors import InfrastructureError, UserError
from serving.release import slots
from serving.release.verify import verify
from tests.serving.releases import make_release

FIRST, SECOND, THIRD = "2026-01-08-aaaaaaaaaa", "2026-01-09-bbbbbbbbbb", "2026-01-10-cccccccccc"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for release in (SECOND, FIRST, THIRD):
        make_release(tmp_path, release)
    return tmp_path


def live(folder: Path) -> str | None:
    release = slots.active_release(folder)
    return None if release is None else release.name


def test_before_the_first_publish_nothing_is_live_and_blue_is_idle(tmp_path: Path) -> None:
    assert slots.active_release(tmp_path) is None
    assert slots.idle_slot(tmp_path) == "blue"
    assert slots.list_releases(tmp_path / "nowhere") == []


def test_switches_alternate_slots_and_keep_the_one_before(folder: Path) -> None:
    assert slots.switch(folder, FIRST) == "blue"
    assert slots.switch(folder, SECOND) == "green"
    assert live(folder) == SECOND
    assert slots.slot_release(folder, "blue") == folder / FIRST
    assert slots.switch(folder, THIRD) == "blue"
    assert slots.slot_release(folder, "green") == folder / SECOND


def test_links_are_relative_so_that_the_home_can_be_moved(folder: Path, tmp_path: Path) -> None:
    slots.switch(folder, FIRST)
    assert str((folder / "active").readlink()) == "blue"
    assert str((folder / "blue").readlink()) == FIRST


def test_releases_are_listed_by_day_and_links_are_none(folder: Path) -> None:
    slots.switch(folder, THIRD)
    assert slots.list_releases(folder) == [FIRST, SECOND, THIRD]


def test_a_half_built_release_is_not_listed(folder: Path) -> None:
    (folder / ".building").mkdir()
    (folder / "2026-01-11-dddddddddd").mkdir()
    assert slots.list_releases(folder) == [FIRST, SECOND, THIRD]


def test_switch_to_a_damaged_release_leaves_the_live_one(folder: Path) -> None:
    slots.switch(folder, FIRST)
    (folder / SECOND / "als" / "model.bin").write_text("bit rot")
    with pytest.raises(InfrastructureError, match=r"als/model\.bin has sha256"):
        slots.switch(folder, SECOND)
    assert live(folder) == FIRST


def test_switch_to_an_unknown_release_names_those_there_are(folder: Path) -> None:
    with pytest.raises(UserError, match=f"releases are: {FIRST}"):
        slots.switch(folder, "2026-01-11-eeeeeeeeee")


def test_rollback_flips_and_flips_back(folder: Path) -> None:
    slots.switch(folder, FIRST)
    slots.switch(folder, SECOND)
    assert slots.rollback(folder) == (SECOND, FIRST)
    assert live(folder) == FIRST
    assert slots.withdrawn(folder) == {SECOND}
    assert slots.rollback(folder) == (FIRST, SECOND)
    assert live(folder) == SECOND
    assert slots.withdrawn(folder) == {FIRST}


def test_after_a_rollback_the_next_switch_replaces_the_withdrawn_one(folder: Path) -> None:
    slots.switch(folder, FIRST)
    slots.switch(folder, SECOND)
    slots.rollback(folder)
    slots.switch(folder, THIRD)
    assert live(folder) == THIRD
    assert slots.slot_release(folder, slots.idle_slot(folder)) == folder / FIRST


def test_rollback_without_a_release_or_without_an_earlier_one_is_told_in_words(folder: Path) -> None:
    with pytest.raises(UserError, match="no release is live"):
        slots.rollback(folder)
    slots.switch(folder, FIRST)
    with pytest.raises(UserError, match="nothing to go back to"):
        slots.rollback(folder)


def test_rollback_refuses_a_damaged_release(folder: Path) -> None:
    slots.switch(folder, FIRST)
    slots.switch(folder, SECOND)
    (folder / FIRST / "surface.yaml").unlink()
    with pytest.raises(InfrastructureError, match=r"surface\.yaml is in the manifest but not in the folder"):
        slots.rollback(folder)
    assert live(folder) == SECOND


def test_prune_keeps_the_newest_and_what_a_slot_holds(folder: Path) -> None:
    slots.switch(folder, FIRST)
    assert slots.prune(folder, keep=1) == [SECOND]
    assert slots.list_releases(folder) == [FIRST, THIRD]


def test_a_reader_sees_one_whole_release_at_every_moment(folder: Path) -> None:
    slots.switch(folder, FIRST)
    seen: set[str | None] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(live(folder))

    reader = threading.Thread(target=read)
    reader.start()
    for release in (SECOND, THIRD) * 20:
        slots.switch(folder, release)
    done.set()
    reader.join()
    assert None not in seen
    assert seen <= {FIRST, SECOND, THIRD}


def test_verify_names_the_first_file_that_is_in_no_manifest(folder: Path) -> None:
    (folder / FIRST / "als" / "extra.bin").write_text("stowaway")
    with pytest.raises(InfrastructureError, match=r"als/extra\.bin is in the folder but not in the manifest"):
        verify(folder / FIRST)


def test_verify_of_a_whole_release_answers_its_manifest(folder: Path) -> None:
    assert verify(folder / FIRST).release_id == FIRST


def test_verify_of_what_is_no_release_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no release"):
        verify(tmp_path)


def test_an_unreadable_manifest_is_told_in_words(folder: Path) -> None:
    (folder / FIRST / "manifest.json").write_text("{")
    with pytest.raises(InfrastructureError, match=r"manifest\.json cannot be read"):
        verify(folder / FIRST)
