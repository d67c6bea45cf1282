from __future__ import annotations

from typing import Any

import pytest

from schemas.logs import IMPRESSION, REQUEST
from serving.logs.soundness import sound

WHOLE = {"schema_version": 1, "request_id": "r", "requested_at": "2026-01-09T12:00:00.000000Z"}


@pytest.mark.parametrize(
    ("change", "is_sound"),
    [
        ({}, True),
        ({"size": 5, "seen": ["a"], "state": {"x": 1}, "sampled": True, "what nobody knows": object()}, True),
        ({"size": None}, True),
        ({"requested_at": None}, False),
        ({"requested_at": "noon"}, False),
        ({"requested_at": "2026-01-09T12:00:00"}, False),
        ({"request_id": 7}, False),
        ({"size": "5"}, False),
        ({"size": True}, False),
        ({"seen": "a"}, False),
        ({"state": {"x": "1"}}, False),
    ],
)
def test_a_row_has_what_is_required_and_nothing_of_another_type(change: dict[str, Any], *, is_sound: bool) -> None:
    assert sound(WHOLE | change, REQUEST) == is_sound


def test_a_row_of_another_layer_is_none() -> None:
    assert not sound(WHOLE, IMPRESSION)
