"""Errors are words: a headline and a fix; the exit code says whether a retry can help."""

from __future__ import annotations

import pytest

from schemas.errors import FeedmillError, GateFailed, InfrastructureError, UserError


@pytest.mark.parametrize(("kind", "code"), [(UserError, 2), (GateFailed, 3), (InfrastructureError, 1)])
def test_each_kind_has_its_exit_code(kind: type[FeedmillError], code: int) -> None:
    error = kind("it broke", fix="mend it")
    assert error.exit_code == code
    assert str(error) == "it broke\n  fix: mend it"


def test_without_a_fix_the_headline_stands_alone() -> None:
    assert str(UserError("it broke")) == "it broke"
