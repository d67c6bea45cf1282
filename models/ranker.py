"""The multi-task ranker: fit with torch, saved as ONNX, so that serving needs no torch."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.interface import FitReport, Floats
from models.ranker_config import RankerConfig
from models.ranker_data import RankerData
from models.ranker_description import Description
from models.ranker_encoding import UNKNOWN, Encoding
from models.ranker_export import write_onnx
from models.ranker_network import NetworkInputs, RankerNetwork
from models.ranker_training import Tensors, reproducible, scores, train
from schemas.errors import UserError

UNTRAINED_LOGIT = -20.0
"""A head without one label predicts 0, so that it adds nothing to a value."""


class Ranker:
    """One network, one head per outcome, each masked where its label is null.

    Binary heads are trained by cross-entropy and give probabilities. Sum heads (dwell, watch time) are trained by
    weighted logistic regression (Covington et al. 2016, "Deep Neural Networks for YouTube Recommendations", section
    4.2): an impression is a negative of weight 1 and a positive of weight amount, so the odds are the mean amount,
    in the outcome's unit. (Regression on log1p would give something near the median.)
    """

    def __init__(
        self,
        heads: Mapping[str, str],
        config: Mapping[str, Any] | None = None,
        features: tuple[str, ...] = (),
        feature_schema: str = "",
        *,
        ignore: Sequence[str] = (),
    ) -> None:
        """`heads`: `binary` or `sum` per outcome. `features`: names of the dense columns, `feature_schema` their hash;
        those that a pattern of `ignore` fits move no score.

        Raises UserError on a key of `config` that is no field of RankerConfig, and a pattern that fits no feature.
        """
        self.heads = dict(heads)
        self.config = RankerConfig.of(config or {})
        self.features = features
        self.feature_schema = feature_schema
        self._ignored = [column for pattern in ignore for column in _fitting(pattern, features)]
        self._fitted: _Fitted | None = None

    def fit(self, train_data: RankerData, validation: RankerData, seed: int) -> FitReport:
        """Fit on `train_data`; the epoch that is best on `validation` (later in time) is kept.

        An empty `validation` stops nothing: every epoch is run. The same seed gives the same network. Raises
        UserError if there is nothing to train on.
        """
        if not len(train_data):
            raise UserError("the ranker was given no sample to train on", fix="run a day that has earlier days of logs")
        encoding = Encoding.learn(train_data, self.config.min_count)
        units = _units(train_data, self.heads)
        tensors = _tensors(train_data, encoding, self.heads, units)
        with reproducible(seed, self.config.threads):
            network = self._network(train_data, encoding, units, tensors)
        held_out = _tensors(validation, encoding, self.heads, units)
        curves = train(network, tensors, held_out, self.config, seed)
        self._fitted = _Fitted(network, encoding)
        return FitReport(asdict(self.config), self._metrics(train_data, validation, curves), curves)

    @property
    def untrained(self) -> tuple[str, ...]:
        """Heads that had no label to learn from: they predict 0."""
        return self._known.untrained(self.heads)

    def predict(self, data: RankerData, at_position: bool = False) -> dict[str, Floats]:
        """(n,) float32 per head, uncalibrated: as served, with the position neutral, or as shown `at_position`."""
        fitted = self._known
        position = fitted.encoding.position_rows(data.position) if at_position else np.full(len(data), UNKNOWN)
        ids = fitted.encoding.ids(data.categories, len(data))
        dense, known, at = (torch.as_tensor(array) for array in (data.dense, ids, position))
        found = scores(fitted.network, dense, known, at)
        return {head: found[:, column] for column, head in enumerate(self.heads)}

    def save(self, folder: Path) -> None:
        """Write `ranker.onnx` and `ranker.json` into `folder`; RankerScorer reads them (and a calibration.json)."""
        fitted = self._known
        write_onnx(fitted.network, folder)
        description = Description(
            heads=self.heads,
            untrained=self.untrained,
            features=self.features,
            feature_schema=self.feature_schema,
            encoding=fitted.encoding,
        )
        description.write(folder)

    @property
    def _known(self) -> _Fitted:
        if self._fitted is None:
            raise RuntimeError("the ranker has not been fitted")
        return self._fitted

    def _network(self, data: RankerData, encoding: Encoding, units: Floats, tensors: Tensors) -> RankerNetwork:
        mean, scale = _statistics(data.dense)
        scale[self._ignored] = np.inf
        inputs = NetworkInputs(
            mean=mean,
            scale=scale,
            missing=np.flatnonzero(np.isnan(data.dense).any(axis=0)).tolist(),
            vocabularies=encoding.sizes,
            positions=encoding.positions,
            base=_base_logits(tensors),
            is_sum=[kind == "sum" for kind in self.heads.values()],
            unit=units,
        )
        config = self.config
        return RankerNetwork(inputs, config.embedding_size, config.cross_layers, config.hidden, config.dropout)

    def _metrics(self, data: RankerData, validation: RankerData, curves: dict[str, list[float]]) -> dict[str, float]:
        losses = curves["validation_loss"]
        return {
            "train_rows": float(len(data)),
            "validation_rows": float(len(validation)),
            "epochs_run": float(len(curves["train_loss"])),
            "best_epoch": float(np.argmin(losses) + 1 if losses else len(curves["train_loss"])),
            **{f"labels_{head}": float(np.isfinite(data.labels[head]).sum()) for head in self.heads},
        }


def _fitting(pattern: str, features: Sequence[str]) -> list[int]:
    found = [column for column, name in enumerate(features) if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise UserError(
            f"ranker.ignore: found {pattern!r}, which fits no feature", fix="docs/features.md lists their names"
        )
    return found


@dataclass(frozen=True)
class _Fitted:
    network: RankerNetwork
    encoding: Encoding

    def untrained(self, heads: Mapping[str, str]) -> tuple[str, ...]:
        bias = self.network.heads.bias.detach().numpy()
        return tuple(head for head, logit in zip(heads, bias, strict=True) if logit == UNTRAINED_LOGIT)


def _units(data: RankerData, heads: Mapping[str, str]) -> Floats:
    """(H,) the amount that counts as one positive: the mean of those above 0 for sums, 1 for binary heads."""
    units = np.ones(len(heads), dtype=np.float32)
    for column, (head, kind) in enumerate(heads.items()):
        amounts = data.labels[head][data.labels[head] > 0]
        if kind == "sum" and len(amounts):
            units[column] = amounts.mean(dtype=np.float64)
    return units


def _tensors(data: RankerData, encoding: Encoding, heads: Mapping[str, str], units: Floats) -> Tensors:
    labels = np.stack([data.labels[head] for head in heads], axis=1) if heads else np.zeros((len(data), 0), np.float32)
    weight = np.isfinite(labels) * data.weights[:, None]
    target = np.nan_to_num(labels) / units
    is_sum = np.array([kind == "sum" for kind in heads.values()])
    arrays = (
        data.dense,
        encoding.ids(data.categories, len(data)),
        encoding.position_rows(data.position),
        (target * weight).astype(np.float32),
        (np.where(is_sum, 1.0, 1.0 - target) * weight).astype(np.float32),
        weight.astype(np.float32),
    )
    return Tensors(*(torch.as_tensor(np.ascontiguousarray(array)) for array in arrays))


def _statistics(dense: Floats) -> tuple[Floats, Floats]:
    """(F,) mean and standard deviation of what is present; 0 and infinity for a column that never is, or never varies:
    whatever it holds when it is served, nothing was learnt about it, and it must move no score."""
    with np.errstate(invalid="ignore"):
        present = np.maximum(np.isfinite(dense).sum(axis=0), 1)
        mean = np.nansum(dense, axis=0, dtype=np.float64) / present
        scale = np.sqrt(np.nansum((dense - mean.astype(np.float32)) ** 2, axis=0, dtype=np.float64) / present)
    return mean.astype(np.float32), np.where(scale > 1e-6, scale, np.inf).astype(np.float32)


def _base_logits(tensors: Tensors) -> Floats:
    """(H,) logit of each head's weighted base rate, smoothed by half a sample."""
    positive, negative, weight = (
        t.double().sum(dim=0).numpy() for t in (tensors.positive, tensors.negative, tensors.weight)
    )
    logits = np.log((positive + 0.5) / (negative + 0.5))
    return np.where(weight > 0, logits, UNTRAINED_LOGIT).astype(np.float32)
