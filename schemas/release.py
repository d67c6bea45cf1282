"""The manifest of a release: what it holds, what it was made from, and how to tell that it is whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """Everything needed to trust and to trace a release.

    `files` maps each path below the release folder to its sha256; `tables` maps each table it was made from to
    its Delta version, row count and content hash; `sources` names the retrieval sources inside.
    """

    release_id: str
    surface: str
    day: str
    files: dict[str, str]
    tables: dict[str, dict[str, str | int]]
    sources: tuple[str, ...]
    feature_schema: str
    code: str
    lock: str
    version: int = MANIFEST_VERSION

    def write(self, folder: Path) -> None:
        """Write it with a sha256 of its own content, so that no byte of it can change unseen."""
        content = asdict(self)
        (folder / MANIFEST).write_text(_text(content | {"sha256": _own(content)}))

    @staticmethod
    def read(folder: Path) -> Manifest:
        """The manifest in `folder`. Raises ValueError if it is not as it was written."""
        text = (folder / MANIFEST).read_text()
        content = json.loads(text)
        if text != _text(content):
            raise ValueError("it is not laid out as it was written")
        own = content.pop("sha256", None)
        if own is not None and own != _own(content):
            raise ValueError("its content and its own sha256 differ")
        content["sources"] = tuple(content["sources"])
        return Manifest(**content)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True)


def _own(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def sha256(path: Path) -> str:
    """Hex digest of the file at `path`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file below `folder` but the manifest, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}
