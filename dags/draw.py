"""How a surface's night becomes a DAG."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from dags.lineage import assets, known_names
from dags.task import DAY, Feedmill
from dags.timetable import Nightly
from jobs.steps import Step, night
from schemas.errors import UserError
from surfaces.surface import Surface

RETRIES: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
}


def draw(surface: Surface) -> DAG:
    """The DAG of `surface`: its steps in their order, those that need Spark between its start and its stop.

    It has no start date: with one that lies in the past, unpausing it would start a night at once.
    """
    name = surface.surface
    with DAG(
        dag_id=name,
        schedule=Nightly(),
        catchup=False,
        max_active_runs=1,
        default_args=RETRIES,
        params={"day": Param(None, type=["null", "string"], format="date", description="UTC day, if no partition key")},
        description=surface.description,
        doc_md=_page(surface),
        tags=["feedmill"],
    ) as dag:
        _tasks(name, night(surface))
    return dag


def _tasks(name: str, steps: tuple[Step, ...]) -> None:
    known = known_names(steps)
    tasks = {
        step.name: Feedmill(
            task_id=step.name,
            arguments=["step", step.name, name, DAY],
            doc=step.doc,
            inlets=assets(name, step.reads, known),
            outlets=assets(name, step.writes, known),
            weight_rule="upstream",
        )
        for step in steps
    }
    for step in steps:
        tasks[step.name].set_upstream([tasks[before] for before in step.after])
    _spark(name, [tasks[step.name] for step in steps if step.spark])


def _spark(name: str, users: list[Feedmill]) -> None:
    """Start Spark before the first of `users` and stop it after the last, whether they pass or fail."""
    start = Feedmill(task_id="spark_start", arguments=["spark", "start", name, DAY], doc="one Spark for the night")
    stop = Feedmill(task_id="spark_stop", arguments=["spark", "stop", name, DAY], doc="give its memory back")
    start.as_setup() >> users >> stop.as_teardown(setups=start)  # type: ignore[no-untyped-call]


def draw_broken(name: str, mistake: UserError) -> DAG:
    """A DAG for a surface file that does not load: it tells what is wrong, and leaves the other surfaces alone."""
    with DAG(dag_id=name, schedule=None, doc_md=f"```\n{mistake}\n```", tags=["feedmill", "broken"]) as dag:
        Feedmill(task_id="surface_file", arguments=["steps", name], doc="fails with what is wrong in the file")
    return dag


def _page(surface: Surface) -> str:
    lines = [f"- **{step.name}**: {step.doc}" for step in night(surface)]
    return "\n".join([f"One night of `{surface.surface}`.", "", *lines])
