"""Which items bear which tags, on a few whose answers are obvious."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from serving.release.tags import Tags

TAGS = Tags.of(pa.chunked_array([[["zone:07", "new"], ["zone:08"], None, ["zone:07"], ["open:12", "open:13"]]]))
ALL = np.arange(5)


def test_what_most_items_bear_after_a_prefix() -> None:
    assert TAGS.commonest("zone:") == "07"
    assert TAGS.commonest("open:") == "12", "of equals the first"
    assert TAGS.commonest("licensed:") == ""
    assert Tags.NONE.commonest("zone:") == ""


def test_who_bears_a_tag_or_any_of_a_prefix() -> None:
    assert TAGS.bearing("zone:07", ALL).tolist() == [True, False, False, True, False]
    assert TAGS.prefixed("zone:", ALL).tolist() == [True, True, False, True, False]
    assert TAGS.of_row(0) == ["zone:07", "new"]
