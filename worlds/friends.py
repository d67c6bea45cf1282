"""The friend graph: most friends share country and main topic (homophily; McPherson, Smith-Lovin and Cook, 2001)."""

from __future__ import annotations

import numpy as np

from worlds.culture import Ground
from worlds.draws import Codes
from worlds.people import Users


def friends(ground: Ground, who: Users) -> Codes:
    """(n, friends) rows of each user's friends, all among those who were there first; never the user itself."""
    config = ground.config
    old, each = config.population.users, config.population.friends
    if old < 2 or not each:
        return np.zeros((len(who), 0), dtype=np.int64)
    topics = config.catalogue.topics
    group = who.country * topics + who.topic
    order = np.argsort(group[:old], kind="stable")
    ends = np.searchsorted(group[:old][order], np.arange(len(config.population.countries) * topics + 1))
    index, nth = np.arange(len(who))[:, None], np.arange(each)
    first, count = ends[group][:, None], (ends[group + 1] - ends[group])[:, None]
    luck = ground.streams["friend"].uniform(index, nth)
    alike = order[np.minimum(first + (luck * count).astype(np.int64), old - 1)]
    same = (ground.streams["homophily"].uniform(index, nth) < config.population.homophily) & (count > 1)
    found = np.where(same, alike, np.minimum((luck * old).astype(np.int64), old - 1))
    return np.where(found == index, (found + 1) % old, found)
