"""The DAG is the step list: same steps, same order, Spark around those that need it, tables as assets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dags.draw import draw, draw_broken
from jobs.steps import night
from schemas.errors import UserError
from surfaces.load import load, names


@pytest.mark.parametrize("name", names())
def test_every_step_is_a_task_that_waits_for_what_the_step_waits_for(name: str) -> None:
    surface = load(name)
    dag = draw(surface)
    steps = night(surface)
    assert dag.dag_id == name
    assert {task.task_id for task in dag.tasks} == {step.name for step in steps} | {"spark_start", "spark_stop"}
    for step in steps:
        task = dag.get_task(step.name)
        assert task.upstream_task_ids - {"spark_start"} == set(step.after)
        assert ("spark_start" in task.upstream_task_ids) == step.spark
        assert ("spark_stop" in task.downstream_task_ids) == step.spark
        assert task.arguments == ["step", step.name, name, "{day}"]


def test_spark_is_a_setup_with_its_teardown() -> None:
    dag = draw(load("shorts"))
    start, stop = dag.get_task("spark_start"), dag.get_task("spark_stop")
    assert start.is_setup
    assert stop.is_teardown
    assert not stop.on_failure_fail_dagrun
    assert stop.downstream_task_ids == set()


def test_one_night_at_a_time_and_retries_with_growing_patience() -> None:
    dag = draw(load("shorts"))
    assert dag.max_active_runs == 1
    assert not dag.catchup
    assert dag.start_date is None
    task = dag.get_task("join")
    assert task.retries == 3
    assert task.retry_exponential_backoff == 2.0
    assert task.retry_delay < task.max_retry_delay <= timedelta(minutes=10)


def test_a_table_that_one_step_writes_and_another_reads_is_one_asset() -> None:
    dag = draw(load("shorts"))
    written = {asset.name: asset.uri for asset in dag.get_task("join").outlets}
    read = {asset.name: asset.uri for asset in dag.get_task("features").inlets}
    assert written["shorts.silver.labelled"] == read["shorts.silver.labelled"] == "feedmill://shorts/silver/labelled"


def test_a_pattern_stands_for_every_table_it_matches() -> None:
    dag = draw(load("shorts"))
    written = {asset.name for asset in dag.get_task("ingest").outlets}
    assert {"shorts.bronze.impression", "shorts.bronze.user", "shorts.bronze.quarantine"} <= written
    assert not [name for name in written if "*" in name]


def test_a_surface_file_that_does_not_load_has_a_dag_that_says_so() -> None:
    dag = draw_broken("shorts", UserError("shorts.yaml: seeed: found an unknown key"))
    (task,) = dag.tasks
    assert task.arguments == ["steps", "shorts"]
    assert "seeed: found an unknown key" in str(dag.doc_md)
