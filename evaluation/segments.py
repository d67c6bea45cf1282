"""Which items are head, tail and new: the parts of a catalogue that averages hide."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

HEAD_SHARE = 0.5
"""The head is the fewest items that together take this share of all responses."""


def item_segments(responses: npt.NDArray[np.object_], catalogue: npt.NDArray[np.object_]) -> dict[str, frozenset[str]]:
    """`head`, `tail` and `new` items of `catalogue`, given the item of each training response.

    New items had none; of the others the head takes half of all responses and the tail the rest.
    """
    items, counts = np.unique(responses.astype(str), return_counts=True)
    order = np.lexsort((items, -counts))
    before = np.cumsum(counts[order]) - counts[order]
    leading = before < HEAD_SHARE * counts.sum()
    known = frozenset(items.tolist())
    return {
        "head": frozenset(items[order][leading].tolist()),
        "tail": frozenset(items[order][~leading].tolist()),
        "new": frozenset(str(item) for item in catalogue) - known,
    }
