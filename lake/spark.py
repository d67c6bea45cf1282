"""One Spark a night: a Spark Connect server that tasks share as light clients, or the cluster SPARK_REMOTE names."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil
from filelock import FileLock

from lake import jars, java
from lake.home import Home
from schemas.errors import InfrastructureError, UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

START_TIMEOUT_S = 90


@dataclass(frozen=True)
class Endpoint:
    """A Connect server of this machine: its process, port and token."""

    pid: int
    port: int
    token: str

    def alive(self) -> bool:
        """Whether the process runs and its port answers."""
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE or "SparkConnectServer" not in " ".join(process.cmdline()):
                return False
            with socket.create_connection(("localhost", self.port), timeout=2):
                return True
        return False


def settings(cores: int) -> dict[str, str]:
    """Spark's configuration, in one place; SPARK_MASTER, FEEDMILL_SPARK_MEMORY and FEEDMILL_SPARK_CONF override it."""
    chosen = {
        "spark.master": os.environ.get("SPARK_MASTER", f"local[{cores}]"),
        "spark.driver.memory": os.environ.get("FEEDMILL_SPARK_MEMORY", "5g"),
        # The code generated for wide rows exceeds what the JVM compiles by default, and would be interpreted for ever.
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC -XX:-DontCompileHugeMethods",
        "spark.sql.codegen.maxFields": "500",
        "spark.ui.enabled": "false",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.sql.files.maxPartitionBytes": "32m",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.legacy.parquet.nanosAsLong": "true",
        "spark.sql.maxConcurrentOutputFileWriters": "64",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.databricks.delta.schema.autoMerge.enabled": "true",
        "spark.databricks.delta.stats.collect": "false",
        "spark.pyspark.python": sys.executable,
        "spark.pyspark.driver.python": sys.executable,
    }
    for pair in filter(None, os.environ.get("FEEDMILL_SPARK_CONF", "").split(";")):
        key, _, value = pair.partition("=")
        chosen[key.strip()] = value.strip()
    return chosen


def running(home: Home) -> Endpoint | None:
    """The live server of `home`, or None."""
    state = home.spark / "server.json"
    if not state.exists():
        return None
    endpoint = Endpoint(**json.loads(state.read_text()))
    return endpoint if endpoint.alive() else None


def start(home: Home) -> Endpoint:
    """The live server of `home`, started if there is none.

    Raises UserError without Java, InfrastructureError if the server does not answer in time.
    """
    home.spark.mkdir(parents=True, exist_ok=True)
    with FileLock(home.spark / "server.lock"):
        endpoint = running(home)
        return endpoint if endpoint is not None else _launch(home)


def stop(home: Home) -> bool:
    """Stop the server of `home`; False if none ran. Clients at work then fail as infrastructure."""
    home.spark.mkdir(parents=True, exist_ok=True)
    with FileLock(home.spark / "server.lock"):
        endpoint = running(home)
        (home.spark / "server.json").unlink(missing_ok=True)
        if endpoint is None:
            return False
        process = psutil.Process(endpoint.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except psutil.TimeoutExpired:
            process.kill()
        return True


def hold(home: Home, night: str) -> Endpoint | None:
    """Start the server if need be and note that `night` uses it, so that `release` by another leaves it up.

    Does nothing, and returns None, where SPARK_REMOTE names a cluster's.
    """
    if os.environ.get("SPARK_REMOTE"):
        return None
    endpoint = start(home)
    leases = home.spark / "leases"
    leases.mkdir(exist_ok=True)
    (leases / night).touch()
    return endpoint


def release(home: Home, night: str) -> bool:
    """`night` no longer uses the server; stops it, and returns True, if no other night holds it."""
    leases = home.spark / "leases"
    (leases / night).unlink(missing_ok=True)
    if leases.is_dir() and any(leases.iterdir()):
        return False
    return stop(home)


@contextlib.contextmanager
def session(home: Home) -> Iterator[SparkSession]:
    """A client of SPARK_REMOTE if set, else of this home's server, which is started if it is not up.

    Failures to reach it, its death in mid-job, and failures of a query are raised as InfrastructureError.
    """
    remote, alive = os.environ.get("SPARK_REMOTE"), _always
    if remote is None:
        endpoint = start(home)
        remote, alive = _local_remote(endpoint), endpoint.alive
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from pyspark.errors.exceptions.base import PySparkException

        from lake.spark_client import client

        try:
            with client(remote, alive) as connected:
                yield cast("SparkSession", connected)
        except PySparkException as error:
            told = _headline(error) if alive() else "the server died while the step ran"
            raise InfrastructureError(f"Spark failed: {told}", fix=_where_to_look(home)) from error


def _always() -> bool:
    return True


def _local_remote(endpoint: Endpoint) -> str:
    return f"sc://localhost:{endpoint.port}/;token={endpoint.token}"


def _headline(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:500]


def _where_to_look(home: Home) -> str:
    return f"see {home.spark / 'server.log'}; run the step again, which starts a new server if this one died"


def _launch(home: Home) -> Endpoint:
    java.require()
    delta = jars.found()
    if len(delta) < len(jars.NAMES):
        raise UserError(f"Delta's jars are not in {jars.FOLDER}", fix="run `make setup`")
    port, token = _free_port(), secrets.token_hex(16)
    import pyspark

    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += ["--jars", ",".join(str(path) for path in delta)]
    chosen = settings(cores=os.cpu_count() or 2)
    chosen |= {"spark.connect.grpc.binding.address": "localhost", "spark.connect.grpc.binding.port": str(port)}
    chosen |= {"spark.sql.warehouse.dir": str(home.spark / "warehouse"), "spark.local.dir": str(home.spark / "local")}
    for key, value in chosen.items():
        command += ["--conf", f"{key}={value}"]
    command.append("spark-internal")
    environment = os.environ | {"SPARK_CONNECT_AUTHENTICATE_TOKEN": token, "PYSPARK_PYTHON": sys.executable}
    environment["PYTHONWARNINGS"] = "ignore::FutureWarning"
    for name in ("SPARK_REMOTE", "SPARK_HOME"):
        environment.pop(name, None)
    with (home.spark / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=home.spark,
            start_new_session=True,
        )
    endpoint = Endpoint(process.pid, port, token)
    try:
        _await(process, endpoint, home)
    except BaseException:  # an interruption too: nobody else knows of the process yet
        process.kill()
        raise
    partial = home.spark / "server.json.part"
    partial.write_text(json.dumps(asdict(endpoint)))
    partial.chmod(0o600)
    partial.replace(home.spark / "server.json")
    return endpoint


def _await(process: subprocess.Popen[bytes], endpoint: Endpoint, home: Home) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if endpoint.alive():
            return
        time.sleep(0.2)
    lines = (home.spark / "server.log").read_text(errors="replace").strip().splitlines()
    raise InfrastructureError(
        f"the Spark server did not start (exit {process.poll()}): {lines[-1] if lines else 'no output'}",
        fix=f"see {home.spark / 'server.log'}; `feedmill doctor` checks Java, jars and ports",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
