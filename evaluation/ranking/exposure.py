"""Who is shown by ranked lists: spread over the catalogue, surprise, variety within a list, and what is new."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.ranking.hits import NOTHING, Doubles, Ints


def exposures(recommended: npt.NDArray[Any], catalogue: Sequence[str] | npt.NDArray[Any]) -> Ints:
    """(n,) how often each of the n items of `catalogue` stands in `recommended`; items outside it are not counted."""
    places = rows_in(recommended, catalogue).ravel()
    return np.bincount(places[places >= 0], minlength=len(catalogue)).astype(np.int64)


def rows_in(recommended: npt.NDArray[Any], catalogue: Sequence[str] | npt.NDArray[Any]) -> Ints:
    """(m, k) the row of each recommended item in `catalogue`, -1 where there is no item or it is outside."""
    lists = np.asarray(recommended, dtype=object)
    index = pd.Index(np.asarray(catalogue, dtype=object))
    return np.asarray(index.get_indexer(pd.Index(lists.ravel())), dtype=np.int64).reshape(lists.shape)


def coverage(counts: Ints) -> float:
    """Share of the catalogue that was shown at all (Ge et al. 2010, "Beyond accuracy"); NaN for an empty one."""
    return float((counts > 0).mean()) if len(counts) else float("nan")


def gini(counts: Ints | Doubles) -> float:
    """Gini index of exposure over the catalogue, items never shown included: 0 if all are shown equally often, towards
    1 if one item has all (Gini 1912; Fleder, Hosanagar 2009). NaN if nothing was shown."""
    total, n = float(np.sum(counts)), len(counts)
    if not total:
        return float("nan")
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) @ np.sort(counts)) / (n * total))


def entropy(counts: Ints | Doubles) -> float:
    """Shannon entropy of exposure, in bits: 0 if one item has all, log2(n) if n have equally much (Shannon 1948; as
    aggregate diversity: Adomavicius, Kwon 2012). NaN if nothing was shown."""
    total = float(np.sum(counts))
    if not total:
        return float("nan")
    shares = counts[counts > 0] / total
    return float(max(0.0, -(shares * np.log2(shares)).sum()))


def novelty(shown: Ints, responses: Ints | Doubles) -> Doubles:
    """(m,) mean surprise of each list, in bits: -log2 of the item's share of all `responses` (Vargas, Castells 2011).

    `shown`: (m, k) rows as `rows_in` gives them. `responses`: (n,) how many each item had before; one is added to
    each, so that an item without any is the most surprising, not infinitely so. NaN for an empty list.
    """
    surprise = -np.log2((responses + 1) / (np.sum(responses) + len(responses)))
    return _mean_of(np.append(surprise, 0.0)[shown], shown >= 0)


def intra_list_distance(shown: Ints, content: npt.NDArray[np.floating[Any]]) -> Doubles:
    """(m,) mean of 1 - cosine over the pairs of items in each list (Smyth, McClave 2001; Ziegler et al. 2005).

    `shown`: (m, k) rows; `content`: (n, d) any vectors of the items. Items without a vector (NaN or 0) are left out;
    NaN for a list with fewer than two others.
    """
    norms = np.linalg.norm(content, axis=1, keepdims=True)
    known = np.isfinite(norms[:, 0]) & (norms[:, 0] > 0)
    unit = np.where(known[:, None], content / np.where(norms > 0, norms, 1), 0.0).astype(np.float64)
    inside = (shown >= 0) & np.append(known, False)[shown]
    vectors = np.vstack([unit, np.zeros((1, unit.shape[1]))])[np.where(inside, shown, -1)]
    n = inside.sum(axis=1)
    together = np.square(vectors.sum(axis=1)).sum(axis=1) - n
    pairs = np.where(n > 1, n * (n - 1), np.nan)
    return np.asarray(np.maximum(1 - together / pairs, 0.0))


def topic_distance(shown: Ints, topics: npt.NDArray[np.object_]) -> Doubles:
    """(m,) share of the pairs of items in each list that differ in topic: the intra-list distance where items have no
    vectors but a label each. Items without a topic (`""`) are left out; NaN for a list with fewer than two others."""
    codes, names = pd.factorize(np.append(topics, NOTHING))
    one_hot = np.eye(len(names))[codes[:-1]]
    one_hot[topics == NOTHING] = 0.0
    return intra_list_distance(shown, one_hot)


def share_of(shown: Ints, mask: npt.NDArray[np.bool_]) -> Doubles:
    """(m,) share of each list that `mask` (n,) marks, such as new items, or those of new creators; NaN if empty."""
    return _mean_of(np.append(mask, False)[shown].astype(np.float64), shown >= 0)


def of_new_creators(creators: npt.NDArray[np.object_], new: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(n,) items whose creator has none but `new` (n,) ones; an item without a creator (`""`) is of no new one."""
    known: Collection[str] = set(creators[~new].tolist()) | {NOTHING}
    return np.array([creator not in known for creator in creators.tolist()], dtype=np.bool_)


def _mean_of(values: Doubles, inside: npt.NDArray[np.bool_]) -> Doubles:
    n = inside.sum(axis=1)
    return np.asarray(np.where(inside, values, 0.0).sum(axis=1) / np.where(n > 0, n, np.nan))
