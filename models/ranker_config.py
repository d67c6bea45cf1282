"""The ranker's hyper-parameters; the keys of `ranker.config` in a surface file are these fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.parameters import check
from schemas.errors import UserError


@dataclass(frozen=True)
class RankerConfig:
    """Hyper-parameters of the ranker.

    `hidden` is the width of the first layer of the deep part, the second has half. An id seen less than `min_count`
    times shares the unknown id's embedding, and `id_dropout` of the known ones are hidden in training so that this
    embedding learns what to say of newcomers. One of `threads` is right beside other trainers, and the network then
    depends on the seed alone; more are faster on an idle machine.

    The defaults are those of logs of days: embeddings of rare ids are learnt by heart within an epoch, and what is
    learnt by heart costs more on the next day than it brings (Zhang et al., CIKM 2022, "Towards understanding the
    overfitting phenomenon of deep click-through rate models").
    """

    embedding_size: int = 8
    epochs: int = 8
    learning_rate: float = 0.001
    batch_size: int = 2048
    cross_layers: int = 1
    hidden: int = 64
    dropout: float = 0.3
    weight_decay: float = 0.1
    patience: int = 1
    min_count: int = 20
    id_dropout: float = 0.5
    threads: int = 1

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> RankerConfig:
        """The configuration with `config`'s keys set.

        Raises UserError on an unknown key, naming the nearest, and on a value of another type or out of range.
        """
        check("ranker", cls, config)
        for key, value in config.items():
            low = 1 if key in _FROM_ONE else 0
            if value < low or (key in _SHARES and value >= 1):
                limit = f"{low} or more" + (" and below 1" if key in _SHARES else "")
                raise UserError(f"ranker.{key}: found {value!r}; allowed is {limit}")
        return cls(**config)


_FROM_ONE = ("embedding_size", "epochs", "batch_size", "hidden", "patience", "min_count", "threads")
_SHARES = ("dropout", "id_dropout")
