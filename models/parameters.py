"""The hyper-parameters of a model: those dataclass fields that its constructor takes."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from schemas.errors import UserError


def parameters(model: Any) -> dict[str, Any]:
    """The hyper-parameters of `model` (a dataclass instance) and their values: a config that makes it again."""
    return {name: getattr(model, name) for name in defaults(type(model))}


def defaults(model: type[Any]) -> dict[str, Any]:
    """Names of the hyper-parameters of `model` (a dataclass) with their default values, as declared."""
    return {field.name: field.default for field in dataclasses.fields(model) if field.init}


def check(name: str, model: type[Any], config: Mapping[str, Any]) -> None:
    """Raise UserError at the first key of `config` that `model` does not take, or whose value is of another type."""
    allowed = defaults(model)
    for key, value in config.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(allowed) or "none"
            raise UserError(f"{name}: found an unknown hyper-parameter {key!r}{hint}", fix=f"allowed are: {listed}")
        wanted = type(allowed[key])
        if not (_is_number(value) if wanted is float else type(value) is wanted):
            raise UserError(
                f"{name}.{key}: found {value!r} ({type(value).__name__}); allowed is {wanted.__name__}",
                fix=f"the default is {allowed[key]!r}",
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
