"""Durations as people write them in a surface file: 50ms, 90s, 30m, 6h, 2d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse(text: object) -> timedelta:
    """`'30m'` as a timedelta; raises ValueError naming what was found and what is allowed."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"(\d+)(ms|[smhd])", str(text).strip())
    if match is None:
        raise ValueError(f"found {text!r}; allowed is a whole number and one of ms, s, m, h, d, such as 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def write(value: timedelta) -> str:
    """The shortest text that `parse` reads back as `value`."""
    seconds, rest = divmod(value, timedelta(seconds=1))
    if rest:
        return f"{value // timedelta(milliseconds=1)}ms"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(parse), PlainSerializer(write, return_type=str)]
