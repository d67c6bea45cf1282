"""Fixtures that many rooms share: a home of its own for each test, one Spark server for all, the real logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.night import Night
from lake import spark
from lake.home import Home
from lake.tables import Lake
from surfaces.load import load

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REAL_DATA = os.environ.get("FEEDMILL_REAL_DATA", "")


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home whose Spark server every test shares; stopped at the end."""
    home = Home(tmp_path_factory.mktemp("spark"))
    yield home
    spark.stop(home)


@pytest.fixture
def home(tmp_path: Path, spark_home: Home) -> Home:
    """An empty home of this test's own, with the shared Spark server."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "spark").symlink_to(spark_home.spark)
    spark_home.spark.mkdir(exist_ok=True)
    return Home(tmp_path / "home")


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory, spark_home: Home) -> Home:
    """An empty home for all tests of one module, with the shared Spark server."""
    home = Home(tmp_path_factory.mktemp("module") / "home")
    home.root.mkdir()
    spark_home.spark.mkdir(exist_ok=True)
    (home.root / "spark").symlink_to(spark_home.spark)
    return home


@pytest.fixture(scope="session")
def spark_session(spark_home: Home) -> Iterator[SparkSession]:
    with spark.session(spark_home) as session:
        yield session


@pytest.fixture
def lake(home: Home) -> Lake:
    return Lake(home.lake("shorts"))


@pytest.fixture
def night(home: Home) -> Night:
    """The night of 2026-01-08 on the default surface, in an empty home."""
    return Night(load("shorts"), date(2026, 1, 8), home)


@pytest.fixture
def real_data() -> Path:
    """The folder of real public logs; the test is skipped, saying so, where it is absent."""
    if not REAL_DATA or not Path(REAL_DATA).is_dir():
        pytest.skip("FEEDMILL_REAL_DATA names no folder of real logs")
    return Path(REAL_DATA)
