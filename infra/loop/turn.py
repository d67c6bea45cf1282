"""One turn of the loop: a day is lived, measured against the truth, and learned from."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.loop import baselines, bootstrap, day, measure, night
from infra.loop.clock import SimulatedClock
from infra.loop.day import Day
from infra.loop.journal import Journal, State
from infra.loop.memory import ShownLately
from infra.loop.record import SERVED, Turn, Verdict
from infra.loop.server import served
from jobs.night import Night
from lake.home import Home
from schemas.logs import LAYERS
from serving.release.slots import active_release
from worlds.logs.days import odd_lines, record
from worlds.memory import consumption
from worlds.sessions import DAY_US, midnight
from worlds.truth.past import Past
from worlds.truth.policies import Popular
from worlds.world import World

BOOTSTRAP = "bootstrap"
"""Who served before there was a release: the world's logging policy."""


@dataclass(frozen=True)
class Loop:
    """A loop in `home`. `first_night` is the number of the first day that a night follows."""

    home: Home
    world: World
    journal: Journal
    popular: Popular
    shown: ShownLately
    first_night: int = 2
    over_http: bool = False
    airflow: bool = False

    @property
    def surface(self) -> str:
        return self.world.surface.surface


def turn(loop: Loop, pending: list[day.Row], number: int, console: Console, told: Callable[[str], None]) -> Turn:
    """Live the world's day, judge it, run its night, and note it all. Raises what a step of the night raises."""
    began = time.monotonic()
    world = loop.world
    release = active_release(loop.home.releases(loop.surface))
    _clear(loop)
    lived = _serve(loop, pending, told) if release else bootstrap.live(world, loop.home, pending, loop.popular.count)
    _spoil(loop)
    told("measuring")
    lately = loop.shown.with_day(lived) if release else None
    past = Past(world.consumed, consumption(lived.asked, lived.happened), lately)
    shown = {SERVED: lived.slates} | baselines.slates(world, lived.asked, past, loop.popular, release)
    worth = measure.values(world, lived.asked, shown)
    verdict, reason = _night(loop, console, told)
    found = Turn(
        number=number,
        day=world.date,
        served_by=release.name if release else BOOTSTRAP,
        users=len(set(lived.asked.user.tolist())),
        requests=len(lived.asked),
        impressions=int((lived.slates >= 0).sum()),
        outcomes=len(lived.happened.outcome),
        means={policy: float(values.mean()) for policy, values in worth.items()},
        gap=measure.gaps(worth, lived.asked.user),
        ahead=measure.ahead(worth, lived.asked.user),
        segments=measure.by_segment(world, lived.asked, shown, worth),
        exposure=measure.exposure(world, lived.asked, lived.slates),
        verdict=verdict,
        reason=reason,
        seconds=time.monotonic() - began,
    )
    loop.popular.learn(lived.happened)
    if release:
        loop.shown.learn(lived, midnight(world.date) + DAY_US)
    world.advance(lived.asked, lived.happened)
    loop.journal.note(found, _state(loop, lived.pending))
    return found


def restore(loop: Loop, state: State) -> None:
    """Bring the world, the baselines and the server's real-time state to where `state` left them."""
    loop.world.resume(**state.world)
    loop.popular.count, loop.shown.events = state.popular, state.shown
    shutil.rmtree(_online(loop), ignore_errors=True)
    if state.online.is_dir():
        shutil.copytree(state.online, _online(loop))


def _state(loop: Loop, pending: list[day.Row]) -> State:
    return State(loop.world.state(), loop.popular.count, loop.shown.events, pending, _online(loop))


def _online(loop: Loop) -> Path:
    return loop.home.root / "online"


def _serve(loop: Loop, pending: list[day.Row], told: Callable[[str], None]) -> Day:
    world = loop.world
    bootstrap.dimensions(world, loop.home)
    clock = SimulatedClock(midnight(world.date))
    asked = len(world.requests())
    with served(loop.home, world.surface, clock, loop.over_http) as client:
        return day.live(world, client, clock, pending, lambda done: told(f"serving {done:,} of {asked:,} requests"))


def _spoil(loop: Loop) -> None:
    """Land the malformed lines of the world's day, and say beside the loop what is wrong when, and with whom."""
    day_of = f"day={loop.world.date}"
    odd_lines(loop.world, {layer.name: loop.home.landing(loop.surface) / layer.name / day_of for layer in LAYERS})
    record(loop.world, loop.journal.folder / "truth")


def _night(loop: Loop, console: Console, told: Callable[[str], None]) -> tuple[Verdict, str]:
    if loop.world.day < loop.first_night:
        return "no night", ""
    of_day = Night(loop.world.surface, loop.world.date, loop.home)
    if loop.airflow:
        return night.through_airflow(of_day, console)
    return night.in_process(of_day, told)


def _clear(loop: Loop) -> None:
    """Remove what an attempt at this day that was stopped has landed of it."""
    for folder in loop.home.landing(loop.surface).glob(f"*/day={loop.world.date}"):
        shutil.rmtree(folder)
