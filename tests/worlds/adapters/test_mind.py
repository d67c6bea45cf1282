"""MIND: lists of shown news become impressions and clicks, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schemas.errors import UserError
from tests.worlds.adapters.conftest import Importer, write

NEWS = (
    "N1\tsports\tgolf\tA title\tAn abstract\thttps://x\t[]\t[]",
    'N2\tnews\t\tHe said "no\t\thttps://y\t[]\t[]',
)
BEHAVIORS = (
    "1\tU1\t11/11/2019 9:05:58 AM\tN7 N8\tN1-0 N2-1 N3-0",
    "2\tU2\t11/12/2019 12:00:00 AM\t\tN2-1 N4-1",
)


@pytest.fixture
def small(source: Path) -> Path:
    write(source / "behaviors.tsv", *BEHAVIORS)
    write(source / "news.tsv", *NEWS)
    return source


def test_a_list_becomes_impressions_and_clicks_on_their_true_day(imported: Importer, small: Path) -> None:
    done = imported("mind", small)
    assert done.days("impression") == {"2019-11-11": 3, "2019-11-12": 2}
    shown = done.rows("impression")
    assert [row["item_id"] for row in shown] == ["N1", "N2", "N3", "N2", "N4"]
    assert shown[0]["shown_at"] == datetime(2019, 11, 11, 9, 5, 58, tzinfo=UTC)
    assert shown[3]["shown_at"] == datetime(2019, 11, 12, tzinfo=UTC), "12 AM is midnight"
    clicks = done.rows("outcome")
    assert [(row["impression_id"], row["outcome"], row["value"]) for row in clicks] == [
        (shown[1]["impression_id"], "click", 1.0),
        (shown[3]["impression_id"], "click", 1.0),
        (shown[4]["impression_id"], "click", 1.0),
    ]


def test_what_the_set_lacks_is_absent(imported: Importer, small: Path) -> None:
    done = imported("mind", small)
    assert not {"position", "propensity"} & set(done.table("impression").column_names)
    assert set(done.report.lacks) == {"position", "propensity", "creator"}
    assert "off-policy" in done.report.lacks["propensity"]
    assert not done.report.notes


def test_the_history_is_frozen_into_the_request(imported: Importer, small: Path) -> None:
    first, second = imported("mind", small).rows("request")
    assert first["history"] == ["N7", "N8"]
    assert second["history"] == []


def test_news_are_filed_under_the_first_day(imported: Importer, small: Path) -> None:
    done = imported("mind", small)
    assert done.days("item") == {"2019-11-11": 2}
    sports, quoted = done.rows("item")
    assert (sports["topic"], sports["tags"], sports["title"]) == ("sports", ["golf"], "A title")
    assert (quoted["tags"], quoted["title"]) == ([], 'He said "no')


def test_the_official_folders_are_read_together(imported: Importer, source: Path) -> None:
    write(source / "MINDsmall_train" / "behaviors.tsv.gz", BEHAVIORS[0])
    write(source / "MINDsmall_train" / "news.tsv.gz", *NEWS)
    write(source / "MINDsmall_dev" / "behaviors.tsv", "1\tU1\t11/15/2019 1:00:00 PM\t\tN1-1 N9-0")
    write(source / "MINDsmall_dev" / "news.tsv", NEWS[0])
    done = imported("mind", source)
    assert done.days("impression") == {"2019-11-11": 3, "2019-11-15": 2}
    ids = done.table("impression")["impression_id"].to_pylist()
    assert len(set(ids)) == 5, "both splits count their impressions from 1"
    assert done.tally("news rows").aside == {"the same news again": 1}


def test_malformed_rows_are_counted_with_their_place(imported: Importer, source: Path) -> None:
    write(
        source / "behaviors.tsv",
        BEHAVIORS[0],
        "3\tU3\tyesterday\t\tN1-0",
        "4\tU4\t11/11/2019 9:05:58 AM",
        "5\tU5\t11/11/2019 9:05:58 AM\t\tN1 N2-1 N3-2",
        "6\tU6\t11/11/2019 9:05:58 AM\t\t",
    )
    done = imported("mind", source)
    rows, shown = done.tally("behaviors rows"), done.tally("shown news")
    assert (rows.read, rows.kept, rows.missing) == (5, 2, 0)
    assert rows.places == {
        "time is not like 11/15/2019 8:30:00 AM": ["behaviors.tsv:2"],
        "not 5 fields": ["behaviors.tsv:3"],
        "no shown news with a label": ["behaviors.tsv:5"],
    }
    assert shown.aside == {"without a -0 or -1 label": 2}
    assert (shown.kept, len(done.rows("impression"))) == (4, 4)
    assert "no news.tsv" in done.report.notes[0]


def test_days_can_be_chosen(imported: Importer, small: Path) -> None:
    done = imported("mind", small, first=date(2019, 11, 12))
    assert done.days("impression") == {"2019-11-12": 2}
    assert done.days("item") == {"2019-11-12": 2}
    assert done.tally("behaviors rows").aside == {"outside the asked days": 1}
    with pytest.raises(UserError, match=r"nothing to import from 2020-01-01.*2019-11-11 to 2019-11-12"):
        imported("mind", small, first=date(2020, 1, 1))


def test_a_second_import_writes_the_same_and_no_row_twice(imported: Importer, small: Path) -> None:
    first = imported("mind", small).table("impression")
    assert imported("mind", small).table("impression").equals(first)


@pytest.mark.real_data
def test_the_slice_comes_out_whole(imported: Importer, real_data: Path) -> None:
    done = imported("mind", real_data / "mind")
    assert done.report.total("request") == 5_000
    assert done.report.total("impression") == 189_359
    assert done.outcomes() == {"click": 7_542}
    assert sorted(done.days("impression")) == [f"2019-11-{day:02}" for day in range(9, 15)]
    shown = done.table("impression")
    assert len(set(shown["impression_id"].to_pylist())) == 189_359
    assert len(set(shown["item_id"].to_pylist())) == 7_457
    assert len(set(shown["user_id"].to_pylist())) == 4_637
    sizes = Counter(shown["request_id"].to_pylist()).values()
    assert (min(sizes), max(sizes)) == (2, 283)
    assert sum(history == [] for history in done.table("request")["history"].to_pylist()) == 107
