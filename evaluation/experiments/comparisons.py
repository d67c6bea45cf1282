"""Several comparisons at once: p values adjusted so that the error rate holds for all of them together."""

from __future__ import annotations

from collections.abc import Mapping

from scipy import stats
from tea_tasting import adjust_fwer
from tea_tasting.experiment import ExperimentResult


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values; those below alpha are all true findings in at least 1 - alpha of experiments (Holm 1979)."""
    if not p:
        return {}
    result = ExperimentResult({name: {"pvalue": value} for name, value in p.items()})
    (adjusted,) = adjust_fwer(result, arbitrary_dependence=True, method="bonferroni").values()
    return {name: min(1.0, float(adjusted[name]["pvalue_adj"])) for name in p}


def benjamini_hochberg(p: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values; of those below alpha a share of at most alpha is false on average (Benjamini, Hochberg
    1995)."""
    if not p:
        return {}
    return dict(zip(p, stats.false_discovery_control(list(p.values())).tolist(), strict=True))
