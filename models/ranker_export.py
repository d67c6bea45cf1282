"""The trained network as an ONNX file whose inputs are dense, ids and position, and whose output is the scores."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch

from models.ranker_description import ONNX
from models.ranker_network import RankerNetwork, Scored


def write_onnx(network: RankerNetwork, folder: Path) -> Path:
    """Write `ranker.onnx`: dense (n, F) float32, ids (n, C) int64, position (n,) int64 -> scores (n, H)."""
    path = folder / ONNX
    rows = torch.export.Dim("rows")
    example = (
        torch.zeros(2, len(network.mean)),
        torch.zeros(2, len(network.embeddings), dtype=torch.int64),
        torch.zeros(2, dtype=torch.int64),
    )
    with warnings.catch_warnings(), _quiet("torch.onnx"):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Scored(network).eval(),
            example,
            str(path),
            input_names=["dense", "ids", "position"],
            output_names=["scores"],
            dynamic_shapes=({0: rows}, {0: rows}, {0: rows}),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return path


class _quiet:  # noqa: N801 - reads as a statement
    """Holds a logger to errors: the exporter warns of packages that the ranker does not use."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._level = self._logger.level

    def __enter__(self) -> None:
        self._logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(self._level)
