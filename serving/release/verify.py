"""Whether a release is whole: every file hashed again and compared with the manifest."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import InfrastructureError, UserError
from schemas.release import MANIFEST, MANIFEST_VERSION, Manifest, digests


def verify(folder: Path) -> Manifest:
    """The manifest of the release in `folder`, once every sha256 was found right.

    Raises UserError if it is no release at all, InfrastructureError naming the first file that differs, is missing
    or is in no manifest.
    """
    manifest = read_manifest(folder)
    found = digests(folder)
    for path in sorted({*manifest.files, *found}):
        fault = _fault(manifest.files.get(path), found.get(path))
        if fault is not None:
            raise InfrastructureError(
                f"release {manifest.release_id} is not whole: {path} {fault}",
                fix="do not serve it; go back with `feedmill rollback`, or run its night again",
            )
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`, unchecked against the files. Raises UserError if there is none that can be read."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{folder} is no release: it has no {MANIFEST}", fix="`feedmill releases SURFACE` lists them")
    try:
        manifest = Manifest.read(folder)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InfrastructureError(f"the manifest {path} cannot be read: {error}") from error
    if manifest.version != MANIFEST_VERSION:
        raise UserError(f"{path} has version {manifest.version}; this Feedmill reads version {MANIFEST_VERSION}")
    return manifest


def _fault(promised: str | None, found: str | None) -> str | None:
    """What is wrong with one file, given the sha256 that the manifest promises and the one found; None if nothing."""
    if promised is None:
        return "is in the folder but not in the manifest"
    if found is None:
        return "is in the manifest but not in the folder"
    if promised != found:
        return f"has sha256 {found[:12]}..., the manifest says {promised[:12]}..."
    return None
