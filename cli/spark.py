"""feedmill spark: start, stop or ask after the one Spark server of this home."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

from cli.screen import console, night_of
from lake import spark as server
from lake.home import Home
from schemas.errors import UserError


def spark(
    action: Annotated[Literal["start", "stop", "status"], typer.Argument(help="start, stop or status")],
    surface: Annotated[str | None, typer.Argument(help="hold it for (or let go by) the night of this surface")] = None,
    day: Annotated[str | None, typer.Argument(help="and this day")] = None,
) -> None:
    """Start or stop the Spark server; with SURFACE and DAY it stays up while any night holds it."""
    home = Home.default()
    if os.environ.get("SPARK_REMOTE"):
        console.print("SPARK_REMOTE names a cluster's Spark: there is nothing to start or stop here")
        return
    if (surface is None) != (day is None):
        raise UserError("name both SURFACE and DAY, or neither")
    night = night_of(surface, day).name if surface and day else None
    if action == "start":
        endpoint = server.hold(home, night) if night else server.start(home)
        console.print(
            f"Spark is up on port {endpoint.port}, process {endpoint.pid}" if endpoint else "nothing to start"
        )
    elif action == "stop":
        stopped = server.release(home, night) if night else server.stop(home)
        console.print("Spark stopped" if stopped else "Spark stays up: another night holds it, or it was not running")
    else:
        found = server.running(home)
        console.print(f"Spark is up on port {found.port}" if found else "Spark is not running")
