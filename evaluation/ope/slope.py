"""How much bias to accept for less variance, chosen from the data: SLOPE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_FACTOR = float(np.sqrt(6.0) - 1.0)


def slope(values: Sequence[float], widths: Sequence[float]) -> int:
    """The place of the estimate to use, of candidates from the least biased to the least variable.

    `widths`: the half width of each candidate's interval, made to fall by taking the least so far. The last candidate
    is taken that no earlier one contradicts: |v_i - v_j| <= w_i + (sqrt(6) - 1) w_j for all j < i (Su, Srinath,
    Krishnamurthy: ICML 2020, with the constant of Tucker and Lee 2021). Raises ValueError without candidates.
    """
    if not values or len(values) != len(widths):
        raise ValueError(f"found {len(values)} values and {len(widths)} widths; allowed are as many, one at least")
    falling = np.minimum.accumulate(np.asarray(widths, dtype=np.float64))
    chosen = 0
    for place in range(1, len(values)):
        apart = np.abs(np.asarray(values[:place]) - values[place])
        if (apart > falling[place] + _FACTOR * falling[:place]).any():
            break
        chosen = place
    return chosen


def ladder(largest: float, steps: int = 12) -> list[float]:
    """Clips from `largest`, which clips nothing, down to 1 in equal ratios: the candidates for `slope`."""
    return [float(clip) for clip in np.geomspace(max(largest, 1.0), 1.0, steps)]
