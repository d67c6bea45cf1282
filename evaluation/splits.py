"""Splits that several steps must agree on: pure functions of ids, the same on every machine and in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def calibration_half(ids: Sequence[str] | npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """(n,) whether each row belongs to the half of the held-out day that calibrates; the other half is measured on.

    `ids` are those of `split_ids`: users, so that nobody is on both sides. About half of the ids, by their hash.
    """
    halves = {id_: hashlib.blake2b(id_.encode(), digest_size=1).digest()[0] < 128 for id_ in set(ids)}
    return np.fromiter((halves[id_] for id_ in ids), dtype=np.bool_, count=len(ids))


def share_by_hash(ids: Sequence[str], share: float, salt: str) -> npt.NDArray[np.bool_]:
    """(n,) whether each id is among the about `share` of ids that their hash with `salt` picks."""
    limit = share * 2.0**64
    picked = {
        id_: int.from_bytes(hashlib.blake2b(f"{salt}/{id_}".encode(), digest_size=8).digest(), "big") < limit
        for id_ in set(ids)
    }
    return np.fromiter((picked[id_] for id_ in ids), dtype=np.bool_, count=len(ids))


def split_ids(user_ids: npt.NDArray[np.object_], request_ids: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """(n,) what `calibration_half` splits by: the user, or the request of a row whose user is unknown (None or "")."""
    unknown = np.fromiter((not user for user in user_ids), dtype=np.bool_, count=len(user_ids))
    return np.where(unknown, request_ids, user_ids)
