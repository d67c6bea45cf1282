"""Tiny hand-made releases for tests: a folder of files and a manifest that is right about them."""

from __future__ import annotations

from pathlib import Path

from schemas.release import Manifest, digests


def make_release(folder: Path, release_id: str, content: str = "") -> Path:
    """A whole release `release_id` below `folder` with two files."""
    release = folder / release_id
    (release / "als").mkdir(parents=True)
    (release / "als" / "model.bin").write_text(f"model of {release_id} {content}")
    (release / "surface.yaml").write_text("surface: shorts")
    Manifest(
        release_id=release_id,
        surface="shorts",
        day=release_id[:10],
        files=digests(release),
        tables={},
        sources=("als",),
        feature_schema="",
        code="",
        lock="",
    ).write(release)
    return release
