"""Releases of the tiny surface that differ in a way that is plain."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from models.als import ALS
from schemas.release import Manifest, digests

GOOD, SPOILT = "2026-01-08-aaaaaaaaaa", "2026-01-07-bbbbbbbbbb"


def copied(release: Path, release_id: str) -> Path:
    """The same release under another id and of another day."""
    folder = release.with_name(release_id)
    shutil.copytree(release, folder)
    return sealed(folder, release_id=release_id, day=release_id[:10])


def sealed(folder: Path, **changes: str) -> Path:
    """`folder` with a manifest that is right about its files again."""
    replace(Manifest.read(folder), files=digests(folder), **changes).write(folder)  # type: ignore[arg-type]
    return folder


def turned_round(release: Path) -> Path:
    """Its als recommends the other taste, it ranks 8 candidates in place of 40, and it promises twice the clicks."""
    model = ALS.load(release / "als")
    model.vectors = -model.vectors
    model.save(release / "als")
    path = release / "ranker" / "calibration.json"
    content = json.loads(path.read_text())
    content["heads"]["click"] |= {"method": "scale", "a": 2.0}
    path.write_text(json.dumps(content))
    surface = yaml.safe_load((release / "surface.yaml").read_text())
    surface["slate"]["candidates"] = 8
    (release / "surface.yaml").write_text(yaml.safe_dump(surface))
    return sealed(release)
