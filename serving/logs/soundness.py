"""Whether a row of a log is one: lines that ingest sets aside are no rows for whoever reads landing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from schemas.contract import Contract


def sound(row: Mapping[str, Any], layer: Contract) -> bool:
    """Whether `row`, as JSON has it, has every required field of `layer`, and nothing of another type than it says."""
    return all(
        not field.required if row.get(field.name) is None else _FITS[field.dtype](row[field.name])
        for field in layer.fields
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int32": _whole,
    "int64": _whole,
    "float32": _number,
    "float64": _number,
    "timestamp": _time,
    "list<string>": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "list<float32>": lambda value: isinstance(value, list) and all(map(_number, value)),
    "map<string,float32>": lambda value: isinstance(value, dict) and all(map(_number, value.values())),
}
