"""The requests of a world as a server is asked them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from serving.ask import Ask
from worlds.logs.words import user_ids
from worlds.sessions import Requests
from worlds.world import World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def asks(world: World, asked: Requests) -> list[Ask]:
    """Each of `asked` with its user, country, device and area."""
    people, areas, users = world.config.population, world.areas(asked), user_ids(asked.user).to_pylist()
    return [
        Ask(
            request_id=str(n),
            at=EPOCH + timedelta(microseconds=int(asked.at[n])),
            user_id=users[n],
            country=list(people.countries)[asked.country[n]],
            device=list(people.devices)[asked.device[n]],
            area=None if areas is None else areas[n],
        )
        for n in range(len(asked))
    ]
