"""A release whose slates break rules is left for the one before, if that one would do better."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from serving.fallback.broken_rules import broken_rules
from serving.fallback.policy_watch import Excess
from serving.pipeline import recommend
from serving.release import slots
from serving.release.loaded import LoadedRelease
from surfaces.policy import Policy


def go_back(folder: Path, excess: Excess, policy: Policy, warm: Mapping[str, LoadedRelease]) -> str:
    """Point `active` below `folder` at the release before that of `excess`; what was done about it, in words.

    It stays where it is when there is none, when that one was left itself (until a new one is published nothing is
    gone back to twice), and when that one, loaded from `warm` or the disk, answers the same request no better.
    """
    before = slots.slot_release(folder, slots.idle_slot(folder))
    if before is None:
        return f"{excess}; it stays, for there is no release before it"
    if before.name in slots.withdrawn(folder):
        return f"{excess}; it stays, for {before.name} before it was left itself"
    other = warm.get(before.name) or LoadedRelease.load(before)
    if broken_rules(recommend(other, excess.ask), policy):
        return f"{excess}; it stays, for {before.name} before it breaks them too"
    why = f"{excess}; {before.name} before it answers again"
    return why if slots.leave(folder, excess.release_id, why) else f"{excess}; it was left already"
