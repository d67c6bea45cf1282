"""The light client of a Spark Connect server, which gives up at once when its server has died."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator

from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession

MAX_RETRIES = 8
CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"
"""Set in the environment, it tells `pyspark.sql.functions` that they speak to a server."""


class WhileAlive(DefaultPolicy):
    """Repeats a call that got no answer, but only while the server lives.

    Spark's own policy goes on for ten minutes after the server is gone.
    """

    def __init__(self, alive: Callable[[], bool]) -> None:
        super().__init__(max_retries=MAX_RETRIES)
        self._alive = alive

    def can_retry(self, exception: BaseException) -> bool:
        """Whether `exception` may pass and somebody is there to ask again."""
        return bool(super().can_retry(exception)) and self._alive()


@contextlib.contextmanager
def client(remote: str, alive: Callable[[], bool]) -> Iterator[SparkSession]:
    """A session of the server at `remote` (an `sc://` address), closed however its work ends.

    Left open it would stay Spark's active session, which parts of pyspark ask although others have been made since.
    """
    # Spark logs each failed query as one line of JSON with the JVM's whole stack; the error is raised all the same.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    os.environ[CONNECT_MODE] = "1"
    session = SparkSession.builder.remote(remote).create()
    session.client.set_retry_policies([WhileAlive(alive)])
    try:
        yield session
    finally:
        session.release_session_on_close = alive()
        session.stop()
