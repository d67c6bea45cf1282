"""ALS: matrix factorisation of implicit feedback (Hu, Koren and Volinsky, ICDM 2008), fitted by `implicit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import storage
from models.interface import Catalogue, FitReport, Floats, Interactions, Ints, Requests
from models.item_factors import ItemFactors
from models.parameters import parameters
from models.steps import steps
from models.vocabulary import Vocabulary


def _no_vectors() -> Floats:
    return np.zeros((0, 0), np.float32)


@dataclass
class ALS(ItemFactors):
    """Users and items as factors; confidence of a response is `1 + alpha * weight`.

    A known user has the factor of the fit; an unknown one with a history is folded in by the same closed form, as if
    each item of the history had weight 1. Without either the model recommends nothing.
    """

    name: str = field(default="als", init=False)
    embedding_size: int = 64
    epochs: int = 15
    regularization: float = 10.0
    alpha: float = 10.0
    choose: bool = True
    """Choose regularization and alpha on the validation; the values above are what is used without one."""

    users: Vocabulary = field(init=False, repr=False, default_factory=lambda: Vocabulary.of(()))
    user_vectors: Floats = field(init=False, repr=False, default_factory=_no_vectors)
    _inner: npt.NDArray[np.float64] = field(init=False, repr=False, default_factory=lambda: np.zeros((0, 0)))

    def fit(self, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
        """Fit on `train`; stop early, and choose regularization and alpha, by recall on `validation` if it has rows."""
        from models.als_training import fit

        return fit(self, train, validation, catalogue, seed)

    def query_vectors(self, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(m, embedding_size) float32 user factors and (m,) whether there is one."""
        queries = np.zeros((len(requests), self.vectors.shape[1]), np.float32)
        rows = self.users.rows([user or "" for user in requests.users])
        known = rows >= 0
        queries[known] = self.user_vectors[rows[known]]
        for row in np.flatnonzero(~known).tolist():
            history = self.items.known(requests.histories[row])
            if len(history):
                queries[row], known[row] = self.folded_in(history), True
        return queries, known

    def folded_in(self, history: Ints) -> Floats:
        """(d,) factor of a user who responded to the item rows `history`: (YtY + Yt(C-I)Y + rI)^-1 Yt C 1."""
        distinct = self.vectors[np.unique(history)].astype(np.float64)
        identity = np.eye(self.vectors.shape[1])
        left = self._inner + self.alpha * distinct.T @ distinct + self.regularization * identity
        solved: Floats = np.linalg.solve(left, (1 + self.alpha) * distinct.sum(axis=0)).astype(np.float32)
        return solved

    def set_factors(self, users: Vocabulary, user_vectors: Floats, items: Vocabulary, vectors: Floats) -> None:
        """Take over factors, rows in the order of the vocabularies."""
        self.users, self.user_vectors, self.items, self.vectors = users, user_vectors, items, vectors
        self._inner = np.zeros((vectors.shape[1],) * 2)
        for part in steps(len(vectors)):
            wide = vectors[part].astype(np.float64)
            self._inner += wide.T @ wide

    def save(self, folder: Path) -> None:
        arrays = {
            "users": self.users.ids,
            "user_vectors": self.user_vectors,
            **self.item_arrays(),
        }
        storage.write(folder, self.name, parameters(self), arrays)

    @classmethod
    def load(cls, folder: Path) -> ALS:
        config, arrays = storage.read(folder, "als")
        model = cls(**config)
        model.take_items(arrays)
        model.set_factors(Vocabulary(arrays["users"]), arrays["user_vectors"], model.items, model.vectors)
        return model
