"""Whose models are judged on a held-out day: the night's own, or those of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features.registry import registry, schema_hash
from jobs.judging.champion import Champion
from jobs.night import Night
from jobs.releasing.assembly import parts
from models.ranker_description import Description
from schemas.errors import UserError
from surfaces.surface import Surface


@dataclass(frozen=True)
class Contender:
    """`models`: the folder of each model and of the index, by name; `feature_schema`: of the features they know."""

    name: str
    surface: Surface
    models: Mapping[str, Path]
    feature_schema: str

    @classmethod
    def of_night(cls, night: Night) -> Contender:
        """The models that the night trained, under its surface file.

        Raises UserError if its ranker was trained on other features than this program computes.
        """
        models = {name: night.artifact(name) for name in parts(night.surface) if night.has_artifact(name)}
        here = schema_hash(registry(night.surface))
        trained = Description.read(models["ranker"]).feature_schema if "ranker" in models else here
        if trained != here:
            raise UserError(
                f"the ranker of {night.name} was trained on feature schema {trained}; this Feedmill makes {here}",
                fix=f"feedmill run {night.surface.surface} {night.day} --from features",
            )
        return cls("candidate", night.surface, models, here)

    @classmethod
    def of_release(cls, release: Champion) -> Contender:
        """The models in a release, under the surface file it was made with."""
        models = {name: release.folder / name for name in parts(release.surface)}
        return cls(release.manifest.release_id, release.surface, models, release.manifest.feature_schema)

    def knows_features_of(self, night: Night) -> bool:
        """Whether it can be given the features that the night has."""
        return self.feature_schema == schema_hash(registry(night.surface))
