"""feedmill up: Airflow, MLflow and serving, until `feedmill down`."""

from __future__ import annotations

from cli.screen import console
from lake.home import Home


def up() -> None:
    """Start Airflow, MLflow and serving (what is not up yet) and print their addresses and log-ins."""
    from infra import airflow, stack

    home = Home.default()
    console.print(f"starting what is not up, for {home.root}")
    log_ins = {"mlflow": "no log-in", "serving": "no log-in; its interface is at /docs"}
    for service in stack.up(home):
        if service.name == "airflow":
            user, password, path = airflow.log_in(home)
            log_ins["airflow"] = f"user {user}, password {password} (kept in {path})"
        console.print(f"  {service.name:<8} {service.address:<24} {log_ins[service.name]}", markup=False)
    console.print("`feedmill down` stops them; their logs are in " + str(home.root / "stack"))
