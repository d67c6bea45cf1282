"""The pages in docs/ are what the code says now."""

from __future__ import annotations

import pytest

from cli.docs import pages
from lake.home import PROJECT


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_page_is_up_to_date(name: str) -> None:
    assert (PROJECT / "docs" / name).read_text() == pages()[name], "run `feedmill docs` and commit the page"
