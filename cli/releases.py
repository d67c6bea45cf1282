"""feedmill releases: what was built, what is live, what a rollback would bring back."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from cli.screen import SurfaceName, console
from lake.home import Home
from schemas.errors import UserError
from serving.release import slots
from serving.release.verify import read_manifest
from surfaces.load import load


def releases(surface: SurfaceName) -> None:
    """List the releases of SURFACE, newest first: which slot holds each, which one is live."""
    folder = Home.default().releases(load(surface).surface)
    listed = slots.list_releases(folder)
    if not listed:
        raise UserError(f"{surface} has no release in {folder}", fix=f"feedmill run {surface} DAY")
    table = Table(title=f"releases of {surface}", title_justify="left")
    table.add_column("release", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("sources")
    table.add_column("files", justify="right")
    for release in reversed(listed):
        manifest = read_manifest(folder / release)
        state = _state(folder, release)
        table.add_row(release, state, ", ".join(manifest.sources), str(len(manifest.files)))
    console.print(table)


def _state(folder: Path, release: str) -> str:
    live = slots.active_slot(folder)
    words = []
    for slot in slots.SLOTS:
        held = slots.slot_release(folder, slot)
        if held is not None and held.name == release:
            words.append(f"live ({slot})" if slot == live else f"previous ({slot})")
    if release in slots.withdrawn(folder):
        words.append("rolled back")
    return ", ".join(words)
