"""feedmill loop: serve a day, log it, run the night, serve the next day with what was learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.changes import Changes, changed
from cli.screen import console
from infra.loop.run import Options, run
from lake.home import Home
from surfaces.load import load_file
from worlds.load import load


def loop(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="name of a file in worlds/, such as shorts")],
    *,
    nights: Annotated[int, typer.Option(min=1, help="nights to turn through")] = 12,
    seed: Annotated[int | None, typer.Option(help="another population; default: the world file's")] = None,
    users: Annotated[int | None, typer.Option(min=1, help="users at first")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="items at first")] = None,
    new_items: Annotated[int | None, typer.Option(min=0, help="items created each day")] = None,
    change: Changes = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on where the loop was stopped")] = False,
    http: Annotated[bool, typer.Option("--http", help="serve over a socket instead of in process")] = False,
    airflow: Annotated[bool, typer.Option("--airflow", help="run each night through Airflow")] = False,
    surface_file: Annotated[
        Path | None,
        typer.Option(
            help="another file of the world's surface: with an experiment, other rules", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Close the loop in WORLD and print how much of the distance from random to optimal each night closes.

    Everything lies below FEEDMILL_HOME/loops/WORLD-seedSEED. Stopped anywhere, it goes on with --resume.
    """
    config = load(world, changes=changed(change, users=users, items=items, new_items=new_items))
    home = Home(Home.default().root / "loops" / f"{config.world}-seed{config.seed if seed is None else seed}")
    surface = None if surface_file is None else load_file(surface_file)
    try:
        run(config, home, Options(nights, seed, resume, http, airflow, surface=surface), console)
    except KeyboardInterrupt:
        console.print("the same command with --resume goes on from here")
        raise
