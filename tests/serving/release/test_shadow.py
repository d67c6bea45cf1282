from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.release.shadow import FILE, Challenger, Shadow
from tests.serving.tiny_release import AT, DAY, build_tiny_release
from tests.serving.web.waiting import within

OTHER = f"{DAY}-bbbbbbbbbb"


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Shadow]:
    """A shadow over one release that may be tried."""
    build_tiny_release(tmp_path / "shorts", OTHER, seed=2)
    shadow = Shadow(tmp_path / "shorts", tmp_path / "shadow")
    shadow.start()
    yield shadow
    shadow.stop()


def ask(shadow: Shadow, release: LoadedRelease, number: int) -> None:
    shadow.offer(recommend(release, Ask(f"r{number}", AT, user_id="u1")))


def rows(shadow: Shadow) -> list[dict[str, object]]:
    return [json.loads(line) for path in shadow.log.glob("*.jsonl") for line in path.read_text().splitlines()]


def test_both_slates_stand_side_by_side(shadow: Shadow, release: LoadedRelease) -> None:
    ask(shadow, release, 0)
    Challenger(OTHER, 1.0).write(shadow.folder)
    assert within(10, lambda: shadow._challenger is not None)
    ask(shadow, release, 1)
    assert within(5, lambda: shadow.compared == 1)
    (row,) = rows(shadow)
    assert (row["request_id"], row["release_id"], row["challenger_id"]) == ("r1", release.release_id, OTHER)
    other = recommend(LoadedRelease.load(shadow.folder / OTHER), Ask("r1", AT, user_id="u1"))
    assert row["challenger"] == [str(other.release.catalogue.ids[slot.row]) for slot in other.slate.slots]
    assert row["served"] != row["challenger"]


def test_the_sample_follows_the_request_id(shadow: Shadow, release: LoadedRelease) -> None:
    Challenger(OTHER, 0.5).write(shadow.folder)
    assert within(10, lambda: shadow._challenger is not None)
    for number in range(40):
        ask(shadow, release, number)
    assert within(5, shadow._queue.empty)
    assert 8 < shadow.compared + shadow.dropped < 32


def test_a_broken_challenger_harms_nobody_and_can_be_taken_back(shadow: Shadow, release: LoadedRelease) -> None:
    (shadow.folder / OTHER / "surface.yaml").write_text("")
    Challenger(OTHER, 1.0).write(shadow.folder)
    assert within(10, lambda: shadow.problem is not None)
    ask(shadow, release, 1)
    Challenger.remove(shadow.folder)
    assert within(5, lambda: shadow.problem is None)
    assert not (shadow.folder / FILE).exists()
    assert (shadow.compared, rows(shadow)) == (0, [])
