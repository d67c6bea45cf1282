"""The benchmark of serving: the release it makes up, and what it tells."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import onnx
import pytest
from rich.console import Console
from rich.table import Table

from infra.bench.big_release import another
from infra.bench.serving_limits import Peaks, multiplications
from infra.bench.serving_report import Told, runs, stages
from infra.bench.vectors import Cloud, Shape
from serving.release import slots
from tests.serving.releases import make_release


def words(table: Table) -> list[list[str]]:
    """The words of each line."""
    console = Console(file=io.StringIO(), width=160)
    console.print(table)
    return [line.replace("│", " ").split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_run_tells_speed_latency_and_what_an_answer_takes_of_a_core() -> None:
    told = Told("50/s", [0.002] * 99 + [0.030], failed=1, took=2.0, busy=0.5)
    assert ["50/s", "100", "1", "50", "2.00", "2.28", "5.00"] in words(runs([told]))
    assert ["flood", "0", "3", "0", "nan", "nan", "0.00"] in words(runs([Told("flood", failed=3, took=1.0)]))


def test_stages_stand_beside_their_limits() -> None:
    told = Told("50/s", stages=[{"rank": 3.0, "compose": 1.0}, {"rank": 3.0, "compose": 1.0}])
    lines = words(stages(told, {"rank": 1.5}))
    assert ["rank", "3.000", "3.000", "1.500", "2.0x"] in lines
    assert ["compose", "1.000", "1.000", "-", "-"] in lines
    assert ["all", "4.000", "4.000", "1.500", "2.7x"] in lines


def test_the_scarcest_resource_sets_the_limit() -> None:
    speed = Peaks(flops=100.0, read=10.0, rows=1.0)
    assert speed.seconds(flops=100, read=20, rows=1) == 2.0
    assert speed.seconds(flops=1000, read=20, rows=1) == 10.0


def test_multiplications_are_those_of_the_matrix_products(tmp_path: Path) -> None:
    sizes = {"w": (3, 5), "b": (5,)}
    stored = [onnx.numpy_helper.from_array(np.ones(size, np.float32), name) for name, size in sizes.items()]
    given, made = (onnx.helper.make_tensor_value_info(name, 1, None) for name in ("x", "y"))
    nodes = [onnx.helper.make_node("Gemm", ["x", "w", "b"], ["z"]), onnx.helper.make_node("Add", ["z", "b"], ["y"])]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [given], [made], stored)), tmp_path / "g.onnx")
    assert multiplications(tmp_path / "g.onnx") == 15


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


def test_another_release_is_the_same_files_under_another_id_and_whole(tmp_path: Path) -> None:
    make_release(tmp_path, "2026-01-08-first")
    slots.switch(tmp_path, "2026-01-08-first")
    seen = ["2026-01-08-first"]
    for _ in range(3):
        slots.switch(tmp_path, another(tmp_path))
        live = slots.active_release(tmp_path)
        assert live is not None
        assert live.name != seen[-1]
        seen.append(live.name)
        assert (live / "als" / "model.bin").read_text() == "model of 2026-01-08-first "
