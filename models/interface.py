"""What every retrieval model is given and what it answers: one interface, no exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

Strings = npt.NDArray[np.object_]
"""A 1-d object array of str."""
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Interactions:
    """Positive responses, one per row and all arrays of the same length n.

    `users`, `items`: ids, a user `""` where the log names none. `weights`: (n,) float32 > 0, already decayed by age.
    `times`: (n,) int64, UTC microseconds.
    """

    users: Strings
    items: Strings
    weights: Floats
    times: Ints

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Catalogue:
    """What is known of every item that may be recommended; arrays of the same length n, null as `""` or NaN.

    `content`: (n, d) float32 content embeddings, d may be 0. `created`: (n,) int64 UTC microseconds, 0 if unknown.
    """

    item_ids: Strings
    creators: Strings
    topics: Strings
    content: Floats
    created: Ints

    def __len__(self) -> int:
        return len(self.item_ids)


@dataclass(frozen=True)
class Requests:
    """m requests for recommendations.

    `users`: id, or None for an unknown one. `histories`: items each responded to, oldest first, possibly empty.
    `seen`: items that must not be recommended to each.
    """

    users: Sequence[str | None]
    histories: Sequence[Sequence[str]]
    seen: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Recommended:
    """`items`: (m, k) object array of ids, best first, `""` where there are fewer than k.

    `scores`: (m, k) float32, descending, -inf where there is no item.
    """

    items: npt.NDArray[np.object_]
    scores: Floats


@dataclass
class FitReport:
    """What a fit did: hyper-parameters, final figures, and learning curves (one value a step or epoch)."""

    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)


@runtime_checkable
class Retriever(Protocol):
    """A retrieval model. `config` keys are its dataclass fields; an unknown one is refused by name."""

    name: str

    def fit(self, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
        """Fit on `train`; `validation` (later in time) stops early and chooses; the same seed gives the same model."""
        ...

    def recommend(self, requests: Requests, k: int) -> Recommended:
        """The k best unseen items per request by exact search. Unknown users and empty histories are answered too:
        by what the model knows of such requests, or by no items at all. Never raises for an unknown id."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into `folder`, which exists."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote; it recommends the same."""
        ...


@runtime_checkable
class FactorRetriever(Retriever, Protocol):
    """A retriever that scores by inner product, so that its items can be indexed."""

    @property
    def item_ids(self) -> Strings:
        """(n,) ids of the catalogue items that it has a vector for."""
        ...

    @property
    def item_vectors(self) -> Floats:
        """(n, d) float32, rows in the order of `item_ids`."""
        ...

    def query_vectors(self, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(m, d) float32 query vectors and (m,) whether the model knows anything of the request."""
        ...
