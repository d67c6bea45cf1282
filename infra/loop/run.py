"""The loop, turn after turn: started, stopped anywhere, resumed; a line a night, a table and a picture at the end."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from infra.interruptible import interruptible
from infra.loop.day import Row
from infra.loop.journal import Journal, fingerprint
from infra.loop.night import OneSpark
from infra.loop.picture import draw
from infra.loop.record import Turn
from infra.loop.screen import line, summary
from infra.loop.seen import Seen
from infra.loop.turn import Loop, restore, turn
from lake.home import Home
from schemas.errors import UserError
from surfaces.surface import Surface
from worlds.config import WorldConfig
from worlds.truth.policies import Popular
from worlds.world import World


@dataclass(frozen=True)
class Options:
    """How to turn: through Airflow or in process, over HTTP or in process; whether to go on with a loop begun.
    `surface`: in the place of the world's own, such as one with an experiment."""

    nights: int
    seed: int | None = None
    resume: bool = False
    over_http: bool = False
    airflow: bool = False
    warm_up: int = 2
    """Days before the first night, served by the world's logging policy like the first night's own."""
    surface: Surface | None = None


def run(config: WorldConfig, home: Home, options: Options, console: Console) -> None:
    """Turn until `options.nights` nights have been; print a line for each, then the table, and draw the picture.

    Raises UserError for a loop that cannot be begun or resumed as asked.
    """
    if options.nights < 1:
        raise UserError(f"--nights: found {options.nights}; allowed is 1 or more")
    if options.airflow and options.surface is not None:
        raise UserError("Airflow runs the surface files it knows; a loop with another one runs without --airflow")
    world = World(config, options.seed, surface=options.surface)
    journal = Journal(home.root / "loop")
    loop = Loop(
        home,
        world,
        journal,
        Popular(),
        Seen.nothing(world.surface),
        first_night=options.warm_up,
        over_http=options.over_http,
        airflow=options.airflow,
    )
    loop.spoiling.check(first_served=options.warm_up + 1)
    who = fingerprint(world) | {"warm-up days": options.warm_up}
    (journal.resume if options.resume else journal.begin)(who)
    loop, pending = _restored(loop)
    turns = journal.turns()
    console.print(_heading(loop, options, len(turns)), markup=False)
    for found in turns:
        console.print(line(found), markup=False)
    with interruptible(), OneSpark(home):
        for number in range(len(turns) + 1, options.warm_up + options.nights + 1):
            turns.append(_turn(loop, pending, number, console))
            console.print(line(turns[-1]), markup=False)
            state = journal.state()
            pending = state.pending if state else []
    for text in summary(turns):
        console.print(text)
    console.print(f"look next: {draw(turns, config.world, journal.folder)}", markup=False)


def _turn(loop: Loop, pending: list[Row], number: int, console: Console) -> Turn:
    with console.status("") as status:
        return turn(loop, pending, number, console, lambda words: status.update(f"{loop.world.date}: {words}"))


def _restored(loop: Loop) -> tuple[Loop, list[Row]]:
    """The loop as its last turn left it, and the outcomes still on their way."""
    state = loop.journal.state()
    if state is None:
        return loop, []
    restore(loop, state)
    return loop, state.pending


def _heading(loop: Loop, options: Options, done: int) -> str:
    people, stock = loop.world.config.population.users, loop.world.config.catalogue.items
    size = f"{people:,} users, {stock:,} items, {options.nights} nights"
    again = f", {done} turns done" if done else ""
    return f"loop of world {loop.world.config.world}, seed {loop.world.seed}: {size}, in {loop.home.root}{again}"
