"""KuaiRand: short videos, a row per video shown with all that the user did with it. https://kuairand.com

Accepted are the official `log_*.csv` (with `video_features_basic_*.csv` of the same variant) and a `feedback.tsv` of
rows that have a like or a hate, whose `label` is 1 or 0 for these. `time_ms` is the time of a row; `date` and `hourmin`
are rounded local time and may disagree with it. A row is known by (user, video, time_ms): a repeated row is written as
a repeated impression with repeated outcomes, for the night to count. Nothing has a time of its own but the row.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from schemas.errors import UserError
from worlds.adapters.dataset import Dataset
from worlds.adapters.reading import Batch, microseconds, optional, read_csv, read_plain
from worlds.adapters.writer import DAY_US, Writer, joined, outcome_rows, timestamps

LAYOUT = "log_*.csv with video_features_basic_*.csv (in it or in its data/ folder), or feedback.tsv"
NEEDED = ("user_id", "video_id", "time_ms", "is_click", "play_time_ms", "duration_ms")
BINARY = {
    "click": "is_click",
    "like": "is_like",
    "hide": "is_hate",
    "follow": "is_follow",
    "comment": "is_comment",
    "forward": "is_forward",
    "long_view": "long_view",
    "profile_enter": "is_profile_enter",
}
"""Each binary outcome and its column."""
SECONDS = {"play_time": "play_time_ms", "comment_stay": "comment_stay_time", "profile_stay": "profile_stay_time"}
"""Each outcome in seconds and its column in milliseconds."""
ALSO = (*BINARY.values(), *SECONDS.values(), "is_rand", "label")
LOCAL = "Asia/Shanghai"
Durations = dict[str, tuple[int, float]]
"""Per video, the time in microseconds it was first shown and its duration in seconds."""


def read(path: Path, writer: Writer) -> None:
    """Read the logs in `path`. Raises UserError if there are none."""
    folder = path / "data" if (path / "data").is_dir() else path
    logs = sorted([*folder.glob("log_*.csv"), *folder.glob("log_*.csv.gz")])
    feedback = optional(folder, "feedback.tsv")
    durations: Durations = {}
    tally = writer.tally("log rows")
    if logs:
        for log in logs:
            for batch in read_csv(log, tally, NEEDED, ALSO):
                _log(batch, writer, durations)
        _videos(folder, logs, writer, durations)
    elif feedback:
        for batch in read_plain(feedback, tally, "\t", None, needed=(*NEEDED, "label"), also=ALSO):
            liked = batch.number("label")
            _log(batch.having(is_like=liked == 1, is_hate=liked == 0), writer, durations)
        _shown_videos(durations, writer)
        writer.lacks |= {"non_clicks", "creator", "topic"}
        writer.notes.append("feedback.tsv has only rows with a like or a hate; *_pure.csv name other users and videos")
    else:
        raise UserError(f"{path} holds no log_*.csv and no feedback.tsv", fix=f"give a folder laid out as: {LAYOUT}")


def _log(batch: Batch, writer: Writer, durations: Durations) -> None:
    batch = batch.with_numbers("user_id", "video_id", "time_ms")
    batch = batch.having(at=np.asarray(batch.number("time_ms"), dtype=np.int64) * 1000)
    batch = writer.within(batch.keep(batch["at"] > 0, "time_ms is not a time"))
    batch.tally.kept += len(batch)
    if not len(batch):
        return
    shown = _impressions(batch)
    writer.add("impression", shown)
    first = ~pd.Series(shown["impression_id"].to_pylist()).duplicated().to_numpy()
    writer.add("request", _requests(batch, shown).filter(pa.array(first)))
    for outcome, column in BINARY.items():
        happened = batch.flag(column)
        writer.add("outcome", outcome_rows(shown.filter(pa.array(happened)), outcome, np.ones(int(happened.sum()))))
    for outcome, column in SECONDS.items():
        if column in batch.columns:
            seconds = np.nan_to_num(batch.number(column)) / 1000.0
            some = seconds > 0
            writer.add("outcome", outcome_rows(shown.filter(pa.array(some)), outcome, seconds[some]))
    _note_durations(batch, durations)


def _impressions(batch: Batch) -> pa.Table:
    user, video = pa.array(batch["user_id"]), pa.array(batch["video_id"])
    row = joined("-", user, video, pa.array(batch["at"] // 1000).cast(pa.string()))
    return pa.table(
        {
            "impression_id": row,
            "request_id": row,
            "user_id": user,
            "item_id": video,
            "shown_at": timestamps(batch["at"]),
        }
    )


def _requests(batch: Batch, shown: pa.Table) -> pa.Table:
    policy = [None] * len(batch)
    if "is_rand" in batch.columns:
        policy = np.where(batch.flag("is_rand"), "random", "standard").tolist()
    return pa.table(
        {
            "request_id": shown["request_id"],
            "user_id": shown["user_id"],
            "requested_at": shown["shown_at"],
            "policy": pa.array(policy, pa.string()),
        }
    )


def _note_durations(batch: Batch, durations: Durations) -> None:
    seconds = batch.number("duration_ms") / 1000.0
    for video, at, length in zip(batch["video_id"].tolist(), batch["at"].tolist(), seconds.tolist(), strict=True):
        known = durations.get(video)
        if known is None or at < known[0]:
            durations[video] = (at, length)


def _shown_videos(durations: Durations, writer: Writer) -> None:
    """Videos as the log tells of them: their duration, filed under the day each was first shown."""
    at = np.array([at for at, _ in durations.values()], dtype=np.int64)
    seconds = pa.array([length for _, length in durations.values()], pa.float32())
    rows = pa.table({"item_id": pa.array(list(durations)), "duration_s": seconds, "updated_at": timestamps(at)})
    if len(rows):
        writer.add("item", rows, at // DAY_US)


def _videos(folder: Path, logs: list[Path], writer: Writer, durations: Durations) -> None:
    variants = sorted({log.name.removesuffix(".gz").removesuffix(".csv").rpartition("_")[2] for log in logs})
    files = [file for variant in variants if (file := optional(folder, f"video_features_basic_{variant}.csv"))]
    if not files:
        writer.lacks |= {"creator", "topic"}
        writer.notes.append("no video_features_basic_*.csv: of a video only the duration in the log is known")
        _shown_videos(durations, writer)
    for file in files:
        also = ("video_duration", "tag", "upload_dt")
        for batch in read_csv(file, writer.tally("video rows"), ("video_id", "author_id"), also):
            _video_rows(batch, writer)


def _video_rows(batch: Batch, writer: Writer) -> None:
    uploaded = pd.to_datetime(pd.Series(batch["upload_dt"]), format="%Y-%m-%d", errors="coerce")
    created = microseconds(uploaded.dt.tz_localize(LOCAL).dt.tz_convert("UTC"))
    tags = [[tag for tag in text.split(",") if tag] for text in batch["tag"].tolist()]
    rows = pa.table(
        {
            "item_id": pa.array(batch["video_id"]),
            "creator_id": pa.array(batch["author_id"]),
            "topic": pa.array([some[0] if some else None for some in tags], pa.string()),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "duration_s": pa.array(batch.number("video_duration") / 1000.0, from_pandas=True),
            "created_at": timestamps(created),
        }
    )
    writer.add_dimension("item", batch, rows, created)


KUAIRAND = Dataset(
    name="kuairand",
    read=read,
    layout=LAYOUT,
    lacks=("position", "propensity", "history"),
    left=(
        "log: date and hourmin (rounded; time_ms is kept), tab",
        "users: activity, follower and registration ranges, onehot_feat*",
        "videos: type, size, music, visibility; statistics over the whole month, which no night could have known",
    ),
)
