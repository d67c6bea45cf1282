"""What is said of any system's logs, simulated or real."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import powerlaw

from evaluation.ranking import gini
from worlds.card.logs import Logs

Floats = npt.NDArray[np.float64]

DELAYS_S = (1, 10, 60, 600, 3600, 6 * 3600, 86_400, 2 * 86_400)
"""Delays of the delay curve, in seconds."""
POSITIONS = 10
"""Positions of the click curve, from the top."""
LEAST_SHOWN = 200
"""Impressions below which a position, and outcomes below which a correlation, say nothing."""


@dataclass(frozen=True)
class Statistics:
    """Statistics of one system. A scalar that its logs cannot tell is absent from `scalars`.

    `by_position`: (p,) rate of the main outcome at each position, relative to the top one; empty without positions.
    `delays`: (len(DELAYS_S),) share of outcomes that happened within each delay. `popularity`: (items,) responses per
    item, most first. `correlations`: Pearson's of each pair of outcomes over impressions (phi, if both are binary).
    """

    name: str
    scalars: Mapping[str, float]
    by_position: Floats
    delays: Floats
    popularity: Floats
    correlations: Mapping[str, float] = field(default_factory=dict)


def statistics(name: str, logs: Logs, outcomes: Sequence[str]) -> Statistics:
    """The statistics of `logs`; the first of `outcomes` (as in the surface file) is the main one."""
    main = outcomes[0]
    positions = _by_position(logs, main)
    popularity = _popularity(logs, main)
    delays = _delays(logs)
    correlations = _correlations(logs, outcomes)
    rates = _rates(logs, main)
    found = {
        "popularity exponent": _exponent(popularity),
        "Gini of responses": gini(popularity) if len(popularity) else None,
        "impressions per user and day, median": rates["median"],
        "impressions per user and day, 9th decile": rates["decile"],
        "main outcome's rate": rates["rate"],
        "its rate at position 3 over position 1": float(positions[2]) if len(positions) > 2 else None,
        "share of impressions on items new that day": _new_share(logs),
        "outcomes within a minute": float(delays[DELAYS_S.index(60)]) if len(delays) else None,
        "outcomes within an hour": float(delays[DELAYS_S.index(3600)]) if len(delays) else None,
        "strongest correlation of two outcomes": max(correlations.values(), default=None),
    }
    scalars = {key: value for key, value in found.items() if value is not None}
    return Statistics(name, scalars, positions, delays, popularity, correlations)


def _popularity(logs: Logs, main: str) -> Floats:
    sql = f"""SELECT count(*) AS n FROM happened JOIN shown USING (impression_id)
              WHERE outcome = '{main}' AND value > 0 GROUP BY item_id ORDER BY n DESC"""
    return np.asarray(logs.columns(sql)["n"], dtype=np.float64)


def _exponent(popularity: Floats) -> float | None:
    """Exponent of the power law that the tail of responses per item follows best (Clauset et al., 2009)."""
    if len(popularity) < LEAST_SHOWN or popularity.max() < 3:
        return None
    with warnings.catch_warnings():
        # Its search starts outside its bounds for some candidates of the tail's start, which it then passes over.
        warnings.simplefilter("ignore")
        return float(powerlaw.Fit(popularity, discrete=True, verbose=False).power_law.alpha)


def _rates(logs: Logs, main: str) -> dict[str, float | None]:
    per_user = """SELECT count(*) AS n FROM shown WHERE user_id IS NOT NULL GROUP BY user_id, shown_at::DATE"""
    clicked = f"SELECT count(DISTINCT impression_id) FROM happened WHERE outcome = '{main}' AND value > 0"
    return {
        "median": logs.one(f"SELECT median(n) FROM ({per_user})"),
        "decile": logs.one(f"SELECT quantile_cont(n, 0.9) FROM ({per_user})"),
        "rate": logs.one(f"SELECT ({clicked}) / count(*) FROM shown"),
    }


def _by_position(logs: Logs, main: str) -> Floats:
    sql = f"""SELECT position, count(*) AS shown, count(c.impression_id) AS clicked
              FROM shown LEFT JOIN
                (SELECT DISTINCT impression_id FROM happened WHERE outcome = '{main}' AND value > 0) AS c
                USING (impression_id)
              WHERE position < {POSITIONS} GROUP BY position HAVING shown >= {LEAST_SHOWN} ORDER BY position"""
    found = logs.columns(sql)
    position = np.asarray(found["position"], dtype=np.int64)
    rates = np.asarray(found["clicked"], dtype=np.float64) / np.asarray(found["shown"], dtype=np.float64)
    whole = len(rates) > 1 and bool((position == np.arange(len(position))).all()) and rates[0] > 0
    return np.asarray(rates / rates[0], dtype=np.float64) if whole else np.empty(0)


def _delays(logs: Logs) -> Floats:
    """Where every outcome bears its impression's own time the logs tell no delay."""
    within = ", ".join(f"avg((delay <= {limit})::INT) AS within_{limit}" for limit in DELAYS_S)
    delays = """SELECT epoch(occurred_at) - epoch(shown_at) AS delay FROM happened JOIN shown USING (impression_id)"""
    found = logs.columns(f"SELECT count(*) AS n, max(delay) AS longest, {within} FROM ({delays}) WHERE delay >= 0")
    if found["n"][0] < LEAST_SHOWN or not found["longest"][0] > 0:
        return np.empty(0)
    return np.asarray([found[f"within_{limit}"][0] for limit in DELAYS_S], dtype=np.float64)


def _new_share(logs: Logs) -> float | None:
    """Mean over days, but the first, of the share of impressions on items never shown on an earlier day."""
    sql = """WITH born AS (SELECT item_id, min(shown_at::DATE) AS day FROM shown GROUP BY item_id),
                  daily AS (SELECT shown_at::DATE AS day, avg((born.day = shown_at::DATE)::INT) AS share
                            FROM shown JOIN born USING (item_id) GROUP BY ALL)
             SELECT avg(share) FROM daily WHERE day > (SELECT min(day) FROM daily)"""
    found = logs.one(sql)
    return None if found is None else float(found)


def _correlations(logs: Logs, outcomes: Sequence[str]) -> dict[str, float]:
    amounts = ", ".join(f"coalesce(sum(value) FILTER (WHERE outcome = '{name}'), 0) AS \"{name}\"" for name in outcomes)
    per_impression = (
        f"SELECT shown.impression_id, {amounts} FROM shown LEFT JOIN happened USING (impression_id) GROUP BY 1"
    )
    pairs = [(one, other) for place, one in enumerate(outcomes) for other in outcomes[place + 1 :]]
    if not pairs:
        return {}
    terms = [f'corr("{one}", "{other}") AS c{place}' for place, (one, other) in enumerate(pairs)]
    found = logs.columns(f"SELECT {', '.join(terms)} FROM ({per_impression})")
    values = {f"{one} and {other}": found[f"c{place}"][0] for place, (one, other) in enumerate(pairs)}
    return {pair: float(value) for pair, value in values.items() if value is not np.ma.masked and np.isfinite(value)}
