"""Read and validate world files; a mistake is told with the file, the key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from surfaces.mistakes import read_mapping, validate
from surfaces.surface import Surface
from worlds.config import WorldConfig

FOLDER = Path(__file__).parent


def names(folder: Path = FOLDER) -> list[str]:
    """Names of the worlds whose files lie in `folder`, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(name: str, folder: Path = FOLDER, changes: Mapping[str, Any] | None = None) -> WorldConfig:
    """The world called `name`; raises UserError when there is none or its file is wrong."""
    path = folder / f"{name}.yaml"
    if not path.exists():
        near = difflib.get_close_matches(name, names(folder), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(f"there is no world {name!r}.{hint}", fix=f"worlds are: {', '.join(names(folder))}")
    return load_file(path, changes)


def load_file(path: Path, changes: Mapping[str, Any] | None = None) -> WorldConfig:
    """The world in the YAML file at `path`, with `changes` (dotted key to value) made to it before it is validated.

    Raises UserError naming every wrong key.
    """
    content = read_mapping(path, "a world file")
    for key, value in (changes or {}).items():
        _change(content, key.split("."), value)
    config = validate(WorldConfig, content, str(path))
    if config.world != path.stem:
        raise UserError(f"{path}: world: found {config.world!r}; allowed is the file's name, {path.stem!r}")
    return config


def require_known_outcomes(config: WorldConfig, surface: Surface) -> None:
    """Raise UserError if the world logs an outcome that `surface` does not know."""
    unknown = [name for name, spec in config.outcomes.items() if not spec.hidden and name not in surface.outcomes]
    if unknown:
        raise UserError(
            f"world {config.world}: outcomes: found {unknown[0]!r}; "
            f"allowed are the outcomes of surface {surface.surface}: {', '.join(surface.outcomes)}",
            fix="name it in the surface file, or make it `hidden: true` in the world file",
        )


def _change(content: dict[str, Any], key: list[str], value: Any) -> None:
    for part in key[:-1]:
        content = content.setdefault(part, {})
    content[key[-1]] = value
