"""What happens to something shown: exact probabilities and expectations, and draws from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from worlds import clicks
from worlds.config import OutcomeSpec, WorldConfig
from worlds.draws import Codes, Floats, Mask
from worlds.drivers import Drivers
from worlds.sessions import Requests
from worlds.vocabulary import DAYPARTS


@dataclass(frozen=True)
class Rates:
    """The truth about (r, k) impressions: arrays are (r, k), zero where no item is shown.

    `examined`: probability of being looked at. `once_seen[name]`: probability (or expected amount) of an outcome given
    that, `rate[name]` without that condition. `utility`: the surface's value of all outcomes, expected.
    """

    examined: Floats
    once_seen: dict[str, Floats]
    rate: dict[str, Floats]
    utility: Floats


def score(spec: OutcomeSpec, context: Floats, found: Drivers) -> Floats:
    """Linear score of an outcome: its logit, or the mean of its logarithm for an amount.

    `context` broadcasts against the drivers `found`, which may be of any shape.
    """
    total = np.asarray(spec.base + context)
    for driver, effect in spec.effects.items():
        total = total + effect * found[driver]
    return total


def context(config: WorldConfig, spec: OutcomeSpec, asked: Requests) -> Floats:
    """(r,) what device, network and time of day add to the score of an outcome."""
    people = config.population
    total = np.zeros(len(asked))
    for table, names, codes in (
        (spec.devices, tuple(people.devices), asked.device),
        (spec.networks, tuple(people.networks), asked.network),
        (spec.dayparts, DAYPARTS, asked.daypart),
    ):
        if table:
            total += np.array([table.get(name, 0.0) for name in names])[codes]
    return total


def expected(spec: OutcomeSpec, mean_log: Floats) -> Floats:
    """Expectation of an amount exp(mean_log + sigma z), kept within `least` and `most`: exact."""
    if spec.sigma == 0.0:
        return np.clip(np.exp(mean_log), spec.least, spec.most)
    low, high = np.log(max(spec.least, 1e-12)), np.log(spec.most)
    below, above = ndtr((low - mean_log) / spec.sigma), ndtr((mean_log - high) / spec.sigma)
    shift = mean_log + spec.sigma**2
    within = ndtr((high - shift) / spec.sigma) - ndtr((low - shift) / spec.sigma)
    return np.asarray(spec.least * below + spec.most * above + np.exp(mean_log + spec.sigma**2 / 2.0) * within)


def once_seen(config: WorldConfig, asked: Requests, found: Drivers) -> dict[str, Floats]:
    """(r, k) per outcome: probability, or expected amount, given that the item is looked at."""
    happens: dict[str, Floats] = {"examined": np.ones(next(iter(found.values())).shape)}
    amounts = {}
    for name, spec in config.outcomes.items():
        free = happens[spec.given] - (happens[spec.unless] if spec.unless else 0.0)
        scores = np.broadcast_to(score(spec, context(config, spec, asked)[:, None], found), free.shape)
        happens[name] = free if spec.unit else free * expit(scores)
        amounts[name] = free * expected(spec, scores) if spec.unit else happens[name]
    return amounts


def utility(weights: Mapping[str, float], amounts: Mapping[str, Floats]) -> Floats:
    """Sum of outcome times its value weight; outcomes without a weight count nothing."""
    return np.asarray(sum(weight * amounts[name] for name, weight in weights.items() if name in amounts))


def rates(
    config: WorldConfig,
    weights: Mapping[str, float],
    asked: Requests,
    found: Drivers,
    *,
    shown: Mask,
    position: Codes | None = None,
) -> Rates:
    """The truth about slates with the drivers `found` (r, k), of which `shown` (r, k) are not empty.

    `position` (k,) names the slots where they are not 0..k-1 (position model only).
    """
    seen = once_seen(config, asked, found)
    click = np.where(shown, seen[config.consumed_by], 0.0)
    looked = clicks.examination(config.clicks, click, position) * shown
    rate = {name: looked * values for name, values in seen.items()}
    return Rates(looked, seen, rate, utility(weights, rate))


def with_bots(config: WorldConfig) -> WorldConfig:
    """`config` with what bots do to clicks, if there are any."""
    spec = config.outcomes[config.consumed_by]
    if config.faults.bots is None or "bot" in spec.effects:
        return config
    effects = {**spec.effects, "bot": config.faults.bots.boost}
    outcomes = {**config.outcomes, config.consumed_by: spec.model_copy(update={"effects": effects})}
    return config.model_copy(update={"outcomes": outcomes})
