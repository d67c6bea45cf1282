"""The saved ranker, scored with ONNX Runtime and numpy alone: what serving and evaluation use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from models.calibration import Calibration
from models.interface import Floats, Ints, Strings
from models.ranker_description import ONNX, Description
from models.ranker_encoding import UNKNOWN


@dataclass(frozen=True)
class RankerScorer:
    """Scores of every head for n samples, with the position neutral: nothing has been shown yet."""

    description: Description
    calibration: Calibration
    session: Any

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> RankerScorer:
        """The ranker and the calibration in `folder`; `threads` 0 lets ONNX Runtime choose.

        Raises UserError if either is not there.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        description = Description.read(folder)
        session = onnxruntime.InferenceSession(str(folder / ONNX), options, providers=["CPUExecutionProvider"])
        return cls(description, Calibration.load(folder), session)

    @property
    def heads(self) -> tuple[str, ...]:
        return tuple(self.description.heads)

    def raw(
        self, dense: Floats, categories: Mapping[str, Strings | Sequence[str | None]], position: Ints | None = None
    ) -> dict[str, Floats]:
        """(n,) float32 per head before calibration, for (n, F) `dense` and (n,) ids per category.

        `position` is for analysis only: serving leaves it out. Raises ValueError if F is not what was trained.
        """
        return self._run(dense, self.description.encoding.ids(categories, len(dense)), position)

    def encoded(self, category: str, ids: Strings | Sequence[str | None]) -> Ints | None:
        """(n,) the network's rows of `ids`, to be looked up once and used often; None if it was trained without."""
        vocabulary = self.description.encoding.vocabularies.get(category)
        return None if vocabulary is None else vocabulary.rows(ids) + 1

    def raw_encoded(self, dense: Floats, rows: Mapping[str, Ints | int]) -> dict[str, Floats]:
        """`raw` of ids that `encoded` looked up before: (n,) rows, or one for all n, by category."""
        ids = np.full((len(dense), len(self.description.encoding.vocabularies)), UNKNOWN, dtype=np.int64)
        for column, name in enumerate(self.description.encoding.vocabularies):
            if name in rows:
                ids[:, column] = rows[name]
        return self._run(dense, ids, None)

    def _run(self, dense: Floats, ids: Ints, position: Ints | None) -> dict[str, Floats]:
        expected = self.session.get_inputs()[0].shape[1]
        if dense.ndim != 2 or dense.shape[1] != expected:
            raise ValueError(f"the ranker was trained on {expected} features; found an array of {dense.shape}")
        encoding, n = self.description.encoding, len(dense)
        rows = np.full(n, UNKNOWN, dtype=np.int64) if position is None else encoding.position_rows(position)
        feed = {"dense": dense.astype(np.float32, copy=False), "ids": ids, "position": rows}
        (scores,) = self.session.run(["scores"], feed)
        return {head: scores[:, column] for column, head in enumerate(self.heads)}

    def score(self, dense: Floats, categories: Mapping[str, Strings | Sequence[str | None]]) -> dict[str, Floats]:
        """(n,) float32 per head, calibrated: a probability, or an expected amount in the outcome's unit."""
        return self.calibration.apply(self.raw(dense, categories))
