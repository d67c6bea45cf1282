"""Airflow, MLflow and serving, up until they are taken down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from infra import airflow, mlflow_ui, ports, server, service
from infra.service import Service
from lake.home import Home
from schemas.errors import InfrastructureError, UserError

NAMES = ("airflow", "mlflow", "serving")
START_TIMEOUT_S = 120


def up(home: Home) -> list[Service]:
    """Start what is not up yet, on the configured ports; every service, in the order of NAMES.

    Raises UserError if a port is taken, before anything is started; if a service does not come up, those that were
    started with it are stopped again and InfrastructureError names it.
    """
    found = {name: _whole(home, name) for name in NAMES}
    missing = {name: ports.require_free(name) for name in NAMES if found[name] is None}
    with ExitStack() as undo:
        waiting: list[tuple[Service, Callable[[int], bool]]] = []
        if "mlflow" in missing:
            waiting.append((_started(undo, home, mlflow_ui.launch(home, missing["mlflow"])), mlflow_ui.answers))
        if "serving" in missing:
            waiting.append((_started(undo, home, server.launch(home, missing["serving"], "up")), server.answers))
        if "airflow" in missing:
            _started(undo, home, airflow.start(home, missing["airflow"], "up", triggerer=True))
        for started, answers in waiting:
            _await(home, started, answers)
        undo.pop_all()
    return [one for name in NAMES if (one := service.recorded(home, name)) is not None]


def down(home: Home) -> list[str]:
    """Stop everything that runs for this home; the names of what was stopped.

    Raises UserError if a night by hand is at work: it stops what it started when it ends.
    """
    airflow_now = service.recorded(home, "airflow")
    if airflow_now is not None and airflow_now.purpose == "night" and airflow_now.owner.process() is not None:
        raise UserError(
            f"a feedmill command (process {airflow_now.owner.pid}) is running a night", fix="wait, or end it by Ctrl-C"
        )
    stopped = []
    for name in (*NAMES, "serving-sample"):
        running = service.recorded(home, name)
        if running is not None:
            service.stop(home, running)
            stopped.append(name)
    return stopped


def _whole(home: Home, name: str) -> Service | None:
    """The service if all of it runs; one of which a part has died, or that a killed command left, is stopped."""
    found = service.recorded(home, name)
    if found is None:
        return None
    if found.purpose == "night" and found.owner.process() is not None:
        raise UserError(f"a feedmill command (process {found.owner.pid}) is running a night", fix="wait until it ends")
    if found.purpose == "up" and not found.dead():
        return found
    service.stop(home, found)
    return None


def _started(undo: ExitStack, home: Home, one: Service) -> Service:
    undo.callback(service.stop, home, one)
    return one


def _await(home: Home, one: Service, answers: Callable[[int], bool]) -> None:
    if not service.wait_until(lambda: answers(one.port), START_TIMEOUT_S, members=one.members):
        log = service.log_of(home, one.name)
        raise InfrastructureError(f"{one.name} did not come up: {service.last_line(log)}", fix=f"see {log}")
