"""The benchmark of serving: the release it makes up, and what it tells."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.vectors import Cloud, Shape


@pytest.mark.parametrize("directions", [10.0, 40.0])
def test_made_up_vectors_spread_over_as_many_directions_as_asked(directions: float) -> None:
    cloud = Cloud(Shape(directions, 0.2), 64, 20_000, np.random.default_rng(3))
    items, users = cloud.items(20_000), cloud.users(500)
    np.testing.assert_allclose(np.linalg.norm(items, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(users, axis=1), 1.0, atol=1e-5)
    variances = np.linalg.eigvalsh(np.cov(items.T))
    assert variances.sum() ** 2 / np.square(variances).sum() == pytest.approx(directions, rel=0.15)


def test_vectors_of_a_shape_with_more_between_clusters_lie_closer_together() -> None:
    def nearest(between: float) -> float:
        items = Cloud(Shape(20.0, between), 32, 2000, np.random.default_rng(3)).items(2000)
        likeness = items @ items.T
        np.fill_diagonal(likeness, -1.0)
        return float(likeness.max(axis=1).mean())

    assert nearest(0.8) > nearest(0.1) + 0.1
