from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from features.registry import registry, schema_hash
from jobs.releasing.inputs import surface_text
from schemas.errors import InfrastructureError, UserError
from schemas.release import Manifest
from serving.release.loaded import LoadedRelease, read_surface
from surfaces.load import load
from tests.serving.tiny_release import ITEMS, seal, tiny_surface, topic

FORBIDDEN = ("torch", "implicit", "pyspark", "mlflow", "airflow", "deltalake", "great_expectations", "lake", "jobs")

SERVE_ONE = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
import serving.web.app
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
release = LoadedRelease.load(Path(sys.argv[1]))
answer = recommend(release, Ask("r1", datetime(2026, 1, 9, tzinfo=UTC), user_id="u0"))
assert len(answer.slate.slots) == 10
print(*sorted({FORBIDDEN!r} & sys.modules.keys()))
"""


@pytest.fixture
def copied(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny release to break."""
    return shutil.copytree(tiny_folder, tmp_path / tiny_folder.name)


def test_a_release_knows_its_surface_catalogue_and_sources(release: LoadedRelease) -> None:
    assert release.surface == tiny_surface()
    assert list(release.quotas) == list(release.surface.retrieval)
    assert release.catalogue.ids.tolist() == ITEMS
    assert release.catalogue.titles[3] == "title of i03"
    assert [release.catalogue.topics.values[row] for row in range(4)] == [topic(item) for item in ITEMS[:4]]
    assert sorted(release.reserve.tolist()) == list(range(len(ITEMS)))


def test_every_flipped_byte_is_refused_by_the_name_of_its_file(copied: Path) -> None:
    for path in sorted(Manifest.read(copied).files):
        content = (copied / path).read_bytes()
        middle = len(content) // 2
        (copied / path).write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with pytest.raises(InfrastructureError, match=path):
            LoadedRelease.load(copied)
        (copied / path).write_bytes(content)
    assert LoadedRelease.load(copied).release_id == copied.name


def test_a_missing_and_an_extra_file_are_refused_by_name(copied: Path) -> None:
    (copied / "als" / "stray.bin").write_text("?")
    with pytest.raises(InfrastructureError, match=r"als/stray\.bin"):
        LoadedRelease.load(copied)
    (copied / "als" / "stray.bin").unlink()
    (copied / "features" / "seen.parquet").unlink()
    with pytest.raises(InfrastructureError, match=r"features/seen\.parquet"):
        LoadedRelease.load(copied)


def test_another_feature_schema_is_refused_naming_both(copied: Path) -> None:
    surface = tiny_surface()
    seal(copied, surface, feature_schema="0123456789abcdef")
    with pytest.raises(UserError, match=f"0123456789abcdef.*{schema_hash(registry(surface))}"):
        LoadedRelease.load(copied)


@pytest.mark.parametrize(("value", "words"), [({"click": 1.0, "hide": -1.0}, "found 'hide'"), ({}, "found nothing")])
def test_weights_that_the_ranker_has_no_head_for_are_refused(copied: Path, value: dict[str, float], words: str) -> None:
    surface = tiny_surface()
    assert surface.ranker is not None
    heads = tuple(head for head in surface.ranker.heads if head != "hide")
    changed = surface.model_copy(update={"value": value, "ranker": surface.ranker.model_copy(update={"heads": heads})})
    (copied / "surface.yaml").write_text(surface_text(changed))
    seal(copied, changed)
    with pytest.raises(UserError, match=words):
        LoadedRelease.load(copied)


def test_a_surface_file_of_another_version_is_refused_with_words(copied: Path) -> None:
    (copied / "surface.yaml").write_text("surface: shorts\nnovelty: 1\n")
    with pytest.raises(UserError, match="no surface that this Feedmill knows"):
        read_surface(copied)


def test_the_surface_in_a_release_computes_the_features_of_the_surface_file(tmp_path: Path) -> None:
    surface = load("shorts")
    (tmp_path / "surface.yaml").write_text(surface_text(surface))
    written = read_surface(tmp_path)
    assert written == surface
    assert schema_hash(registry(written)) == schema_hash(registry(surface))


def test_an_item_whose_dimension_row_never_came_can_still_be_shown(copied: Path) -> None:
    import pyarrow.parquet as pq

    path = copied / "features" / "catalogue.parquet"
    pq.write_table(pq.read_table(path).slice(5), path)
    seal(copied, tiny_surface())
    catalogue = LoadedRelease.load(copied).catalogue
    assert sorted(catalogue.ids.tolist()) == ITEMS
    row = catalogue.row_of["i02"]
    assert catalogue.topics.values[row] == ""
    assert catalogue.topics.codes[row] == -1
    assert catalogue.created[row] == 0


def test_a_serving_process_never_imports_what_trains(tiny_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE_ONE, str(tiny_folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_item_features_are_found_by_catalogue_row(release: LoadedRelease) -> None:
    table = release.tables["topic"]
    rows = release.item_side["topic"]
    of_items = table.values[rows]
    assert np.array_equal(of_items[0::4], np.tile(table.values[table.row("music")], (15, 1)))
