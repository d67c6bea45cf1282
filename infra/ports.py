"""The ports that Airflow, MLflow and serving listen on, and the error when one is taken."""

from __future__ import annotations

import os
import socket

import psutil

from schemas.errors import UserError

DEFAULTS = {"airflow": 8080, "mlflow": 5000, "serving": 8000}
HOST = "127.0.0.1"


def variable(service: str) -> str:
    """The environment variable that moves `service` to another port: FEEDMILL_AIRFLOW_PORT and so on."""
    return f"FEEDMILL_{service.upper()}_PORT"


def configured() -> dict[str, int]:
    """The port of each service, as the environment or the default has it; raises UserError for one that is no port."""
    return {service: _port(service) for service in DEFAULTS}


def require_free(service: str) -> int:
    """The configured port of `service`; raises UserError naming who holds it if it is taken."""
    port = configured()[service]
    if is_free(port):
        return port
    raise UserError(
        f"port {port} for {service} is taken{_holder(port)}",
        fix=f"stop what listens there, or choose another: {variable(service)}={any_free()}",
    )


def is_free(port: int) -> bool:
    """Whether nothing of this machine listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port(service: str) -> int:
    text = os.environ.get(variable(service), str(DEFAULTS[service]))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise UserError(f"{variable(service)}: found {text!r}; allowed is a port from 1 to 65535")
    return int(text)


def _holder(port: int) -> str:
    for connection in psutil.net_connections("tcp"):
        if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
            if connection.pid is None:
                break
            return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""
