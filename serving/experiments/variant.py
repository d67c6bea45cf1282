"""A release as one user's arms have it: other value weights, other keys of the slate, all else the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface


def in_arms(release: LoadedRelease, arms: Sequence[str]) -> LoadedRelease:
    """`release` under the surface that `arms` (as `layer:arm`) make of its own; the same object if they change
    nothing. An arm that the release's surface does not have changes nothing."""
    surface = with_arms(release.surface, arms) if arms else release.surface
    return release if surface is release.surface else replace(release, surface=surface)


def with_arms(surface: Surface, arms: Sequence[str]) -> Surface:
    """`surface` with what `arms` change, later layers over earlier ones; what they say was validated with the file."""
    value: dict[str, float] = {}
    slate: dict[str, object] = {}
    for named in arms:
        layer, _, name = named.partition(":")
        arm = surface.experiments.layers[layer].arms.get(name) if layer in surface.experiments.layers else None
        if arm is not None:
            value |= arm.value
            slate |= arm.slate
    changed: dict[str, object] = {"value": {**surface.value, **value}} if value else {}
    if slate:
        changed["slate"] = type(surface.slate).model_validate(surface.slate.model_dump() | slate)
    return surface.model_copy(update=changed) if changed else surface
