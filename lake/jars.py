"""Delta's two jars, resolved once at set-up into the environment, so that a night needs no network."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

DELTA = "4.4.0"
PACKAGE = f"io.delta:delta-spark_4.2_2.13:{DELTA}"
FOLDER = Path(sys.prefix) / "share" / "feedmill" / "jars"
EXCLUDES = "org.*:*,com.*:*,commons-*:*,io.unitycatalog:*,io.airlift:*,javax.*:*,io.delta:delta-kernel-*"
NAMES = ("delta-spark_4.2_2.13", "delta-storage")


def found() -> list[Path]:
    """The jars that are there already, in the order of NAMES; shorter than NAMES if set-up has not finished."""
    return [path for name in NAMES for path in sorted(FOLDER.glob(f"*{name}-{DELTA}.jar"))]


def resolve() -> list[Path]:
    """Resolve the jars with Spark's own resolver; does nothing if they are there."""
    if len(found()) == len(NAMES):
        return found()
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory() as folder:
        session = (
            SparkSession.builder.master("local[1]")
            .config("spark.jars.packages", PACKAGE)
            .config("spark.jars.excludes", EXCLUDES)
            .config("spark.jars.ivy", folder)
            .config("spark.ui.enabled", "false")
            .getOrCreate()
        )
        session.stop()
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in (Path(folder) / "jars").glob("*.jar"):
            shutil.copy(path, FOLDER / path.name)
    return found()


if __name__ == "__main__":
    print("\n".join(str(path) for path in resolve()))
