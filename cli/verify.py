"""feedmill verify: every file of a release hashed again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.screen import console
from lake.home import Home
from schemas.errors import UserError
from serving.release.verify import verify as verify_release


def verify(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="a release's id, its folder, or a surface's name")],
) -> None:
    """Hash every file of RELEASE again and compare with its manifest; the first that is wrong is named."""
    folder = _folder(release)
    manifest = verify_release(folder)
    console.print(f"{manifest.release_id} is whole: {len(manifest.files)} files as its manifest says ({folder})")


def _folder(release: str) -> Path:
    """The folder that RELEASE names: a path, an id, or a surface, whose live release is meant."""
    if (Path(release) / "manifest.json").exists():
        return Path(release)
    releases = Home.default().root / "releases"
    if (releases / release / "active").exists():
        return (releases / release / "active").resolve()
    found = sorted(releases.glob(f"*/{release}/manifest.json"))
    if not found:
        raise UserError(
            f"there is no release {release!r} in {releases}", fix="`feedmill releases SURFACE` lists those there are"
        )
    return found[0].parent
