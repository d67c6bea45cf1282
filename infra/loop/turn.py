"""One turn of the loop: a day is lived, measured against the truth, and learned from."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.loop import baselines, bootstrap, counterfactual, day, measure, night
from infra.loop.clock import SimulatedClock
from infra.loop.day import Day
from infra.loop.journal import Journal, State
from infra.loop.posting import post_new
from infra.loop.record import BOOTSTRAP, SERVED, Turn, Verdict
from infra.loop.seen import Seen
from infra.loop.server import served
from infra.loop.spoilt import Spoiling
from jobs.night import Night
from lake.home import Home
from schemas.logs import LAYERS
from serving.release.slots import active_release
from worlds.draws import Codes
from worlds.logs.days import odd_lines, record
from worlds.sessions import DAY_US, midnight
from worlds.truth.policies import Popular
from worlds.truth.standing import standing
from worlds.world import World


@dataclass(frozen=True)
class Loop:
    """A loop in `home`. `first_night` is the number of the first day that a night follows.

    `seen`: what the server has shown its users lately, and what they have consumed.
    """

    home: Home
    world: World
    journal: Journal
    popular: Popular
    seen: Seen
    first_night: int = 2
    over_http: bool = False
    airflow: bool = False

    @property
    def surface(self) -> str:
        return self.world.surface.surface

    @property
    def spoiling(self) -> Spoiling:
        """What the world's faults make of the releases that serve."""
        folder = self.journal.folder / "spoilt"
        return Spoiling(self.world.config.faults, self.world.surface, self.home.releases(self.surface), folder)


def turn(loop: Loop, pending: list[day.Row], number: int, console: Console, told: Callable[[str], None]) -> Turn:
    """Live the world's day, judge it, run its night, and note it all. Raises what a step of the night raises."""
    began = time.monotonic()
    world = loop.world
    release = active_release(loop.home.releases(loop.surface))
    _clear(loop)
    lived = _serve(loop, pending, told) if release else bootstrap.live(world, loop.home, pending, loop.popular.count)
    _spoil(loop)
    told("measuring")
    shown = {SERVED: lived.slates} | _others(loop, lived, release)
    stand = standing(world, lived.asked, shown)
    verdict, reason = _night(loop, console, told)
    found = Turn(
        number=number,
        day=world.date,
        served_by=release.name if release else BOOTSTRAP,
        users=len(set(lived.asked.user.tolist())),
        requests=len(lived.asked),
        impressions=int((lived.slates >= 0).sum()),
        outcomes=len(lived.happened.outcome),
        means={policy: mean.value for policy, mean in stand.values.items()},
        gap=measure.gaps(stand),
        ahead=measure.ahead(world, lived.asked, shown),
        segments=measure.by_segment(stand),
        exposure=measure.exposure(world, lived.asked, lived.slates),
        verdict=verdict,
        reason=reason,
        seconds=time.monotonic() - began,
    )
    _learn(loop, lived, by_server=release is not None)
    loop.journal.note(found, State(world.state(), loop.popular.count, loop.seen.state(), lived.pending, _online(loop)))
    return found


def restore(loop: Loop, state: State) -> None:
    """Bring the world, the baselines and the server's real-time state to where `state` left them."""
    loop.world.resume(**state.world)
    loop.popular.count = state.popular
    loop.seen.restore(state.seen)
    shutil.rmtree(_online(loop), ignore_errors=True)
    if state.online.is_dir():
        shutil.copytree(state.online, _online(loop))


def _learn(loop: Loop, lived: Day, *, by_server: bool) -> None:
    """Take up the day that was `lived`. What the world's logging policy showed no server remembers."""
    if by_server:
        loop.seen.show(lived.asked, lived.slates)
    loop.seen.consume(lived.asked, lived.happened)
    loop.seen.forget(midnight(loop.world.date) + DAY_US)
    loop.popular.learn(lived.happened)
    loop.world.advance(lived.asked, lived.happened)


def _online(loop: Loop) -> Path:
    return loop.home.root / "online"


def _others(loop: Loop, lived: Day, release: Path | None) -> dict[str, Codes]:
    """What the other policies show to the day's requests."""
    answers = baselines.answers(loop.popular, release)
    return {
        policy: counterfactual.live(loop.world, lived.asked, loop.seen, answer) for policy, answer in answers.items()
    }


def _serve(loop: Loop, pending: list[day.Row], told: Callable[[str], None]) -> Day:
    world = loop.world
    bootstrap.dimensions(world, loop.home)
    clock = SimulatedClock(midnight(world.date))
    asked = len(world.requests())
    with (
        loop.spoiling.of(world.day),
        served(loop.home, world.surface, clock, loop.over_http) as client,
    ):
        post_new(world, loop.home, client)
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
