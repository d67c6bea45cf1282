from __future__ import annotations

from typing import get_args

import pytest

from models.als import ALS
from models.registry import MODELS, create
from schemas.errors import UserError
from surfaces.surface import SourceName


def test_every_source_that_a_surface_may_name_has_a_model() -> None:
    assert set(MODELS) == set(get_args(SourceName))


def test_create_sets_what_the_config_says() -> None:
    model = create("als", {"embedding_size": 8, "alpha": 3})
    assert isinstance(model, ALS)
    assert (model.embedding_size, model.alpha, model.epochs) == (8, 3, ALS().epochs)


def test_a_typo_is_told_with_the_nearest_name_and_all_allowed() -> None:
    with pytest.raises(UserError, match="did you mean 'embedding_size'") as told:
        create("als", {"embeding_size": 8})
    assert "regularization" in str(told.value.fix)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("embedding_size", "8", "int"),
        ("embedding_size", 8.5, "int"),
        ("alpha", "much", "float"),
        ("alpha", True, "float"),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: object, allowed: str) -> None:
    with pytest.raises(UserError, match=rf"als\.{key}: found {value!r}.*allowed is {allowed}"):
        create("als", {key: value})


def test_learned_state_is_no_hyper_parameter() -> None:
    with pytest.raises(UserError, match="'vectors'"):
        create("als", {"vectors": 1})


def test_an_unknown_model_is_told_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="'bm25'") as told:
        create("bm25", {})
    assert "item_item" in str(told.value.fix)
