"""What an adapter says of its data set, and what each thing a set may lack switches off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from worlds.adapters.writer import Writer

SWITCHES_OFF = {
    "user": "personal retrieval, user features and histories; everyone is answered as an unknown user",
    "position": "examination by position: the ranker trains with every position unknown",
    "propensity": "off-policy estimates and every check of propensities",
    "non_clicks": "rates of response: what was shown and ignored is not in the logs",
    "history": "features of the history frozen at request time",
    "creator": "creator features and creator caps",
    "topic": "topic features and topic caps",
}


@dataclass(frozen=True)
class Dataset:
    """One public data set. `name` is also its surface; `read` sends a folder's rows to a writer.

    `lacks` is what its logs never carry (one download may lack more), `left` what no contract has a field for.
    """

    name: str
    read: Callable[[Path, Writer], None]
    layout: str
    lacks: tuple[str, ...]
    left: tuple[str, ...] = ()
