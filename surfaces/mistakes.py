"""Wrong keys of a YAML file in words: the key, what was found, what is allowed, and the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import UserError

Model = TypeVar("Model", bound=BaseModel)


def read_mapping(path: Path, what: str) -> dict[str, Any]:
    """The mapping in the YAML file at `path`; raises UserError if it holds none, calling the file `what`."""
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not readable as YAML: {error}", fix="mend the YAML syntax") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: found {type(content).__name__}; {what} is a mapping of keys to values")
    return content


def validate(model: type[Model], content: dict[str, Any], where: str) -> Model:
    """`content` as a `model`; raises UserError naming `where` and every wrong key."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [f"  {_explain(item, model)}" for item in error.errors()]
        raise UserError("\n".join([f"{where}: {len(lines)} wrong:", *lines]), fix="mend the keys named above") from None


def _explain(item: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in item["loc"] if part != "[key]"]
    key = ".".join(location) or "(whole file)"
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(location[:-1], model)
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


def _allowed_keys(location: Iterable[str], model: type[BaseModel]) -> list[str]:
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
