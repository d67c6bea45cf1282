"""feedmill rollback: the previous release, live again."""

from __future__ import annotations

from cli.screen import SurfaceName, console, errors
from jobs.releasing.mlflow_store import set_champion
from lake.home import Home
from schemas.errors import InfrastructureError
from serving.release import slots
from surfaces.load import load


def rollback(surface: SurfaceName) -> None:
    """Put the previous release of SURFACE live again, if every file of it is whole; again to undo."""
    home, name = Home.default(), load(surface).surface
    left, live = slots.rollback(home.releases(name))
    console.print(f"{surface}: {live} is live again; {left} was withdrawn and its night will not publish it again")
    try:
        set_champion(home, name, live)
    except InfrastructureError as error:
        errors.print(f"MLflow still names {left} as champion: {error.headline}", markup=False)
    console.print(f"to undo: feedmill rollback {surface}")
