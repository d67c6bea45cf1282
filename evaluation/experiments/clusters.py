"""Cluster-randomised experiments: whole groups were assigned, so groups are what is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.experiments.metric import Metric
from evaluation.experiments.moments import filled
from evaluation.experiments.units import UNITS, Units, added
from schemas.errors import UserError

LEAST_CLUSTERS = 10
"""Clusters an arm needs: with fewer, the delta method's intervals are too narrow."""


def by_cluster(units: Units) -> Units:
    """One row a cluster: sums over its units, and how many they are in column `units`.

    A mean a unit is then the ratio `metric/units`, whose error by the delta method is the cluster-robust one (Deng,
    Knoblich, Lu, KDD 2018, section 3.2). Raises UserError for clusters in several arms, and for too few of them.
    """
    if units.cluster is None:
        raise UserError("nothing says which cluster a unit belongs to", fix="name the column that does")
    _, first, cluster = np.unique(units.cluster, return_index=True, return_inverse=True)
    n, arm = len(first), units.arm[first]
    mixed = int(np.unique(cluster[arm[cluster] != units.arm]).size)
    if mixed:
        raise UserError(
            f"{mixed} of {n} clusters have units in several arms",
            fix="analyse units that were assigned one by one without clusters",
        )
    ones = np.ones(len(units))
    sums = {name: added(cluster, column, n) for name, column in {**units.sums, UNITS: ones}.items()}
    before = {name: added(cluster, filled(column), n) for name, column in units.before.items()}
    found = Units(units.arms, arm, sums, {**before, UNITS: sums[UNITS]})
    for name, count in found.counts.items():
        if count < LEAST_CLUSTERS:
            raise UserError(
                f"arm {name!r} has {count} clusters of {int((units.arm == units.arms.index(name)).sum()):,} units; "
                f"{LEAST_CLUSTERS} are needed",
                fix="assign more, smaller clusters",
            )
    return found


def per_unit(metric: Metric) -> Metric:
    """`metric` as it is measured on clusters: a mean a unit becomes a ratio."""
    return metric if metric.denominator is not None else replace(metric, denominator=UNITS)
