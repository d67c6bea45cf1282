"""feedmill rollback: the previous release, live again."""

from __future__ import annotations

from cli.screen import SurfaceName, console
from lake.home import Home
from serving import slots
from surfaces.load import load


def rollback(surface: SurfaceName) -> None:
    """Put the previous release of SURFACE live again, if every file of it is whole; again to undo."""
    left, live = slots.rollback(Home.default().releases(load(surface).surface))
    console.print(f"{surface}: {live} is live again; {left} was withdrawn and its night will not publish it again")
    console.print(f"to undo: feedmill rollback {surface}")
