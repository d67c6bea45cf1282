"""Blue and green: which release is live, which slot is idle, and the one atomic rename that moves between them.

Below `releases/<surface>` lie the releases; `blue` and `green` are relative links to one each, `active` a link to one
of the two. A link is only ever replaced by a rename, so a reader sees the old release or the new one.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from filelock import FileLock

from schemas.errors import InfrastructureError, UserError
from schemas.release import MANIFEST
from serving.durable import sync_folder
from serving.release.verify import verify

Slot = Literal["blue", "green"]
SLOTS: tuple[Slot, Slot] = ("blue", "green")
ACTIVE = "active"
WITHDRAWN = "withdrawn"
LEFT = "left"
"""Says why a server went back to the release before, until another is published or a person decides."""


def list_releases(folder: Path) -> list[str]:
    """Ids of the whole releases below `folder`, oldest day first; empty if there are none."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.is_symlink() and (path / MANIFEST).is_file())


def active_slot(folder: Path) -> Slot | None:
    """The slot that `active` points at, or None before the first publish."""
    name = _target(folder / ACTIVE)
    return next((slot for slot in SLOTS if slot == name), None)


def idle_slot(folder: Path) -> Slot:
    """The slot that may be filled without anyone being served from it: blue before the first publish."""
    return "green" if active_slot(folder) == "blue" else "blue"


def slot_release(folder: Path, slot: Slot) -> Path | None:
    """The release that `slot` holds, or None if it is empty or what it held is gone."""
    name = _target(folder / slot)
    return folder / name if name is not None and (folder / name).is_dir() else None


def active_release(folder: Path) -> Path | None:
    """The folder of the release that is live below `folder`, or None before the first publish."""
    slot = active_slot(folder)
    return None if slot is None else slot_release(folder, slot)


def fill(folder: Path, release_id: str) -> Slot:
    """Point the idle slot at `release_id`; nobody is served from it yet. Raises UserError if there is no such one."""
    if release_id not in list_releases(folder):
        raise UserError(
            f"there is no release {release_id!r} in {folder}", fix=f"releases are: {', '.join(list_releases(folder))}"
        )
    slot = idle_slot(folder)
    _link(folder / slot, release_id)
    return slot


def switch(folder: Path, release_id: str) -> Slot:
    """Make `release_id` the live release: idle slot filled, verified file by file, then one atomic rename.

    Raises InfrastructureError, leaving `active` as it was, if a file is not what the manifest says.
    """
    with _alone(folder):
        slot = fill(folder, release_id)
        verify(folder / release_id)
        _link(folder / ACTIVE, slot)
        _set_withdrawn(folder, withdrawn(folder) - {release_id})
        (folder / LEFT).unlink(missing_ok=True)
        return slot


def rollback(folder: Path) -> tuple[str, str]:
    """Flip `active` to the other slot if what it holds is whole; answers (left, now live).

    The release that was left is noted as withdrawn, so that no rerun of its night publishes it again; a second
    rollback brings it back. Raises UserError if there is nothing to go back to.
    """
    with _alone(folder):
        live, back = active_release(folder), slot_release(folder, idle_slot(folder))
        if live is None:
            raise UserError(f"no release is live in {folder}", fix="run a night first")
        if back is None or back.name == live.name:
            raise UserError(f"{live.name} is the only release that was published; there is nothing to go back to")
        _flip(folder, live, back)
        (folder / LEFT).unlink(missing_ok=True)
        return live.name, back.name


def leave(folder: Path, release_id: str, why: str) -> bool:
    """Go back from `release_id`, a server having found it unfit; `why` is told until another release is published.

    False, with nothing changed, if it is not live any more or what the other slot holds was left itself: several
    servers may want the same, and none goes back and forth. Raises InfrastructureError if that release is not whole.
    """
    with _alone(folder):
        live, back = active_release(folder), slot_release(folder, idle_slot(folder))
        if live is None or live.name != release_id or back is None or back.name in withdrawn(folder):
            return False
        _flip(folder, live, back)
        _write(folder / LEFT, why)
        return True


def why_left(folder: Path) -> str | None:
    """Why a server went back to the release that is live; None if none did."""
    try:
        return (folder / LEFT).read_text()
    except FileNotFoundError:
        return None


def withdrawn(folder: Path) -> frozenset[str]:
    """Ids of releases that were rolled back, by a person or by a server."""
    path = folder / WITHDRAWN
    return frozenset(path.read_text().split()) if path.exists() else frozenset()


def prune(folder: Path, keep: int) -> list[str]:
    """Delete all but the `keep` newest releases and those that a slot holds; answers the ids deleted."""
    with _alone(folder):
        held = {_target(folder / slot) for slot in SLOTS}
        gone = [release for release in list_releases(folder)[:-keep] if release not in held]
        for release in gone:
            shutil.rmtree(folder / release)
        return gone


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        yield


def _target(link: Path) -> str | None:
    return str(link.readlink()) if link.is_symlink() else None


def _link(link: Path, target: str) -> None:
    """Point `link` at `target` (relative to its own folder) by one rename."""
    fresh = link.with_name(f".{link.name}.next")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target)
        fresh.replace(link)
        sync_folder(link.parent)
    except OSError as error:
        raise InfrastructureError(f"could not point {link} at {target}: {error}") from error


def _flip(folder: Path, live: Path, back: Path) -> None:
    """Answer by `back` instead of `live`, which is noted as withdrawn."""
    verify(back)
    _link(folder / ACTIVE, idle_slot(folder))
    _set_withdrawn(folder, (withdrawn(folder) | {live.name}) - {back.name})


def _set_withdrawn(folder: Path, releases: frozenset[str]) -> None:
    if releases != withdrawn(folder):
        _write(folder / WITHDRAWN, "\n".join(sorted(releases)))


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.next")
    fresh.write_text(text)
    fresh.replace(path)
