"""Surfaces that the tests of this room share."""

from __future__ import annotations

import pytest

from surfaces.load import load
from surfaces.surface import Surface


@pytest.fixture
def shorts() -> Surface:
    return load("shorts")


@pytest.fixture
def userless() -> Surface:
    """A surface whose logs have no users, no history and no creators, with one outcome."""
    return Surface.model_validate(
        {
            "surface": "arms",
            "description": "no users",
            "outcomes": {"buy": {"kind": "binary", "window": "1d"}},
            "training": {"positives": {"buy": 1.0}},
            "retrieval": {"popular": {}},
            "lacks": ["user", "history", "creator"],
        }
    )
