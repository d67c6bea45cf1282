"""Airflow on this machine, configured in one place: SQLite, LocalExecutor, one password, no phoning home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from infra import ports, service
from infra.service import Purpose, Service
from lake.home import PROJECT, Home
from schemas.errors import InfrastructureError

START_TIMEOUT_S = 120


def settings(home: Home, port: int) -> dict[str, str]:
    """Airflow's configuration as environment variables; an AIRFLOW__... already set wins (a cluster's, say)."""
    chosen = {
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "infra" / "airflow_plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(os.cpu_count() or 2),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "AIRFLOW__API__HOST": ports.HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return chosen | {key: value for key, value in os.environ.items() if key.startswith("AIRFLOW__")}


def environment(home: Home, port: int) -> dict[str, str]:
    """What Airflow's processes, and so the tasks, are given."""
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    binaries = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return {
        **os.environ,
        **settings(home, port),
        "FEEDMILL_HOME": str(home.root),
        "PYTHONPATH": os.pathsep.join(paths),
        "PATH": os.pathsep.join(binaries),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONWARNINGS": "ignore",
    }


def start(home: Home, port: int, purpose: Purpose, *, triggerer: bool) -> Service:
    """Airflow of `home` on `port`: its database made or brought up to date, its processes up and answering.

    Raises InfrastructureError, with the last lines of the log, if a part does not come up.
    """
    variables = environment(home, port)
    _migrate(home, variables)
    commands = {
        "airflow-api-server": ["api-server"],
        "airflow-scheduler": ["scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": ["dag-processor"],
    }
    if triggerer:
        commands["airflow-triggerer"] = ["triggerer", "--skip-serve-logs"]
    members = tuple(
        service.launch(name, [_binary(), *arguments], variables, service.log_of(home, name))
        for name, arguments in commands.items()
    )
    started = Service("airflow", port, members, purpose, service.myself())
    service.record(home, started)
    try:
        ready = service.wait_until(lambda: answers(port), START_TIMEOUT_S, members=members)
        dead = started.dead() or ["airflow-api-server"]
    except BaseException:
        service.stop(home, started)
        raise
    if not ready:
        service.stop(home, started)
        raise InfrastructureError(
            f"Airflow did not come up: {dead[0]} {service.last_line(service.log_of(home, dead[0]))}",
            fix=f"see {home.root / 'stack'}",
        )
    return started


def answers(port: int) -> bool:
    """Whether Airflow's API answers on `port` and its scheduler and DAG processor report themselves healthy."""
    try:
        health = httpx.get(f"http://{ports.HOST}:{port}/api/v2/monitor/health", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


def log_in(home: Home) -> tuple[str, str, Path]:
    """User, password, and the file the password lies in."""
    path = home.airflow / "simple_auth_manager_passwords.json.generated"
    return "admin", str(json.loads(path.read_text())["admin"]), path


def _migrate(home: Home, variables: dict[str, str]) -> None:
    home.airflow.mkdir(parents=True, exist_ok=True)
    log = service.log_of(home, "airflow-migrate")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            [_binary(), "db", "migrate"], env=variables, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise InfrastructureError(f"Airflow's database could not be made: {service.last_line(log)}", fix=f"see {log}")


def _binary() -> str:
    return str(Path(sys.executable).with_name("airflow"))
