"""The split of the held-out day: half of the users, the same half everywhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from evaluation.splits import calibration_half, split_ids

USERS = np.array([f"u{n}" for n in range(4000)], dtype=object)


def test_it_is_about_half_of_the_users() -> None:
    assert 0.46 < calibration_half(USERS).mean() < 0.54


def test_a_user_is_on_one_side_whatever_the_rows_around() -> None:
    together = calibration_half(USERS)
    assert np.array_equal(calibration_half(USERS[::-1]), together[::-1])
    assert np.array_equal(calibration_half(np.repeat(USERS, 2)), np.repeat(together, 2))


def test_it_is_the_same_in_another_process() -> None:
    """Python's own hash of a str is not: it is salted per process."""
    program = "from evaluation.splits import calibration_half as h; print(int(sum(h([f'u{n}' for n in range(4000)]))))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(told.stdout) == calibration_half(USERS).sum()


def test_a_row_without_a_user_goes_by_its_request() -> None:
    users = np.array(["u1", None, ""], dtype=object)
    requests = np.array(["r1", "r2", "r3"], dtype=object)
    assert split_ids(users, requests).tolist() == ["u1", "r2", "r3"]
