"""Every retrieval model by its name in a surface file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.als import ALS
from models.interface import Retriever
from models.item_item import ItemItem
from models.parameters import check
from models.popular import Popular
from models.two_tower import TwoTower
from schemas.errors import UserError

MODELS: dict[str, type[Retriever]] = {
    "als": ALS,
    "item_item": ItemItem,
    "popular": Popular,
    "two_tower": TwoTower,
}


def create(name: str, config: Mapping[str, Any]) -> Retriever:
    """A new, unfitted model; raises UserError for an unknown name, hyper-parameter or value."""
    model = _model(name)
    check(name, model, config)
    made: Retriever = model(**config)
    return made


def load(name: str, folder: Path) -> Retriever:
    """The model `name` that was saved in `folder`; raises UserError if there is none."""
    loaded: Retriever = _model(name).load(folder)
    return loaded


def _model(name: str) -> type[Any]:
    if name not in MODELS:
        raise UserError(f"there is no retrieval model {name!r}", fix=f"models are: {', '.join(MODELS)}")
    return MODELS[name]
