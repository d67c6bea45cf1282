"""Run one step of a night: the one way both Airflow's tasks and `feedmill run` go."""

from __future__ import annotations

import importlib
import time

from jobs.night import Night, StepReport
from jobs.steps import Step


def run_step(night: Night, step: Step) -> StepReport:
    """Run `step` and keep its report at `<reports>/steps/<step>.json`; errors pass through."""
    began = time.monotonic()
    job = importlib.import_module(f"jobs.{step.job}")
    report: StepReport = job.run(night) if step.argument is None else job.run(night, step.argument)
    report.figures["seconds"] = round(time.monotonic() - began, 2)
    report.write(night.reports / "steps" / f"{step.name}.json")
    return report
