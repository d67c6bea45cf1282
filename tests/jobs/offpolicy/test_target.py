from __future__ import annotations

from datetime import date

import pytest

from jobs.night import Night
from jobs.offpolicy.target import folder_of, standing, under
from schemas.errors import UserError
from serving.release.loaded import LoadedRelease
from surfaces.load import load
from tests.jobs.offpolicy.served import DAY, LOGGING, exploring_surface
from tests.serving.tiny_release import seal


def test_a_release_of_an_earlier_day_stands_as_it_is(served_night: Night) -> None:
    with standing(served_night, folder_of(served_night, LOGGING), DAY, None) as release:
        assert release.release_id == LOGGING


def test_a_release_of_a_later_day_may_have_learned_from_the_logs(served_night: Night) -> None:
    folder = folder_of(served_night, LOGGING)
    with pytest.raises(UserError, match="may have learned"), standing(served_night, folder, date(2026, 1, 7), None):
        pass


def test_a_release_that_is_not_there_is_told_with_those_that_are(served_night: Night) -> None:
    with pytest.raises(UserError, match="there is no release 'nope'") as told:
        folder_of(served_night, "nope")
    assert LOGGING in str(told.value)


def test_another_surface_file_changes_the_policy_alone(served_night: Night) -> None:
    release = LoadedRelease.load(folder_of(served_night, LOGGING))
    other = exploring_surface(epsilon=0.4)
    assert under(served_night, release, other).surface is other
    assert under(served_night, release, None) is release


def test_another_surface_is_another_matter(served_night: Night) -> None:
    release = LoadedRelease.load(folder_of(served_night, LOGGING))
    with pytest.raises(UserError, match="is of surface shorts"):
        under(Night(load("lens"), DAY, served_night.home), release, None)


def test_a_surface_file_of_other_features_or_heads_is_told(served_night: Night) -> None:
    release = LoadedRelease.load(folder_of(served_night, LOGGING))
    surface = exploring_surface()
    assert surface.ranker is not None
    fewer = {key: window for key, window in surface.outcomes.items() if key != "share"}
    with pytest.raises(UserError, match="feature schema"):
        under(served_night, release, surface.model_copy(update={"outcomes": fewer}))
    ranker = surface.ranker.model_copy(update={"heads": ("click", "dwell")})
    with pytest.raises(UserError, match="another ranker"):
        under(served_night, release, surface.model_copy(update={"ranker": ranker}))


def test_a_release_of_another_feature_schema_is_told(spoilt_night: Night) -> None:
    folder = folder_of(spoilt_night, LOGGING)
    seal(folder, exploring_surface(), feature_schema="0123456789abcdef")
    with pytest.raises(UserError, match="feature schema 0123456789abcdef"), standing(spoilt_night, folder, DAY, None):
        pass
