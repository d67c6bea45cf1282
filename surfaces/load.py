"""Read and validate surface files; a mistake is told with the file, the key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from pathlib import Path

from schemas.errors import UserError
from surfaces.mistakes import read_mapping, validate
from surfaces.surface import Surface

FOLDER = Path(__file__).parent


def names(folder: Path = FOLDER) -> list[str]:
    """Names of the surfaces whose files lie in `folder`, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(name: str, folder: Path = FOLDER) -> Surface:
    """The surface called `name`; raises UserError when there is none or its file is wrong."""
    path = folder / f"{name}.yaml"
    if not path.exists():
        near = difflib.get_close_matches(name, names(folder), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(f"there is no surface {name!r}.{hint}", fix=f"surfaces are: {', '.join(names(folder))}")
    return load_file(path)


def load_file(path: Path) -> Surface:
    """The surface in the YAML file at `path`; raises UserError naming every wrong key."""
    surface = validate(Surface, read_mapping(path, "a surface file"), str(path))
    if surface.surface != path.stem:
        raise UserError(f"{path}: surface: found {surface.surface!r}; allowed is the file's name, {path.stem!r}")
    return surface
