"""Changes to a world's file from the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import yaml

from schemas.errors import UserError

Changes = Annotated[
    list[str] | None, typer.Option("--set", help="KEY=VALUE of the world's file, as faults.outage.country=DE")
]
_SIZES = {"users": "population.users", "items": "catalogue.items", "new_items": "catalogue.new_items"}


def changed(settings: list[str] | None, **sizes: int | None) -> dict[str, Any]:
    """Dotted keys of a world file and their new values; raises UserError for a setting that is not KEY=VALUE."""
    found: dict[str, Any] = {_SIZES[name]: value for name, value in sizes.items() if value is not None}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set: found {setting!r}; allowed is KEY=VALUE, such as faults.outage.country=DE")
        found[key] = yaml.safe_load(value)
    return found
