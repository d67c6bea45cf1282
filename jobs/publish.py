"""If the decision is ship, one atomic switch of the live release; if it is hold, nothing changes and the night ends."""

from __future__ import annotations

from pathlib import Path

from jobs.decide import RECORD
from jobs.night import Night, StepReport
from jobs.releasing import mlflow_store
from schemas.decision import Decision
from schemas.errors import GateFailed
from serving.release import slots

KEEP = 5
"""Newest releases that are kept on disk, besides those that a slot holds."""


def run(night: Night) -> StepReport:
    """Publish the night's release.

    Raises GateFailed, leaving the live release alone, if the decision is hold or a person rolled this release back.
    """
    made = Decision.read(night.artifact("decision") / RECORD)
    folder = night.home.releases(night.surface.surface)
    live = slots.active_release(folder)
    if made.verdict != "ship":
        raise GateFailed(_held(made, live), fix=f"feedmill decision {made.surface} {made.day} shows every gate")
    if made.release_id in slots.withdrawn(folder):
        raise GateFailed(
            f"{made.release_id} was {_left(folder, made.release_id)} and is not published again; {_live(live)}",
            fix=f"feedmill rollback {made.surface} brings it back",
        )
    if live is not None and live.name == made.release_id:
        words = f"already published: {made.release_id} is live"
    elif live is not None and live.name[:10] > made.day:
        words = f"not moved: {live.name} is live and of a later day than this night"
        return StepReport(rows=0, summary=words, figures={"published": False, "live": live.name})
    else:
        slot = slots.switch(folder, made.release_id)
        words = f"{made.release_id} is live in {slot}; before: {live.name if live else 'none'}"
    mlflow_store.set_champion(night.home, made.surface, made.release_id)
    gone = slots.prune(folder, KEEP)
    published = words.startswith(made.release_id)
    figures = {"published": published, "live": made.release_id, "pruned": gone}
    return StepReport(rows=int(published), summary=words, figures=figures)


def _held(made: Decision, live: Path | None) -> str:
    failed = [f"  {gate}" for gate in made.gates if gate.verdict == "fail"]
    return "\n".join([f"held: {made.release_id} does not ship; {_live(live)}", *failed])


def _left(folder: Path, release_id: str) -> str:
    why = slots.why_left(folder)
    return f"left by a server ({why})" if why is not None and release_id in why else "rolled back by hand"


def _live(live: Path | None) -> str:
    return f"{live.name} stays live" if live is not None else "no release is live"
