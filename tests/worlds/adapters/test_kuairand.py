"""KuaiRand: one row with many outcomes; repeated rows stay repeated, and time_ms is the time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.worlds.adapters.conftest import Importer, write

LOG = (
    "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
    "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab"
)
VIDEOS = (
    "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,server_width,server_height,"
    "music_id,music_type,tag"
)
FEEDBACK = (
    "user_id\tvideo_id\tdate\thourmin\ttime_ms\tis_click\tis_follow\tis_comment\tis_forward\tlong_view\tplay_time_ms\t"
    "duration_ms\tcomment_stay_time\tis_profile_enter\tlabel\ttimestamp"
)


@pytest.fixture
def official(source: Path) -> Path:
    """Logs as in KuaiRand-Pure; the first row is of 2022-04-08 00:30 in Shanghai, still the 7th in UTC."""
    data = source / "data"
    write(
        data / "log_standard_4_08_to_4_21_pure.csv",
        LOG,
        "0,5,20220408,0,1649349000000,1,1,0,0,0,0,1,61000,30000,0,1500,0,0,1",
        "1,6,20220408,900,1649380000000,0,0,0,0,0,1,0,0,0,2000,0,1,0,1",
    )
    write(
        data / "log_random_4_22_to_5_08_pure.csv",
        LOG,
        "1,5,20220422,900,1650590000000,0,0,0,0,0,0,0,900,30000,0,0,0,1,1",
    )
    write(
        data / "video_features_basic_pure.csv",
        VIDEOS,
        '5,77,NORMAL,2022-04-10,LongImport,0.0,30000.0,720.0,1280.0,1,9.0,"39,12"',
        "6,78,NORMAL,2021-01-01,Web,0.0,,720.0,1280.0,1,,",
    )
    write(data / "user_features_pure.csv", "user_id,user_active_degree", "0,full_active")
    return source


def test_the_official_logs_become_impressions_with_their_outcomes(imported: Importer, official: Path) -> None:
    done = imported("kuairand", official)
    assert done.days("impression") == {"2022-04-07": 1, "2022-04-08": 1, "2022-04-22": 1}
    told = {
        (row["impression_id"].split("-")[0], row["outcome"]): row["value"]
        for row in done.rows("outcome")
        if row["impression_id"].split("-")[1] in ("5", "6")
    }
    assert told == {
        ("0", "click"): 1.0,
        ("0", "like"): 1.0,
        ("0", "long_view"): 1.0,
        ("0", "play_time"): 61.0,
        ("0", "comment_stay"): 1.5,
        ("1", "hide"): 1.0,
        ("1", "profile_enter"): 1.0,
        ("1", "profile_stay"): 2.0,
        ("1", "play_time"): 0.9,
    }
    policies = {row["request_id"]: row["policy"] for row in done.rows("request")}
    assert sorted(policies.values()) == ["random", "standard", "standard"]


def test_videos_are_filed_when_they_were_uploaded(imported: Importer, official: Path) -> None:
    done = imported("kuairand", official)
    assert done.days("item") == {"2022-04-07": 1, "2022-04-09": 1}, "midnight in Shanghai is the day before in UTC"
    old, new = done.rows("item")
    assert (old["item_id"], old["duration_s"], old["topic"]) == ("6", None, None)
    assert (new["creator_id"], new["topic"], new["tags"], new["duration_s"]) == ("77", "39", ["39", "12"], 30.0)
    assert new["created_at"] == datetime(2022, 4, 9, 16, tzinfo=UTC)


def test_the_report_says_what_the_surface_could_use(imported: Importer, official: Path) -> None:
    done = imported("kuairand", official)
    assert set(done.report.lacks) == {"position", "propensity", "history"}
    assert any("carry creator, non_clicks, topic" in note for note in done.report.notes)


def test_a_repeated_row_is_a_repeated_impression_with_repeated_outcomes(imported: Importer, source: Path) -> None:
    row = "401\t925391\t20220413\t1700\t1649841911836\t1\t1\t0\t0\t1\t53324\t52133\t0\t0\t1\t2022-04-13 09:25:11"
    other = "401\t925391\t20220414\t1700\t1649928311836\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t2022-04-14 09:25:11"
    write(source / "feedback.tsv", FEEDBACK, row, row, row.replace("1700", "1800"), other)
    done = imported("kuairand", source)
    ids = Counter(done.table("impression")["impression_id"].to_pylist())
    assert ids == {"401-925391-1649841911836": 3, "401-925391-1649928311836": 1}
    assert done.report.total("request") == 2, "a request is known once"
    outcomes = Counter(done.table("outcome")["outcome_id"].to_pylist())
    assert outcomes["401-925391-1649841911836-like"] == 3
    assert outcomes["401-925391-1649928311836-hide"] == 1
    assert done.rows("item") == [
        {
            "schema_version": 1,
            "item_id": "925391",
            "duration_s": pytest.approx(52.133),
            "updated_at": datetime(2022, 4, 13, 9, 25, 11, 836000, tzinfo=UTC),
        }
    ]


def test_rows_without_a_time_are_set_aside(imported: Importer, source: Path) -> None:
    good = "1\t2\t20220413\t1700\t1649841911836\t1\t0\t0\t0\t1\t5\t5\t0\t0\t1\t-"
    write(source / "feedback.tsv.gz", FEEDBACK, good, good.replace("1649841911836", "soon"))
    done = imported("kuairand", source)
    assert done.tally("log rows").places == {"time_ms is not a number": ["feedback.tsv.gz:3"]}


@pytest.mark.real_data
def test_the_slice_comes_out_whole(imported: Importer, real_data: Path) -> None:
    done = imported("kuairand", real_data / "kuairand")
    shown = done.table("impression")
    assert len(shown) == 35_716
    assert len(shown) - len(set(shown["impression_id"].to_pylist())) == 93
    assert len(set(shown["user_id"].to_pylist())) == 663
    outcomes = done.outcomes()
    assert outcomes["like"] + outcomes["hide"] == 35_716
    assert len(done.days("impression")) == 12, "11 days in Shanghai touch 12 UTC days"
    play = [row["value"] for row in done.rows("outcome") if row["outcome"] == "play_time"]
    assert max(play) == pytest.approx(612.577)
    items = done.table("item")
    assert set(items["item_id"].to_pylist()) == set(shown["item_id"].to_pylist())
    assert "creator_id" not in items.column_names, "*_pure.csv name other videos"
