"""feedmill steps: the step list, with what each reads and writes."""

from __future__ import annotations

from cli.screen import SurfaceName, console
from jobs.steps import night
from surfaces.load import load


def steps(surface: SurfaceName) -> None:
    """List the steps of SURFACE's night: what each does, waits for, reads and writes."""
    for step in night(load(surface)):
        console.print(f"[bold]{step.name}[/]  {step.doc}")
        for label, names in (("after", step.after), ("reads", step.reads), ("writes", step.writes)):
            if names:
                console.print(f"    {label:<7}{', '.join(names)}", markup=False)
