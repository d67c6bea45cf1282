"""feedmill stages: what a request goes through, stage by stage."""

from __future__ import annotations

from rich.table import Table

from cli.screen import SurfaceName, console
from surfaces.duration import write
from surfaces.load import load


def stages(surface: SurfaceName) -> None:
    """Print the stages of a request on SURFACE in their order, their deadlines, and the steps down from each."""
    found = load(surface)
    from serving.fallback.chain import LIGHT, SOURCE, STAND_INS
    from serving.pipeline import STAGES

    deadlines = {"retrieve": found.deadlines.retrieve, "rank": found.deadlines.rank}
    down = {"retrieve": f"without the source ({SOURCE}NAME), then {', '.join(STAND_INS)}", "rank": LIGHT}
    table = Table("stage", "what it does", "deadline", "if it does not answer")
    for stage in STAGES:
        name, deadline = stage.__name__, deadlines.get(stage.__name__)
        words = (stage.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
        table.add_row(name, words, write(deadline) if deadline else "", down.get(name, ""))
    console.print(table)
    slate = found.slate
    console.print(f"what gives way, in this order: {', '.join(slate.relax)}", markup=False)
    console.print(f"policy: {slate.exploration.words(slate.exploration)}", markup=False)
