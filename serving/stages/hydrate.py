"""First stage: what the release knows of who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.interface import Requests
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease


@dataclass(frozen=True)
class Person:
    """Who asks. `known`: whether the release has a row, a sequence or anything seen for them.

    `history`: item ids, oldest first. `seen`, `seen_rows`: items that must not be shown again, as ids and as
    catalogue rows (without those the catalogue lacks).
    """

    user_id: str | None
    known: bool
    history: list[str]
    seen: list[str]
    seen_rows: Rows
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return len(self.history)

    @property
    def requests(self) -> Requests:
        """This person as the models want it."""
        return Requests([self.user_id], [self.history], [self.seen])


def hydrate(release: LoadedRelease, ask: Ask) -> Person:
    """The person's history and seen items.

    A history that the request brings wins over the release's own; seen items that it brings are added to them.
    """
    stored = release.sequences.get(ask.user_id)
    remembered = release.seen.get(ask.user_id)
    seen = list(dict.fromkeys((*remembered, *ask.seen))) if ask.seen else remembered
    rows = release.catalogue.rows(seen)
    users = release.tables.get("user")
    known = bool(stored or remembered or (users and ask.user_id is not None and users.row(ask.user_id) >= 0))
    history = list(ask.history) if ask.history is not None else stored
    return Person(ask.user_id, known, history, seen, rows[rows >= 0])
