"""The loop's memory on disk: which world it turns in, the turns so far, and the world's state before the next one."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.loop.record import Turn
from schemas.errors import UserError
from worlds.draws import Floats
from worlds.world import World

_WHO, _TURNS = "loop.json", "turns.jsonl"
_POPULAR, _WORLD, _SEEN = "most popular", "world", "seen"
_FORMAT = 2
"""What states and turns hold; a loop of another format is not gone on with."""


@dataclass(frozen=True)
class State:
    """What the next day depends on besides the lake and the releases.

    `world`: what its past has left, as `World.state` gives it. `popular`: (items,) the faded counts of the most-popular
    baseline. `seen`: what users have seen lately, as `Seen.state` gives it. `pending`: outcomes still on their way to
    the server, each with its `arrives_at` in UTC microseconds. `online`: the folder of the server's real-time state; a
    copy of it is kept.
    """

    world: Mapping[str, npt.NDArray[Any]]
    popular: Floats
    seen: Mapping[str, npt.NDArray[Any]]
    pending: list[dict[str, Any]]
    online: Path


@dataclass(frozen=True)
class Journal:
    """The loop in `folder`."""

    folder: Path

    def begin(self, who: Mapping[str, Any]) -> None:
        """Start an empty journal of the loop that `who` describes.

        Raises UserError if there is one already.
        """
        if (self.folder / _WHO).exists():
            raise UserError(
                f"{self.folder} holds a loop of {self.told()}",
                fix="go on with it by --resume, or name another folder by --folder",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self.folder / _WHO, json.dumps(dict(who), indent=2, default=str).encode())

    def resume(self, who: Mapping[str, Any]) -> None:
        """Check that the journal is of the loop that `who` describes; raises UserError naming both if it is not."""
        if not (self.folder / _WHO).exists():
            raise UserError(f"{self.folder} holds no loop to resume", fix="start it without --resume")
        held = json.loads((self.folder / _WHO).read_text())
        asked = json.loads(json.dumps(dict(who), default=str))
        differing = [key for key in {**held, **asked} if held.get(key) != asked.get(key)]
        if differing:
            found = ", ".join(f"{key} {held.get(key)}" for key in differing)
            wanted = ", ".join(f"{key} {asked.get(key)}" for key in differing)
            raise UserError(
                f"{self.folder} holds a loop with {found}; asked is one with {wanted}",
                fix="ask for the same world, seed and sizes, or name another folder by --folder",
            )

    def told(self) -> str:
        """The loop in a few words."""
        held = json.loads((self.folder / _WHO).read_text())
        return f"world {held['world']}, seed {held['seed']}"

    def turns(self) -> list[Turn]:
        """The turns so far, in order."""
        path = self.folder / _TURNS
        return [Turn.model_validate_json(line) for line in path.read_text().splitlines()] if path.exists() else []

    def state(self) -> State | None:
        """The state after the last turn; None before the first."""
        turns = self.turns()
        if not turns:
            return None
        number = turns[-1].number
        with np.load(self._state(number)) as held:
            popular = held[_POPULAR]
            past: dict[str, dict[str, npt.NDArray[Any]]] = {_WORLD: {}, _SEEN: {}}
            for part, name in (key.split("/") for key in held.files if key != _POPULAR):
                past[part][name] = held[f"{part}/{name}"]
        pending = [json.loads(line) for line in self._pending(number).read_text().splitlines()]
        return State(past[_WORLD], popular, past[_SEEN], pending, self._online(number))

    def note(self, turn: Turn, state: State) -> None:
        """Take down `turn` and the `state` after it. Its line is written last: without it the turn did not happen."""
        pasts = {_WORLD: state.world, _SEEN: state.seen}
        arrays = {f"{part}/{name}": values for part, past in pasts.items() for name, values in past.items()}
        partial = self._state(turn.number).with_suffix(".part")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_POPULAR: state.popular}, **arrays)
        partial.replace(self._state(turn.number))
        _replace(self._pending(turn.number), "".join(json.dumps(row) + "\n" for row in state.pending).encode())
        if state.online.is_dir():
            shutil.copytree(state.online, self._online(turn.number), dirs_exist_ok=True)
        lines = [*(one.model_dump_json() for one in self.turns()), turn.model_dump_json()]
        _replace(self.folder / _TURNS, ("\n".join(lines) + "\n").encode())
        self._state(turn.number - 1).unlink(missing_ok=True)
        self._pending(turn.number - 1).unlink(missing_ok=True)
        shutil.rmtree(self._online(turn.number - 1), ignore_errors=True)

    def _state(self, number: int) -> Path:
        return self.folder / f"state-{number}.npz"

    def _online(self, number: int) -> Path:
        return self.folder / f"online-{number}"

    def _pending(self, number: int) -> Path:
        return self.folder / f"pending-{number}.jsonl"


def fingerprint(world: World) -> dict[str, Any]:
    """What makes a world's days what they are: its name, seed, first day and a hash of its file and its surface's; and
    the format in which a journal keeps them."""
    text = world.config.model_dump_json() + world.surface.model_dump_json()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return {
        "world": world.config.world,
        "seed": world.seed,
        "first day": world.first_day,
        "users": world.config.population.users,
        "items": world.config.catalogue.items,
        "configuration": digest,
        "format": _FORMAT,
    }


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)
