"""Read and validate surface files; a mistake is told with the file, the key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import UserError
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
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not readable as YAML: {error}", fix="mend the YAML syntax") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: found {type(content).__name__}; a surface file is a mapping of keys to values")
    try:
        surface = Surface.model_validate(content)
    except ValidationError as error:
        lines = [f"  {_explain(item)}" for item in error.errors()]
        raise UserError("\n".join([f"{path}: {len(lines)} wrong:", *lines]), fix="mend the keys named above") from None
    if surface.surface != path.stem:
        raise UserError(f"{path}: surface: found {surface.surface!r}; allowed is the file's name, {path.stem!r}")
    return surface


def _explain(item: Any) -> str:
    location = [str(part) for part in item["loc"] if part != "[key]"]
    key = ".".join(location) or "(whole file)"
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(location[:-1])
        near = difflib.get_close_matches(location[-1], allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{key}: found an unknown key{hint} (allowed: {', '.join(allowed)})"
    if item["type"] == "missing":
        return f"{key}: missing"
    message = item["msg"].removeprefix("Value error, ")
    if message.startswith("found") or ": found" in message:
        return message if key == "(whole file)" else f"{key}: {message}"
    return f"{key}: found {item['input']!r}; {message[0].lower()}{message[1:]}{_nearest(item)}"


def _nearest(item: Any) -> str:
    expected = str(item.get("ctx", {}).get("expected", ""))
    choices = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",") if word.strip()]
    near = difflib.get_close_matches(str(item["input"]), choices, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _allowed_keys(location: Iterable[str]) -> list[str]:
    model: type[BaseModel] = Surface
    for part in location:
        if part in model.model_fields:
            inner = _model_within(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return sorted(model.model_fields)


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_within(argument)
        if found is not None:
            return found
    return None
