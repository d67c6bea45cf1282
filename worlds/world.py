"""A population with known truth: it asks, it answers slates, and it says what every slate is worth.

`requests` are the same whatever policy serves them; `respond` draws what happens from exactly the probabilities that
`rates` states; `advance` lets the day pass. All draws derive from (seed, world, day, request, slot, purpose).
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from surfaces.load import load as load_surface
from surfaces.surface import Surface
from worlds import culture, drivers, items, people, responses, sessions
from worlds.config import WorldConfig
from worlds.draws import Codes, Floats, Mask, Streams
from worlds.items import Items
from worlds.load import require_known_outcomes
from worlds.memory import Consumption, Rows, consumption, pushed
from worlds.options import options
from worlds.outcomes import Outcomes, happen
from worlds.people import Users
from worlds.responses import Rates, with_bots
from worlds.sessions import Requests


class World:
    """One world under one seed, standing at the beginning of day number `day` (0 is the first).

    Raises UserError if the world's outcomes are not those of its surface.
    """

    def __init__(
        self,
        config: WorldConfig,
        seed: int | None = None,
        first_day: date | None = None,
        surface: Surface | None = None,
    ) -> None:
        self.config = with_bots(config)
        self.seed = config.seed if seed is None else seed
        self.first_day = config.first_day if first_day is None else first_day
        self.surface = surface or load_surface(config.surface)
        self.day = 0
        self.streams = Streams(self.seed, config.world)
        require_known_outcomes(config, self.surface)
        self.ground = culture.ground(config, self.streams, self.first_day)
        self._stock = items.stock(self.ground, culture.creators(self.ground, -1))
        self._grown = -1
        self._options = options.build(self.ground)
        self._consumed: Rows = np.full((0, config.memory), -1, dtype=np.int32)
        self._settle()

    # -- who and what there is ------------------------------------------------------------------------------------

    @property
    def date(self) -> date:
        """The day the world stands at."""
        return self.first_day + timedelta(days=self.day)

    @property
    def users(self) -> Users:
        """Everyone who has signed up by the end of the day."""
        return self._users

    @property
    def items(self) -> Items:
        """Everything created by the end of the day; those of today are the last."""
        return self._stock

    @property
    def catalogue(self) -> int:
        """How many items, the first of `items`, existed when the day began: what today's requests can be shown."""
        return int(np.searchsorted(self._stock.born, self.day))

    @property
    def consumed(self) -> Rows:
        """(n, memory) item rows each user has consumed before today, newest last, -1 where there are fewer."""
        return self._consumed

    def copy(self) -> World:
        """The same world at the same day, whose future depends on its own slates from here on."""
        other = copy.copy(self)
        other._consumed = self._consumed.copy()
        other._options = [option.copy() for option in self._options]
        return other

    def resume(self, day: int | npt.NDArray[Any], consumed: Rows, **past: npt.NDArray[Any]) -> None:
        """Stand at the beginning of day number `day`, with all that `state` told then."""
        self.day, self._consumed = int(day), np.asarray(consumed, dtype=np.int32)
        self._settle()
        for option in self._options:
            option.restore(past)

    # -- a day ----------------------------------------------------------------------------------------------------

    def requests(self, first: int = 0, last: int | None = None) -> Requests:
        """Today's requests of the users number `first` to `last` (excluded; None: all), in order of time."""
        end = len(self._users) if last is None else min(last, len(self._users))
        who = Users(*(getattr(self._users, name)[first:end] for name in Users.__dataclass_fields__))
        busy = who.sessions
        if self.config.faults.bots is not None:
            busy = busy * np.where(self._bots[first:end], self.config.faults.bots.sessions, 1.0)
        for option in self._options:
            busy = busy * option.busy(first, end)
        who = replace(who, sessions=busy)
        return sessions.requests(self.ground, who, first, self.day)

    def eligible(self, asked: Requests) -> Mask:
        """(r, catalogue) whether each item may be shown to each request at all."""
        stock = self._stock
        now = self.catalogue
        capable = len(self.config.population.devices) - 1 - asked.device
        fine = stock.licensed[:now].T[asked.country] & (stock.capability[:now] <= capable[:, None])
        for option in self._options:
            fine &= option.eligible(asked, now)
        return np.asarray(fine)

    def bound(self, rows: Codes) -> list[list[str]]:
        """The tags of items `rows` that say to whom they may be shown: none where anybody may see them.

        `licensed:DE` names a country, `device:flagship` a device; options have their own.
        """
        countries, devices = tuple(self.config.population.countries), tuple(self.config.population.devices)
        can = np.arange(len(devices)) <= len(devices) - 1 - self._stock.capability[rows][:, None]
        found = [option.tags(rows) for option in self._options]
        for prefix, names, masks in (("licensed", countries, self._stock.licensed[rows]), ("device", devices, can)):
            found.append([[f"{prefix}:{names[n]}" for n in np.flatnonzero(m)] if not m.all() else [] for m in masks])
        return [[tag for some in tags for tag in some] for tags in zip(*found, strict=True)]

    def areas(self, asked: Requests) -> list[str] | None:
        """Where each request comes from, in the words of the items' tags; None where that does not matter."""
        return next((found for option in self._options if (found := option.areas(asked)) is not None), None)

    def eligible_by_segment(self, asked: Requests) -> tuple[Codes, Mask]:
        """The same, shared by requests alike: (r,) segment of each, and (s, catalogue) what a segment may be shown."""
        kinds = np.stack(self._eligibility(asked))
        _, example, segment = np.unique(kinds, axis=1, return_index=True, return_inverse=True)
        return segment.ravel(), self.eligible(asked.take(example))

    def _eligibility(self, asked: Requests) -> list[Codes]:
        """What eligibility depends on, (r,) each."""
        gated = asked.device if self.config.catalogue.capability else np.zeros_like(asked.device)
        return [asked.country, gated, *(codes for option in self._options for codes in option.segments(asked))]

    def has_consumed(self, asked: Requests) -> Mask:
        """(r, catalogue) whether the user of each request has consumed each item before today."""
        return drivers.consumed(self._scene, asked.user, np.arange(self.catalogue))

    def respond(self, asked: Requests, slates: Codes) -> Outcomes:
        """What happens to `slates` (r, k) item rows, -1 for an empty slot. Independent of how requests are grouped."""
        return happen(self.config, asked, slates, self._drivers(asked, slates), self.streams)

    def advance(self, asked: Requests, outcomes: Outcomes) -> None:
        """Let the day pass, with what happened on it; `asked` and `outcomes` are of the whole day."""
        self.remember(asked, outcomes)
        self.pass_day()

    def remember(self, asked: Requests, outcomes: Outcomes) -> None:
        """Take up what was consumed in `outcomes`; whole users at a time, before the day passes."""
        self.take_up(consumption(asked, outcomes))

    def take_up(self, eaten: Consumption) -> None:
        """The same from the consumption itself."""
        self._consumed = pushed(self._consumed, eaten)
        for option in self._options:
            option.learn(eaten.item)

    def recall(self, first: int, past: Rows, state: dict[str, npt.NDArray[Any]]) -> None:
        """Put `past` (n, memory) in the place of what the users from number `first` on have consumed, and the rest of
        `state` in that of what else the past has left."""
        self._consumed[first : first + len(past)] = past
        for option in self._options:
            option.restore(state)

    def pass_day(self) -> None:
        """Go to the next day."""
        self.day += 1
        self._settle()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """What the past has left, as arrays by name: all that `resume` needs to go on."""
        past = {name: values for option in self._options for name, values in option.state().items()}
        return {"day": np.array(self.day), "consumed": self._consumed, **past}

    # -- the truth ------------------------------------------------------------------------------------------------

    def rates(self, asked: Requests, slates: Codes, position: Codes | None = None) -> Rates:
        """The exact probabilities and expectations that `respond` draws from, for `slates` (r, k).

        `position` (k,) names the slots where they are not 0..k-1; under a cascade slates start at the top.
        Raises ValueError for positions under a cascade.
        """
        if position is not None and self.config.clicks.model == "cascade":
            raise ValueError("under a cascade the value of a position depends on what stands above it")
        found = self._drivers(asked, slates)
        return responses.rates(self.config, self.surface.value, asked, found, shown=slates >= 0, position=position)

    def value(self, asked: Requests, slates: Codes) -> Floats:
        """(r,) the surface's expected value of each slate."""
        return np.asarray(self.rates(asked, slates).utility.sum(axis=1))

    def utility(self, asked: Requests, shown: Codes) -> tuple[Floats, Floats]:
        """(r, n) utility of each item once it is looked at, and the probability that it is consumed then.

        `shown`: (n,) items for all requests, or (r, n).
        """
        found = self._drivers(asked, shown)
        seen = responses.once_seen(self.config, asked, found)
        return responses.utility(self.surface.value, seen), seen[self.config.consumed_by]

    # -- within ---------------------------------------------------------------------------------------------------

    def _drivers(self, asked: Requests, shown: Codes) -> drivers.Drivers:
        scene = self._scene
        found = drivers.drivers(scene, asked, shown)
        shape = next(iter(found.values())).shape
        for option in self._options:
            more = option.drivers(scene, asked, shown).items()
            found |= {name: np.broadcast_to(values, shape) for name, values in more}
        return found

    @property
    def _scene(self) -> drivers.Scene:
        return drivers.Scene(
            self.config, self._users, self._stock, self._taste, self._quality, self._bots, self._consumed
        )

    def _settle(self) -> None:
        """Bring users, tastes and items to the day."""
        self._users = people.users(self.ground, self.day)
        drift = self.config.faults.taste_drift
        sudden = drift.radians if drift is not None and drift.active(self.day) else 0.0
        self._taste = people.tastes(self.config, self._users, self.day, sudden)
        while self._grown < self.day:
            self._grown += 1
            makers = culture.creators(self.ground, self._grown)
            flood = self.config.faults.flood
            more = flood.items if flood is not None and flood.active(self._grown) else 0
            new = items.cohort(self.ground, makers, self._grown, self.config.catalogue.new_items + more)
            self._stock = self._stock.joined(new)
        self._trouble()
        more = len(self._users) - len(self._consumed)
        self._consumed = np.pad(self._consumed, ((0, more), (0, 0)), constant_values=-1)
        for option in self._options:
            option.settle(self._scene, self.day)

    def _trouble(self) -> None:
        """Who is a bot, and how good items are, on the day."""
        bots, viral = self.config.faults.bots, self.config.faults.viral
        n = len(self._users)
        on = bots is not None and bots.active(self.day)
        self._bots: Mask = bots.who(np.arange(n), self.streams) if bots and on else np.zeros(n, dtype=bool)
        self._quality = self._stock.quality.copy()
        if viral is not None and viral.active(self.day):
            self._quality[self.viral_item()] += viral.boost

    def viral_item(self) -> int:
        """The row of the item that goes viral: the newest there was when the fault's onset began; -1 without it."""
        viral = self.config.faults.viral
        return -1 if viral is None else int(np.searchsorted(self._stock.born, viral.from_day)) - 1
