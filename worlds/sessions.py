"""Who comes when: sessions through the local day, several requests each, the same whatever is shown."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from worlds.config import WorldConfig
from worlds.culture import Ground
from worlds.draws import Codes, Floats, Mask, Stream, geometric, poisson
from worlds.people import Users
from worlds.vocabulary import utc_offsets

DAY_S = 86400.0
DAY_US = 86_400_000_000
MOST_SESSIONS, MOST_REQUESTS = 30, 60
_HOURLY = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 5, 5, 6, 7, 6, 6, 6, 7, 8, 10, 12, 13, 12, 8, 4], dtype=np.float64)


@dataclass(frozen=True)
class Requests:
    """r requests of one day in order of time; every array has length r.

    `key` names a request within its day and is what its draws are derived from. `user` indexes the world's users,
    `at` is UTC microseconds since 1970, `country`, `device`, `network` are codes in the order of the world's file,
    `hour` is the local hour.
    """

    day: int
    date: date
    key: Codes
    user: Codes
    session: Codes
    at: Codes
    country: Codes
    device: Codes
    network: Codes
    hour: Codes

    def __len__(self) -> int:
        return len(self.key)

    def take(self, index: npt.NDArray[np.int64] | Mask) -> Requests:
        """The requests at `index`, in that order."""
        return Requests(self.day, self.date, *(getattr(self, f.name)[index] for f in fields(Requests)[2:]))

    @property
    def daypart(self) -> Codes:
        """(r,) index into DAYPARTS."""
        return self.hour // 6

    @property
    def days(self) -> Floats:
        """(r,) days since the world's first day, with fraction."""
        return np.asarray(self.day + (self.at - midnight(self.date)) / DAY_US)

    def ids(self) -> pa.Array:
        """Request ids such as `r20260101-0000042-1-2`: day, user, session of that day, request of that session."""
        return _named(f"r{self.date:%Y%m%d}", self.user, self.session, self.key & 0x3FF)

    def session_ids(self) -> pa.Array:
        """Session ids such as `s20260101-0000042-1`."""
        return _named(f"s{self.date:%Y%m%d}", self.user, self.session)


def midnight(day: date) -> int:
    """UTC microseconds since 1970 at the start of `day`."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def requests(ground: Ground, who: Users, first: int, day: int) -> Requests:
    """The requests on day number `day` of the users `who`, of whom the first is number `first`."""
    config, streams = ground.config, ground.streams
    index = np.arange(first, first + len(who))
    number = _session_counts(who, index, day, streams["sessions"])
    visitor = np.repeat(np.arange(len(who)), number)
    session = _nth(number)
    ids = (day, index[visitor], session)
    length = geometric(config.population.requests, streams["length"].uniform(*ids), MOST_REQUESTS)
    start = _starts(ground, who, visitor, ids)
    row = np.repeat(np.arange(len(visitor)), length)
    nth = _nth(length)
    since = _since(streams["pause"].uniform(day, index[visitor][row], session[row], nth), length)
    at = np.maximum(np.minimum(start, DAY_S - 180.0 - _lasts(since, length))[row] + since, 0.0)
    person = visitor[row]
    key = index[person] << 20 | session[row] << 10 | nth
    today = ground.first_day + timedelta(days=day)
    found = Requests(
        day=day,
        date=today,
        key=key,
        user=index[person],
        session=session[row],
        at=midnight(today) + np.round(at * 1e6).astype(np.int64),
        country=who.country[person],
        device=who.device[person],
        network=streams["network"].choice(tuple(config.population.networks.values()), *ids)[row],
        hour=_local_hour(config, at, who.country[person]),
    )
    return found.take(np.lexsort((key, found.at)))


def _session_counts(who: Users, index: Codes, day: int, stream: Stream) -> Codes:
    weekly = 1.0 + 0.05 * np.sin(2.0 * np.pi * day / 7.0)
    rate = np.where(who.signed_up < day, who.sessions * weekly, 0.0)
    first_day = (who.signed_up >= day) & (who.signed_up < day + 1)
    return np.where(first_day, 1, poisson(rate, stream.uniform(day, index), MOST_SESSIONS))


def _starts(ground: Ground, who: Users, visitor: Codes, ids: tuple[int, Codes, Codes]) -> Floats:
    """Seconds from the day's start; who signs up today comes then. `ids`: day, user and session to draw for."""
    day = ids[0]
    edges = np.cumsum(_HOURLY) / _HOURLY.sum()
    hour = ground.streams["start"].uniform(*ids)
    local = np.minimum(np.searchsorted(edges, hour, side="right"), 23)
    offset = utc_offsets(tuple(ground.config.population.countries))[who.country[visitor]]
    usual = (local + ground.streams["minute"].uniform(*ids) - offset) % 24.0 * 3600.0
    joined = (who.signed_up[visitor] - day) * DAY_S + 5.0
    return np.where(who.signed_up[visitor] >= day, joined, usual)


def _nth(length: Codes) -> Codes:
    """0, 1, ... within each run of the given lengths."""
    return np.asarray(np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length))


def _since(luck: Floats, length: Codes) -> Floats:
    """Seconds since the start of the session: pauses of 70 to 240 seconds between its requests."""
    first = np.cumsum(length) - length
    pause = 70.0 + 170.0 * luck
    pause[first] = 0.0
    total = np.cumsum(pause)
    return np.asarray(np.round(total - np.repeat(total[first], length), 3))


def _lasts(since: Floats, length: Codes) -> Floats:
    return since[np.cumsum(length) - 1] if len(length) else since


def _local_hour(config: WorldConfig, at: Floats, country: Codes) -> Codes:
    offset = utc_offsets(tuple(config.population.countries))[country]
    return np.asarray((at // 3600.0).astype(np.int64) + offset) % 24


def _named(prefix: str, *numbers: Codes) -> pa.Array:
    widths = (7, 1, 1)
    texts = [
        pc.utf8_lpad(pa.array(part).cast(pa.string()), width, "0") for part, width in zip(numbers, widths, strict=False)
    ]
    return pc.binary_join_element_wise(prefix, *texts, "-")
