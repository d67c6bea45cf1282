"""feedmill down: stop what `feedmill up` started."""

from __future__ import annotations

from cli.screen import console
from lake.home import Home


def down() -> None:
    """Stop Airflow, MLflow and serving of this home, and all their processes."""
    from infra import stack

    stopped = stack.down(Home.default())
    console.print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
