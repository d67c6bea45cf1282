"""An Airflow to work with for as long as a command lasts: the one that is up, or one of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from infra import airflow, ports, service
from infra.airflow_api import AirflowApi
from lake.home import Home
from schemas.errors import InfrastructureError, UserError

PARSE_TIMEOUT_S = 60


@contextlib.contextmanager
def airflow_session(home: Home, say: Callable[[str], None]) -> Iterator[AirflowApi]:
    """Airflow of `home`, logged in: the one `feedmill up` started, else one that is stopped at the end.

    `say` is told which. Raises UserError if another command is working with one of its own.
    """
    found = service.recorded(home, "airflow")
    if found is not None and found.purpose == "night":
        if found.owner.process() is not None:
            raise UserError(
                f"another feedmill command (process {found.owner.pid}) runs a night in {home.root}",
                fix="wait until it ends, or use another FEEDMILL_HOME",
            )
        service.stop(home, found)
        found = None
    own = found is None
    if own:
        say("starting Airflow")
    running = found or airflow.start(home, ports.any_free(), "night", triggerer=False)
    say(f"Airflow is up at {running.address}")
    try:
        with contextlib.closing(AirflowApi(home, running)) as api:
            if own:
                _fail_leftovers(api)
            yield api
    finally:
        if own:
            service.stop(home, running)


@contextlib.contextmanager
def unpaused(api: AirflowApi, dag: str) -> Iterator[None]:
    """`dag` takes on work within the block; paused again after it if it was paused before.

    So a night by hand does not switch the nightly schedule on. Waits until this Airflow has read the DAG.
    """
    _await_parsed(api, dag)
    paused = api.paused(dag)
    api.pause(dag, False)
    try:
        yield
    finally:
        if paused:
            with contextlib.suppress(InfrastructureError, UserError):
                api.pause(dag, True)


def _await_parsed(api: AirflowApi, dag: str) -> None:
    deadline = time.monotonic() + PARSE_TIMEOUT_S
    while time.monotonic() < deadline:
        parsed = api.parsed_at(dag)
        if parsed is not None and parsed >= api.began:
            return
        if errors := api.import_errors():
            raise UserError(f"Airflow could not read the DAGs:\n{errors}")
        time.sleep(0.3)
    raise InfrastructureError(f"Airflow did not read the DAG {dag} in {PARSE_TIMEOUT_S} s", fix="see stack/*.log")


def _fail_leftovers(api: AirflowApi) -> None:
    """Runs that a killed command left unfinished would begin again by themselves: end them."""
    for run in api.runs("~", "running", "queued"):
        api.fail(run["dag_id"], run["dag_run_id"], "left unfinished by a command that was stopped")
