"""The registry: its features follow from the surface, and its hash from everything a value depends on."""

from __future__ import annotations

import dataclasses

from features.entities import ENTITIES, entities
from features.feature import AtRequest, Unknown, Window
from features.registry import batch, registry, schema_hash
from features.tables import entity_table, samples
from surfaces.surface import Surface


def test_names_are_unique_and_of_a_sensible_number(shorts: Surface) -> None:
    names = [feature.name for feature in registry(shorts)]
    assert len(set(names)) == len(names)
    assert 40 <= len(names) <= 75


def test_every_outcome_has_a_rate_of_every_single_entity(shorts: Surface) -> None:
    names = {feature.name for feature in registry(shorts)}
    for entity in ("user", "item", "creator", "topic"):
        for outcome in shorts.outcomes:
            assert any(name.startswith(f"{entity}_{outcome}_") for name in names), (entity, outcome)


def test_tiers_and_computations_agree(shorts: Surface) -> None:
    for feature in registry(shorts):
        assert (feature.tier == "request") == isinstance(feature.computation, AtRequest | Unknown), feature
        assert feature.dtype == "float32"
        assert feature.doc


def test_a_surface_without_users_history_or_creators_has_no_such_features(userless: Surface) -> None:
    features = registry(userless)
    assert {entity.name for entity in entities(userless)} == {"item", "topic"}
    assert {feature.entity for feature in features} == {"request", "item", "topic"}
    assert not any("history" in feature.name for feature in features)


def test_unknown_names_a_batch_feature(shorts: Surface, userless: Surface) -> None:
    for surface in (shorts, userless):
        columns = {feature.name for feature in batch(surface)}
        marks = [feature.computation for feature in registry(surface) if isinstance(feature.computation, Unknown)]
        assert marks
        assert all(mark.of in columns for mark in marks)


def test_no_window_is_longer_than_its_entity_looks_back(shorts: Surface) -> None:
    longest = {entity.name: entity.longest for entity in ENTITIES}
    for feature in batch(shorts):
        assert feature.computation.days <= longest[feature.entity]  # type: ignore[union-attr]


def test_gold_tables_hold_exactly_the_batch_features(shorts: Surface) -> None:
    item = entity_table(shorts, "item")
    assert item.names == ("as_of", "key", *(feature.name for feature in batch(shorts, "item")))
    assert set(samples(shorts).names) >= {feature.name for feature in batch(shorts)}


def test_the_hash_follows_order_default_and_computation(shorts: Surface) -> None:
    features = registry(shorts)
    same = schema_hash(features)
    assert same == schema_hash(registry(shorts))
    assert schema_hash(features[::-1]) != same
    assert schema_hash([dataclasses.replace(features[0], default=1.0), *features[1:]]) != same
    at = next(place for place, feature in enumerate(features) if isinstance(feature.computation, Window))
    changed = dataclasses.replace(features[at], computation=Window("impressions", 29))
    assert schema_hash([*features[:at], changed, *features[at + 1 :]]) != same
    assert schema_hash([dataclasses.replace(features[0], doc="other words"), *features[1:]]) == same


def test_the_hash_follows_the_half_life_and_the_weights(shorts: Surface) -> None:
    for training in ({"half_life_days": 9.0}, {"positives": {"click": 2.0, "like": 2.0, "follow": 3.0}}):
        other = shorts.model_copy(update={"training": shorts.training.model_copy(update=training)})
        assert schema_hash(registry(other)) != schema_hash(registry(shorts)), training
