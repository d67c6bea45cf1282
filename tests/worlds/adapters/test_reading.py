"""Every line of a file is in a batch or set aside with its reason and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import UserError
from tests.worlds.adapters.conftest import write
from worlds.adapters import reading
from worlds.adapters.report import ImportReport, Tally


def test_a_csv_keeps_quotes_and_the_wanted_columns_only(source: Path) -> None:
    path = write(source / "x.csv", "a,b,c", '1,"two, ""too""",3', "4,5,6")
    tally = Tally("rows")
    (batch,) = reading.read_csv(path, tally, ("b",), also=("a", "z"))
    assert batch["b"].tolist() == ['two, "too"', "5"]
    assert batch["a"].tolist() == ["1", "4"]
    assert set(batch.columns) == {"a", "b"}
    assert batch.lines.tolist() == [2, 3]


def test_lines_of_another_width_or_coding_are_set_aside_with_their_place(source: Path) -> None:
    path = write(source / "x.tsv", "1\t2", "only one", "3\t4")
    path.write_bytes(path.read_bytes() + b"\xff\t5\n")
    tally = Tally("rows")
    (batch,) = reading.read_plain(path, tally, "\t", ("a", "b"))
    assert batch["a"].tolist() == ["1", "3"]
    assert tally.aside == {"not 2 fields": 1, "not UTF-8": 1}
    assert tally.places == {"not 2 fields": ["x.tsv:2"], "not UTF-8": ["x.tsv:4"]}


def test_latin_1_is_read_as_such(source: Path) -> None:
    (source / "movies.dat").write_bytes("1::Café::Drama\n".encode("latin-1"))
    (batch,) = reading.read_plain(source / "movies.dat", Tally("x"), "::", ("id", "title", "genre"), encoding="latin-1")
    assert batch["title"].tolist() == ["Café"]


def test_a_truncated_gzip_gives_what_can_be_read_and_says_where_it_ends(source: Path) -> None:
    path = write(source / "x.csv.gz", "a", *(str(number * 7919) for number in range(20_000)))
    path.write_bytes(path.read_bytes()[:-2000])
    tally = Tally("rows")
    batches = list(reading.read_csv(path, tally, ("a",)))
    kept = sum(map(len, batches))
    assert 0 < kept < 20_000
    assert tally.read == kept + 1
    assert tally.places["unreadable from here on (a truncated file?)"] == [f"x.csv.gz:{kept + 2}"]


def test_a_missing_column_is_named_with_what_was_found(source: Path) -> None:
    path = write(source / "x.csv", "user,item", "1,2")
    with pytest.raises(UserError, match=r"no time; found user, item"):
        list(reading.read_csv(path, Tally("x"), ("user", "time")))


def test_large_files_come_in_batches(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH_ROWS", 10)
    path = write(source / "x.csv.gz", "a", *map(str, range(25)))
    batches = list(reading.read_csv(path, Tally("x"), ("a",)))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert [value for batch in batches for value in batch["a"]] == [str(number) for number in range(25)]


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.sampled_from(["1", "2.5", "", "nan", "inf", "x", "1e3", "0"]), min_size=1, max_size=30))
def test_with_numbers_keeps_exactly_the_finite_ones(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = write(tmp_path_factory.mktemp("x") / "x.tsv", *(f"{text}\ty" for text in texts))
    tally = Tally("rows")
    (batch,) = reading.read_plain(path, tally, "\t", ("a", "b"))
    kept = batch.with_numbers("a")
    assert kept["a"].tolist() == [text for text in texts if text in ("1", "2.5", "1e3", "0")]
    assert tally.read == len(kept) + tally.aside.total()


def test_a_report_that_does_not_add_up_is_refused() -> None:
    tally = Tally("rows", read=3, kept=1)
    tally.set_aside("odd", "x.csv", [2])
    assert tally.missing == 1
    with pytest.raises(Exception, match="1 rows are missing"):
        ImportReport("mind", tallies=[tally]).check()


def test_only_a_few_places_are_named_but_all_are_counted() -> None:
    tally = Tally("rows", read=100)
    tally.set_aside("odd", "x", list(range(1, 4)))
    tally.set_aside("odd", "y", list(range(1, 98)))
    assert tally.aside["odd"] == 100
    assert tally.places["odd"] == ["x:1", "x:2", "x:3", "y:1", "y:2"]
    assert str(tally) == "rows: 100 read = 0 kept + 100 odd"
