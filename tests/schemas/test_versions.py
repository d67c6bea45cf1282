"""The current version of a layer comes first, those beside it after."""

from __future__ import annotations

import pytest

from schemas.contract import Contract
from schemas.logs import LAYERS, OUTCOME
from schemas.versions import BESIDE, Version, accepted


@pytest.mark.parametrize("contract", LAYERS, ids=lambda contract: contract.name)
def test_the_current_version_is_first_and_numbers_are_distinct(contract: Contract) -> None:
    versions = accepted(contract)
    assert versions[0] == Version(contract)
    assert len({version.contract.version for version in versions}) == len(versions)


def test_a_version_beside_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    older = Version(Contract("outcome", 7, "made up", OUTCOME.fields))
    monkeypatch.setitem(BESIDE, "outcome", (older,))
    assert accepted(OUTCOME) == (Version(OUTCOME), older)
