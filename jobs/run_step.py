"""Run one step of a night: the one way both Airflow's tasks and `feedmill run` go."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from jobs.night import Night, StepReport
from jobs.steps import Step
from schemas.errors import InfrastructureError, UserError

WAIT_S = 1800.0


def run_step(night: Night, step: Step) -> StepReport:
    """Run `step` and keep its report at `<reports>/steps/<step>.json`; errors pass through.

    Steps that write tables, and the one that publishes, wait for another night of the same surface to leave them;
    the others wait only for themselves.
    """
    job = importlib.import_module(f"jobs.{step.job}")
    with _step_lock(night, step):
        began = time.monotonic()
        report: StepReport = job.run(night) if step.argument is None else job.run(night, step.argument)
        report.figures["seconds"] = round(time.monotonic() - began, 2)
        report.write(night.reports / "steps" / f"{step.name}.json")
    return report


@contextlib.contextmanager
def night_lock(night: Night) -> Iterator[None]:
    """Held while `feedmill run` runs a night; a second one of the same surface is refused, naming the first."""
    folder = _lock_folder(night)
    holder = folder / "night.holder"
    lock = FileLock(folder / "night.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        running = holder.read_text().strip() if holder.exists() else "another night"
        raise UserError(
            f"{running} is running: two nights of {night.surface.surface} do not run at once", fix="wait until it ends"
        ) from None
    try:
        holder.write_text(night.name)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def _step_lock(night: Night, step: Step) -> Iterator[None]:
    name = "tables" if step.spark else "releases" if step.name == "publish" else f"{night.day}-{step.name}"
    lock = FileLock(_lock_folder(night) / f"{name}.lock", timeout=WAIT_S)
    try:
        lock.acquire()
    except Timeout:
        raise InfrastructureError(
            f"{step.name} of {night.name} waited {WAIT_S:.0f} s for another night of {night.surface.surface}",
            fix="let the other night end, then run this step again",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _lock_folder(night: Night) -> Path:
    folder = night.home.root / "locks" / night.surface.surface
    folder.mkdir(parents=True, exist_ok=True)
    return folder
