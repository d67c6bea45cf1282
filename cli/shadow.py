"""feedmill shadow: a challenger answers a sample of requests, is logged, and is not served."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.screen import SurfaceName, console
from lake.home import Home
from schemas.errors import UserError
from serving.release import slots
from serving.release.shadow import Challenger
from serving.release.verify import verify
from surfaces.load import load


def shadow(
    surface: SurfaceName,
    release: Annotated[str | None, typer.Argument(metavar="RELEASE", help="the challenger; none: try none")] = None,
    *,
    sample: Annotated[float, typer.Option(min=0.0, max=1.0, help="share of requests")] = 0.05,
) -> None:
    """Let RELEASE answer a sample of SURFACE's requests beside the live one; both slates go to var/shadow/SURFACE."""
    home = Home.default()
    folder = home.releases(load(surface).surface)
    if release is None:
        Challenger.remove(folder)
        console.print(f"{surface}: no challenger")
        return
    if release not in slots.list_releases(folder):
        raise UserError(f"there is no release {release!r} of {surface}", fix=f"feedmill releases {surface} lists them")
    verify(folder / release)
    Challenger(release, sample).write(folder)
    console.print(f"{surface}: {release} answers {sample:.1%} of requests in the shadow, logged to {home.root}/shadow")
