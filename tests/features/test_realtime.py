"""Real-time features against plain arithmetic, and their place beside the others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from features.matrix import assemble
from features.realtime import SessionSoFar, realtime_features
from features.registry import realtime, registry, schema_hash
from features.request import Context
from features.tables import samples
from surfaces.surface import Session, Surface

NONE = np.empty((0, 0), np.float32)


def in_session(surface: Surface) -> Surface:
    return surface.model_copy(update={"session": Session(features=True)})


def test_a_session_in_figures() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    found = realtime_features(SessionSoFar(10, 3, 0, 5 * 60_000_000, vectors))
    assert found["session_log_impressions"] == pytest.approx(math.log(11))
    assert found["session_log_responses"] == pytest.approx(math.log(4))
    assert found["session_log_minutes"] == pytest.approx(math.log(6))
    assert found["session_focus"] == pytest.approx(math.sqrt(0.5))
    assert all(value == float(np.float32(value)) for value in found.values()), "a log of float32 keeps them"


def test_what_is_not_known_is_absent() -> None:
    assert realtime_features(None) == {}
    assert "session_focus" not in realtime_features(SessionSoFar(1, 0, 0, 0, NONE))


def test_a_surface_has_them_if_it_says_so(shorts: Surface) -> None:
    without = shorts.model_copy(update={"session": Session(features=False)})
    surface = in_session(shorts)
    assert realtime(without) == ()
    names = [feature.name for feature in realtime(surface)]
    assert set(names) == set(realtime_features(SessionSoFar(1, 1, 0, 1, np.ones((1, 2), np.float32))))
    assert set(names) <= set(samples(surface).names)
    assert schema_hash(registry(surface)) != schema_hash(registry(without))


def test_a_missing_value_takes_the_default(shorts: Surface) -> None:
    surface = in_session(shorts)
    place = [feature.name for feature in registry(surface)].index("session_focus")
    nothing = np.zeros(2, np.float32)
    context = Context.of_request(0, np.zeros(2, np.int64), 0, affinity=nothing, neighbours=nothing, duration_s=nothing)
    assert assemble(surface, context, {"session_focus": 0.5})[:, place].tolist() == [0.5, 0.5]
    assert assemble(surface, context, {})[:, place].tolist() == [0.0, 0.0]
