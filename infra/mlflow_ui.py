"""MLflow's web interface over the runs of this home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx

from infra import ports, service
from infra.service import Service
from lake.home import Home


def launch(home: Home, port: int) -> Service:
    """Start it; `answers` tells when it is ready (some 15 s)."""
    home.mlflow.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("mlflow")), "ui", "--workers", "1"]
    command += ["--backend-store-uri", store(home), "--host", ports.HOST, "--port", str(port)]
    variables = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    process = service.launch("mlflow", command, variables, service.log_of(home, "mlflow"))
    started = Service("mlflow", port, (process,), "up", service.myself())
    service.record(home, started)
    return started


def answers(port: int) -> bool:
    """Whether it answers on `port`."""
    try:
        return httpx.get(f"http://{ports.HOST}:{port}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def store(home: Home) -> str:
    """Where the night keeps its runs."""
    return f"sqlite:///{home.mlflow / 'mlflow.db'}"
