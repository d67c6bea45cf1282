"""Requests are answered again from what was logged of them; a planted difference is told with its stage."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.contract import Field
from schemas.errors import UserError
from schemas.logs import layer
from serving.ask import Ask
from serving.fallback.chain import LAST_GOOD, LIGHT, POPULAR
from serving.logs.reading import Logged, day_of, days, requests, sample
from serving.logs.surface_log import SurfaceLog
from serving.online.items import PostedItems
from serving.online.lmdb_store import LmdbStore
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.release.posted import PostedItem, extended
from serving.replay import Releases, replay
from surfaces.load import load
from surfaces.surface import Logging
from tests.serving.logs.landed import DAY, NOON, hidden
from tests.serving.tiny_release import build_tiny_release, tiny_surface

OTHER = "2026-01-08-bbbbbbbbbb"
ASKS = [
    Ask("plain", NOON, user_id="u0"),
    Ask("stranger", NOON, user_id="nobody known"),
    Ask("anonymous", NOON + timedelta(microseconds=1)),
    Ask("told", NOON, user_id="u1", history=("i01", "i02", "unheard of"), seen=("i05",), country="DE", device="phone"),
    Ask("no history", NOON, user_id="u1", history=()),
    Ask("long", NOON, user_id="u2", size=55),
    Ask('quoted "\\ü', NOON, user_id="u3", session_id="s1", network="wifi", arms=("slate:b",)),
    Ask("popular", NOON, user_id="u1", fallbacks=(POPULAR,)),
    Ask("light", NOON, user_id="u1", fallbacks=(LIGHT,)),
    Ask("again", NOON, user_id="u1", fallbacks=(LAST_GOOD,), last_good=("i03", "i07", "i12")),
    *(Ask(f"r{n}", NOON + timedelta(seconds=n), user_id=f"u{n}") for n in range(30)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases that explore."""
    folder = tmp_path_factory.mktemp("releases") / "shorts"
    surface = tiny_surface(epsilon=0.3)
    build_tiny_release(folder, surface=surface)
    build_tiny_release(folder, OTHER, seed=2, surface=surface)
    return folder


@pytest.fixture(scope="module")
def exploring(folder: Path) -> LoadedRelease:
    return Releases(folder).of({"release_id": "2026-01-08-aaaaaaaaaa"})


def logged_by(
    landing: Path, release: LoadedRelease, asks: list[Ask], share: float = 1.0, close: bool = True
) -> SurfaceLog:
    log = SurfaceLog(load("shorts").model_copy(update={"logging": Logging(sample=share)}), landing, "here")
    log.start(NOON)
    for ask in asks:
        log.request(recommend(release, ask), NOON)
    log.writer.flush()
    if close:
        log.close()
    return log


def read(landing: Path, name: str) -> Logged:
    (found,) = requests(landing, DAY, [name])
    return found


def test_every_kind_of_request_comes_out_the_same(exploring: LoadedRelease, tmp_path: Path) -> None:
    logged_by(tmp_path, exploring, ASKS)
    found = list(requests(tmp_path, DAY, [ask.request_id for ask in ASKS]))
    assert [one.request_id for one in found] == [ask.request_id for ask in ASKS]
    assert any(row["explored"] for one in found for row in one.impressions)
    for one in found:
        again = replay(exploring, one)
        assert again.difference is None, str(again.difference)
        assert len(again.layers) == 4


def test_of_a_request_that_was_not_sampled_the_slate_is_compared(exploring: LoadedRelease, tmp_path: Path) -> None:
    logged_by(tmp_path, exploring, ASKS[:2], share=0.0)
    one = read(tmp_path, "plain")
    assert (one.candidates, one.rankings) == (None, None)
    assert replay(exploring, one).layers == ("request", "impression")
    one.impressions[2]["propensity"] *= 0.5
    assert "compose" in str(replay(exploring, one).difference)


def test_another_release_gives_another_answer_and_the_stage_is_told(
    exploring: LoadedRelease, folder: Path, tmp_path: Path
) -> None:
    logged_by(tmp_path, exploring, ASKS[:1])
    difference = replay(Releases(folder).of({"release_id": OTHER}), read(tmp_path, "plain")).difference
    assert difference is not None
    assert difference.stage in ("hydrate", "retrieve")


Change = Callable[[Logged], None]


def change_map(layer: str, field: str) -> Change:
    def change(one: Logged) -> None:
        row = getattr(one, layer)[3]
        name = next(iter(row[field]))
        row[field][name] += 1e-7

    return change


def drop_last(layer: str) -> Change:
    return lambda one: getattr(one, layer).pop()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one.request.update(config="0000"), "stage release: request, config: logged '0000'"),
        (lambda one: one.candidates[0].update(score=-1.0), "stage retrieve: candidate row 0"),
        (drop_last("candidates"), "stage retrieve: candidate, rows"),
        (lambda one: one.rankings.reverse(), "stage light: ranking row 0"),
        (change_map("rankings", "features"), "stage assemble: ranking row 3"),
        (change_map("rankings", "raw_scores"), "stage rank: ranking row 3 (item"),
        (change_map("rankings", "scores"), "scores.click: logged"),
        (lambda one: one.rankings[5].update(value=0.0), "stage combine: ranking row 5"),
        (lambda one: one.impressions[1].update(propensity=0.5), "stage compose: impression row 1"),
        (lambda one: one.impressions[0].update(relaxed=["seen"]), "relaxed: logged ['seen'], replayed []"),
        (lambda one: one.request.update(policy="softmax"), "stage answer: request row 0, policy: logged 'softmax'"),
    ],
)
def test_a_difference_is_told_with_its_stage(
    exploring: LoadedRelease, tmp_path: Path, change: Change, told: str
) -> None:
    logged_by(tmp_path, exploring, ASKS[:1])
    one = read(tmp_path, "plain")
    change(one)
    assert told in str(replay(exploring, one).difference)


def test_a_request_asked_twice_is_found_twice(exploring: LoadedRelease, tmp_path: Path) -> None:
    later = Ask("plain", NOON + timedelta(minutes=3), user_id="u0")
    logged_by(tmp_path, exploring, [ASKS[0], ASKS[1], later])
    both = list(requests(tmp_path, DAY, ["plain"]))
    assert [len(one.impressions) for one in both] == [10, 10]
    assert [replay(exploring, one).difference for one in both] == [None, None]


def test_what_is_still_being_written_is_found_and_a_torn_line_is_passed_over(
    exploring: LoadedRelease, tmp_path: Path
) -> None:
    log = logged_by(tmp_path, exploring, ASKS[:3], close=False)
    for name in hidden(tmp_path):
        with (tmp_path / name).open("ab") as file:
            file.write(b'{"schema_version":1,"request_id":"torn')
    assert day_of(tmp_path, "stranger") == DAY
    assert day_of(tmp_path, "torn") is None
    assert days(tmp_path) == [DAY]
    assert sorted(sample(tmp_path, DAY, 10, lambda _: True)) == ["anonymous", "plain", "stranger"]
    assert replay(exploring, read(tmp_path, "stranger")).difference is None
    log.close()


def rewritten(landing: Path, kind: str) -> None:
    """Every file of JSON lines in another form that landing may hold."""
    for path in landing.rglob("*.jsonl"):
        content, name = path.read_bytes(), path.name.removesuffix(".jsonl")
        path.unlink()
        if kind == "gzip":
            path.with_name(f"{name}.jsonl.gz").write_bytes(gzip.compress(content))
            continue
        contract = layer(path.parent.parent.name)
        rows = [json.loads(line) for line in content.splitlines()]
        columns = {
            field.name: pa.array([_value(row, field) for row in rows], field.arrow().type) for field in contract.fields
        }
        pq.write_table(pa.table(columns), path.with_name(f"{name}.parquet"))


def _value(row: dict[str, Any], field: Field) -> Any:
    value = row.get(field.name)
    if value is None:
        return None
    if field.dtype == "timestamp":
        return datetime.fromisoformat(value)
    return list(value.items()) if field.dtype.startswith("map<") else value


@pytest.mark.parametrize("kind", ["gzip", "parquet"])
def test_what_landing_holds_in_another_form_is_read_alike(exploring: LoadedRelease, tmp_path: Path, kind: str) -> None:
    logged_by(tmp_path, exploring, ASKS)
    names = [ask.request_id for ask in ASKS]
    plain = list(requests(tmp_path, DAY, names))
    rewritten(tmp_path, kind)
    assert not list(tmp_path.rglob("*.jsonl"))
    assert sorted(sample(tmp_path, DAY, 100, lambda _: True)) == sorted(names)
    assert (day_of(tmp_path, names[6]), day_of(tmp_path, "nobody asked this")) == (DAY, None)
    found = list(requests(tmp_path, DAY, names))
    assert [len(one.impressions) for one in found] == [len(one.impressions) for one in plain]
    for one in found:
        again = replay(exploring, one)
        assert again.difference is None, str(again.difference)
        assert len(again.layers) == 4
    found[0].impressions[2]["propensity"] *= 0.5
    assert "stage compose: impression row 2" in str(replay(exploring, found[0]).difference)


def test_lines_that_ingest_sets_aside_are_no_requests(exploring: LoadedRelease, tmp_path: Path) -> None:
    logged_by(tmp_path, exploring, ASKS[:2])
    wrong = {"request": {"requested_at": "noon"}, "impression": {"position": "third"}, "ranking": {"scores": [1.0]}}
    for name, change in wrong.items():
        (file,) = (tmp_path / name).rglob("*.jsonl")
        first = json.loads(file.read_text().splitlines()[0])
        odd = json.dumps(first | change, separators=(",", ":"))
        file.with_name("odd.jsonl").write_text(f'## log rotated ##\n{odd}\n["request_id"]\n')
    assert sorted(sample(tmp_path, DAY, 10, lambda _: True)) == ["plain", "stranger"]
    (one,) = requests(tmp_path, DAY, ["plain"])
    again = replay(exploring, one)
    assert again.difference is None, str(again.difference)
    assert len(again.layers) == 4


def test_a_sample_is_the_same_every_time_and_of_those_wanted(exploring: LoadedRelease, tmp_path: Path) -> None:
    logged_by(tmp_path, exploring, ASKS, share=0.0)
    ten = sample(tmp_path, DAY, 10, lambda _: True)
    assert len(set(ten)) == 10
    assert ten == sample(tmp_path, DAY, 10, lambda _: True)
    assert sample(tmp_path, DAY, 10, lambda row: row.get("size") == 55) == ["long"]


def test_a_release_that_is_gone_is_told_with_those_that_are_there(folder: Path) -> None:
    with pytest.raises(UserError, match=r"release 2025-01-01-x answered, and it is not in .* \(there: .*, .*\)"):
        Releases(folder).of({"release_id": "2025-01-01-x"})


def test_items_posted_since_are_given_to_the_release_again(
    exploring: LoadedRelease, folder: Path, tmp_path: Path
) -> None:
    posted = PostedItems(LmdbStore(tmp_path / "online"), "shorts")
    at = ASKS[0].microseconds
    new = PostedItem(0, "new", "c1", "music", "a new one", None, at, at)
    (first, _) = posted.add([new, replace(new, item_id="newer")])
    release = extended(exploring, [first])
    logged_by(tmp_path, release, [replace(ASKS[0], posted=1)])
    one = read(tmp_path, "plain")
    again = Releases(folder, posted).of(one.request)
    assert again.catalogue.ids[-1] == "new"
    assert replay(again, one).difference is None
    with pytest.raises(UserError, match="posted up to number 1, of which there are 0"):
        Releases(folder).of(one.request)


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"FEEDMILL_HOME": str(home), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "PYTHONPATH": "."}
    call = [sys.executable, "-m", "cli.main", "replay", "shorts", *words]
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=False)


def test_the_command_says_so_and_exits_3_where_something_differs(
    exploring: LoadedRelease, folder: Path, tmp_path: Path
) -> None:
    landing = tmp_path / "landing" / "shorts"
    logged_by(landing, exploring, ASKS, share=0.5)
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "shorts").symlink_to(folder)
    done = command(tmp_path, "--day", str(DAY), "--sample", "20")
    assert done.returncode == 0, done.stderr
    assert "20 requests answered again: 20 identical, 0 different" in done.stdout
    (file,) = (landing / "impression").rglob("*.jsonl")
    rows: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    rows[4]["propensity"] /= 2
    file.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    told = command(tmp_path, "plain")
    assert told.returncode == 3
    assert "request plain differs at stage compose: impression row 4" in told.stdout
    unknown = command(tmp_path, "nobody asked this")
    assert unknown.returncode == 2
    assert "there is no request 'nobody asked this' in any log" in unknown.stderr
