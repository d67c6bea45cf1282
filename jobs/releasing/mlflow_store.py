"""MLflow on SQLite below the home: one experiment a surface, one run a night with a run per model, models with aliases.

Importing MLflow takes seconds, so it is imported only where a store is opened.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from lake.home import Home
from schemas.errors import InfrastructureError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.entities import Run

NIGHT, MODEL, RELEASE = "feedmill.night", "feedmill.model", "feedmill.release"
"""Tags by which a night's runs, a run's model and a version's release are found again."""
SURFACE, DAY, DECISION, ROLE = "feedmill.surface", "feedmill.day", "feedmill.decision", "feedmill.role"
"""Tags of every run of a night: whose, of which day, what was decided; and whose figures a run holds."""
PARENT = "mlflow.parentRunId"
CANDIDATE, CHAMPION = "candidate", "champion"
BUSY_S = 5
"""Seconds to wait, before MLflow is asked, for a database that another process is writing; MLflow waits 20."""

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")


@dataclass(frozen=True)
class Dataset:
    """A table that a run read: its content `digest`, where it lies, its Delta `version` and `rows`."""

    name: str
    digest: str
    path: str
    version: int
    rows: int


@dataclass(frozen=True)
class Store:
    """An open store; every method writes at once."""

    client: MlflowClient
    home: Home

    def experiment(self, surface: str) -> str:
        """The id of the surface's experiment, made if there is none."""
        found = self.client.get_experiment_by_name(surface)
        if found is not None:
            return str(found.experiment_id)
        place = (self.home.mlflow / "artifacts" / surface).as_uri()
        return str(self.client.create_experiment(surface, artifact_location=place))

    def forget(self, experiment: str, night: str) -> int:
        """Remove every run of `night`, with its pictures, so that a rerun replaces it; answers how many there were."""
        runs = self.client.search_runs([experiment], f"tags.`{NIGHT}` = '{night}'", max_results=1000)
        for run in runs:
            self.client.delete_run(run.info.run_id)
            shutil.rmtree(_local(run.info.artifact_uri).parent, ignore_errors=True)
        return len(runs)

    def start(self, experiment: str, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        """The id of a new run."""
        nested = {PARENT: parent} if parent else {}
        run: Run = self.client.create_run(experiment, run_name=name, tags={**tags, **nested})
        return str(run.info.run_id)

    def log(self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float | None]) -> None:
        """Parameters and final figures; a figure that was not measured is left out."""
        from mlflow.entities import Metric, Param

        kept = {_safe(name): value for name, value in metrics.items() if value is not None}
        self.client.log_batch(run, params=[Param(_safe(name), str(value)) for name, value in parameters.items()])
        points = [Metric(name, float(value), _now(), 0) for name, value in kept.items()]
        for first in range(0, len(points), 1000):
            self.client.log_batch(run, metrics=points[first : first + 1000])

    def log_curves(self, run: str, curves: Mapping[str, Sequence[float]]) -> None:
        """Learning curves, one value a step from 1."""
        self.log_points(run, {name: dict(enumerate(values, start=1)) for name, values in curves.items()})

    def log_points(self, run: str, curves: Mapping[str, Mapping[int, float]]) -> None:
        """Curves over whole numbers from 0, such as positions or lengths of lists: value by step."""
        from mlflow.entities import Metric

        points = [
            Metric(_safe(name), float(value), _now(), step)
            for name, values in curves.items()
            for step, value in values.items()
        ]
        for first in range(0, len(points), 1000):
            self.client.log_batch(run, metrics=points[first : first + 1000])

    def log_datasets(self, run: str, datasets: Sequence[Dataset], context: str) -> None:
        """The tables that a run read, with their Delta versions and rows."""
        from mlflow.entities import Dataset as Entity
        from mlflow.entities import DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Entity(
                    name=one.name,
                    digest=one.digest,
                    source_type="delta_table",
                    source=json.dumps({"path": one.path, "delta_table_version": one.version}),
                    profile=json.dumps({"num_rows": one.rows}),
                ),
                tags=[InputTag("mlflow.data.context", context)],
            )
            for one in datasets
        ]
        self.client.log_inputs(run, inputs)

    def log_file(self, run: str, path: Path) -> None:
        self.client.log_artifact(run, str(path))

    def log_picture(self, run: str, key: str, figure: Figure) -> None:
        """A picture that MLflow's charts and its compare view show beside those of other runs with the same `key`."""
        from PIL import Image

        drawn = BytesIO()
        figure.savefig(drawn, format="png", dpi=110)
        self.client.log_image(run, Image.open(drawn), key=key, step=0, synchronous=True)
        self.client.log_image(run, Image.open(drawn), artifact_file=f"{key}.png")

    def end(self, run: str) -> None:
        self.client.set_terminated(run)

    def register(self, name: str, folder: Path, run: str, release: str) -> None:
        """A version of model `name` for `release`, replacing an earlier one for it, as the candidate."""
        from mlflow.exceptions import MlflowException

        with contextlib.suppress(MlflowException):  # it exists
            self.client.create_registered_model(name)
        was_champion = False
        for old in self._versions(name, release):
            was_champion |= CHAMPION in old.aliases
            self.client.delete_model_version(name, old.version)
        version = self.client.create_model_version(name, folder.as_uri(), run, tags={RELEASE: release})
        self.client.set_registered_model_alias(name, CANDIDATE, version.version)
        if was_champion:
            self.client.set_registered_model_alias(name, CHAMPION, version.version)

    def promote(self, surface: str, release: str) -> list[str]:
        """Give alias champion to the models of `release`; answers their names. Models it lacks keep no champion."""
        named = []
        for model in self.client.search_registered_models(f"name LIKE '{surface}.%'"):
            versions = self._versions(model.name, release)
            if versions:
                self.client.set_registered_model_alias(model.name, CHAMPION, versions[0].version)
                named.append(model.name)
            elif CHAMPION in model.aliases:
                self.client.delete_registered_model_alias(model.name, CHAMPION)
        return named

    def _versions(self, name: str, release: str) -> list[Any]:
        found = self.client.search_model_versions(f"name = '{name}' AND tags.`{RELEASE}` = '{release}'")
        return [self.client.get_model_version(name, one.version) for one in found]


@contextlib.contextmanager
def opened(home: Home) -> Iterator[Store]:
    """The store of `home`. Raises InfrastructureError if its database is locked by another process."""
    home.mlflow.mkdir(parents=True, exist_ok=True)
    database = home.mlflow / "mlflow.db"
    _probe(database)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    try:
        client = MlflowClient(tracking_uri=f"sqlite:///{database}?timeout={BUSY_S}")
        client.search_registered_models(max_results=1)  # connects; later, a lock would be retried for minutes
        yield Store(client, home)
    except (MlflowException, OperationalError) as error:
        if "locked" not in str(error):
            raise InfrastructureError(f"MLflow failed on {database}: {str(error).splitlines()[0]}") from error
        raise _locked(database) from error


def set_champion(home: Home, surface: str, release: str) -> list[str]:
    """Alias champion to the models of `release`, the one now live; nothing to do where no night was ever tracked."""
    if not (home.mlflow / "mlflow.db").exists():
        return []
    with opened(home) as store:
        return store.promote(surface, release)


def _probe(database: Path) -> None:
    """Fail in seconds and in words if the database is locked, before MLflow tries for minutes."""
    connection = sqlite3.connect(database, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise _locked(database) if "locked" in str(error) else InfrastructureError(f"{database}: {error}") from error
    finally:
        connection.close()


def _locked(database: Path) -> InfrastructureError:
    return InfrastructureError(
        f"MLflow's database {database} is locked: another process is writing it",
        fix=f"find it with `fuser {database}`, let it end, and run the step again",
    )


def _safe(name: str) -> str:
    """`recall@50` as MLflow allows it: letters, digits, spaces and `_-./:` only."""
    return re.sub(r"[^\w\-./: ]", "_", name.replace("@", "_at_"))


def _local(uri: str) -> Path:
    return Path(unquote(urlparse(uri).path))


def _now() -> int:
    return int(time.time() * 1000)
