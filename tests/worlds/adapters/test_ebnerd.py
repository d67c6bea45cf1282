"""EB-NeRD: articles in view, and what was read next where exactly one was clicked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import UserError
from tests.worlds.adapters.conftest import Importer

SCHEMA = pa.schema(
    [
        ("impression_id", pa.uint32()),
        ("article_id", pa.int32()),
        ("impression_time", pa.timestamp("us")),
        ("read_time", pa.float32()),
        ("scroll_percentage", pa.float32()),
        ("device_type", pa.int8()),
        ("article_ids_inview", pa.large_list(pa.int32())),
        ("article_ids_clicked", pa.large_list(pa.int32())),
        ("user_id", pa.uint32()),
        ("gender", pa.int8()),
        ("age", pa.int8()),
        ("session_id", pa.uint32()),
        ("next_read_time", pa.float32()),
        ("next_scroll_percentage", pa.float32()),
    ]
)


def _row(number: int, view: list[int], clicked: list[int], **more: Any) -> dict[str, Any]:
    at = datetime(2023, 5, 18, 7, number % 60)
    usual = {"impression_id": number, "impression_time": at, "device_type": 1, "user_id": 9, "session_id": 3}
    reading = {"next_read_time": 12.0, "next_scroll_percentage": 80.0}
    return {**usual, **reading, "article_ids_inview": view, "article_ids_clicked": clicked, **more}


def _behaviors(folder: Path, *rows: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    full = [{name: row.get(name) for name in SCHEMA.names} for row in rows]
    pq.write_table(pa.Table.from_pylist(full, SCHEMA), folder / "behaviors.parquet")


def _history(folder: Path, user: int, articles: list[int]) -> None:
    times = [datetime(2023, 5, 1 + number) for number in range(len(articles))][::-1]
    table = {"user_id": [user], "article_id_fixed": [articles], "impression_time_fixed": [times]}
    pq.write_table(pa.table(table), folder / "history.parquet")


def test_articles_in_view_become_impressions(imported: Importer, source: Path) -> None:
    _behaviors(source, _row(1, [11, 12, 13], [12], article_id=None), _row(2, [14, 15], [15], article_id=99))
    _history(source, 9, [1, 2, 3])
    done = imported("ebnerd", source)
    assert done.table("impression")["item_id"].to_pylist() == ["11", "12", "13", "14", "15"]
    first = done.rows("request")[0]
    assert (first["device"], first["session_id"], first["history"]) == ("desktop", "3", ["3", "2", "1"])
    told = {(row["impression_id"], row["outcome"]): row["value"] for row in done.rows("outcome")}
    assert told == {
        **{("1-1", "click"): 1.0, ("1-1", "read_time"): 12.0, ("1-1", "scroll"): 80.0},
        **{("2-1", "click"): 1.0, ("2-1", "read_time"): 12.0, ("2-1", "scroll"): 80.0},
    }


def test_reading_is_not_attributed_where_two_were_clicked_or_it_is_unknown(imported: Importer, source: Path) -> None:
    _behaviors(
        source, _row(1, [11, 12], [11, 12]), _row(2, [13], [13], next_read_time=None, next_scroll_percentage=None)
    )
    assert imported("ebnerd", source).outcomes() == {"click": 3}


def test_a_click_on_what_was_not_in_view_is_counted(imported: Importer, source: Path) -> None:
    _behaviors(source, _row(1, [11, 12], [13]), _row(2, [11], [11]))
    done = imported("ebnerd", source)
    assert done.tally("clicks").aside == {"of an article that was not in view": 1}
    assert done.outcomes()["click"] == 1


def test_a_user_row_is_written_when_something_new_is_told(imported: Importer, source: Path) -> None:
    _behaviors(
        source,
        _row(1, [11], [11], gender=0, age=40),
        _row(2, [11], [11], gender=0, age=40),
        _row(3, [11], [11], gender=None, age=50),
        _row(4, [11], [11], user_id=10),
    )
    told = [(row["user_id"], row.get("gender"), row.get("age_band")) for row in imported("ebnerd", source).rows("user")]
    assert told == [("9", "m", "40-49"), ("9", None, "50-59"), ("10", None, None)]


def test_the_official_bundle_is_read_with_its_articles(imported: Importer, source: Path) -> None:
    _behaviors(source / "train", _row(1, [11, 12], [12]))
    _history(source / "train", 9, [1])
    _behaviors(source / "validation", _row(2, [12], [12], impression_time=datetime(2023, 5, 25, 8)))
    _history(source / "validation", 9, [1, 12])
    articles = {
        "article_id": pa.array([11, 12, 13], pa.int32()),
        "title": ["old", "new", "later"],
        "category_str": ["sport", "nyheder", "sex"],
        "topics": [["Kendt"], [], []],
        "published_time": [datetime(2021, 1, 1), datetime(2023, 5, 20, 4), datetime(2023, 6, 9)],
    }
    pq.write_table(pa.table(articles), source / "articles.parquet")
    done = imported("ebnerd", source)
    assert done.days("impression") == {"2023-05-18": 2, "2023-05-25": 1}
    assert done.days("item") == {"2023-05-18": 1, "2023-05-20": 1}
    assert done.tally("article rows").aside == {"dated after the last imported day": 1}
    new = done.rows("item")[1]
    assert (new["topic"], new["created_at"]) == ("nyheder", datetime(2023, 5, 20, 4, tzinfo=UTC))
    assert [len(row["history"]) for row in done.rows("request")] == [1, 2]
    assert "topic" not in done.report.lacks


def test_a_file_that_is_no_parquet_or_has_no_clicks_is_refused(imported: Importer, source: Path) -> None:
    (source / "behaviors.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match="not readable as parquet"):
        imported("ebnerd", source)
    pq.write_table(pa.table({"impression_id": [1]}), source / "behaviors.parquet")
    with pytest.raises(UserError, match="article_ids_clicked"):
        imported("ebnerd", source)
    assert not (source.parent / "landing" / "ebnerd" / ".import").exists()


@pytest.mark.real_data
def test_the_slice_comes_out_whole(imported: Importer, real_data: Path) -> None:
    done = imported("ebnerd", real_data / "ebnerd")
    assert done.report.total("request") == 1_046
    assert done.report.total("impression") == 10_848
    assert done.outcomes()["click"] == 1_047
    assert done.outcomes()["read_time"] <= 1_018
    assert len(set(done.table("request")["session_id"].to_pylist())) == 485
    assert len(done.days("impression")) == 8
    assert set(done.report.lacks) == {"position", "propensity", "creator", "topic"}
