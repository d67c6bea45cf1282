"""MIND (Microsoft News): lists of shown news with clicks. https://msnews.github.io

Each `behaviors.tsv` row is a request; each `item-0` or `item-1` of its list an impression, and each `-1` a click at the
time of the request, the only time there is. The order of a list is shuffled by the publisher: it is no position.
News rows carry no time: they are filed under the first imported day.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from schemas.errors import UserError
from worlds.adapters.dataset import Dataset
from worlds.adapters.reading import NEVER, Batch, microseconds, optional, read_plain
from worlds.adapters.report import Tally
from worlds.adapters.writer import Writer, joined, outcome_rows, timestamps

LAYOUT = "behaviors.tsv and news.tsv, or folders of them (MINDsmall_train/, MINDsmall_dev/)"
BEHAVIORS = ("impression_id", "user_id", "time", "history", "impressions")
NEWS = ("news_id", "category", "subcategory", "title", "abstract", "url", "title_entities", "abstract_entities")
TIME = "%m/%d/%Y %I:%M:%S %p"


def read(path: Path, writer: Writer) -> None:
    """Read every behaviors.tsv in `path` or its folders. Raises UserError if there is none."""
    folders = [path, *sorted(folder for folder in path.iterdir() if folder.is_dir())]
    splits = [(folder, file) for folder in folders if (file := optional(folder, "behaviors.tsv"))]
    if not splits:
        raise UserError(f"{path} holds no behaviors.tsv (.gz or not)", fix=f"give a folder laid out as: {LAYOUT}")
    for _, behaviors in splits:
        for batch in read_plain(behaviors, writer.tally("behaviors rows"), "\t", BEHAVIORS):
            _behaviors(batch, writer)
    known: set[str] = set()
    for folder, _ in splits:
        if news := optional(folder, "news.tsv"):
            _news(news, writer, known)
        else:
            writer.notes.append(f"{folder}: no news.tsv, so its items have no topic and no title")


def _behaviors(batch: Batch, writer: Writer) -> None:
    times = pd.to_datetime(pd.Series(batch["time"]), format=TIME, errors="coerce", utc=True)
    batch = batch.having(at=microseconds(times))
    batch = writer.within(batch.keep(batch["at"] != NEVER, "time is not like 11/15/2019 8:30:00 AM"))
    labelled = [
        _labelled(text, batch.file, line, writer.tally("shown news"))
        for text, line in zip(batch["impressions"].tolist(), batch.lines.tolist(), strict=True)
    ]
    shown = np.empty(len(batch), dtype=object)
    shown[:] = labelled
    batch = batch.having(shown=shown)
    batch = batch.keep(np.array([bool(some) for some in labelled], dtype=bool), "no shown news with a label")
    batch.tally.kept += len(batch)
    if len(batch):
        _write(batch, writer)


def _labelled(text: str, file: str, line: int, tally: Tally) -> list[tuple[str, bool]]:
    """(news, clicked) of each `news-0` or `news-1`; what is neither is set aside."""
    parts = [entry.rpartition("-") for entry in text.split()]
    good = [(item, label == "1") for item, _, label in parts if item and label in ("0", "1")]
    tally.read += len(parts)
    tally.kept += len(good)
    tally.set_aside("without a -0 or -1 label", file, [line] * (len(parts) - len(good)))
    return good


def _write(batch: Batch, writer: Writer) -> None:
    day = pd.DatetimeIndex(batch["at"].astype("datetime64[us]")).strftime("%Y%m%d")
    request = joined("-", pa.array(day.to_list()), pa.array(batch["impression_id"]))
    users, at = pa.array(batch["user_id"]), timestamps(batch["at"])
    history = pa.array([text.split() for text in batch["history"].tolist()], pa.list_(pa.string()))
    writer.add("request", pa.table({"request_id": request, "user_id": users, "requested_at": at, "history": history}))
    sizes = [len(some) for some in batch["shown"]]
    row = pa.array(np.repeat(np.arange(len(batch)), sizes))
    nth = pa.array([str(n) for size in sizes for n in range(size)])
    flat = [pair for some in batch["shown"] for pair in some]
    impressions = pa.table(
        {
            "impression_id": joined("-", request.take(row), nth),
            "request_id": request.take(row),
            "user_id": users.take(row),
            "item_id": pa.array([item for item, _ in flat]),
            "shown_at": at.take(row),
        }
    )
    writer.add("impression", impressions)
    clicked = impressions.filter(pa.array([click for _, click in flat]))
    writer.add("outcome", outcome_rows(clicked, "click", np.ones(len(clicked))))


def _news(path: Path, writer: Writer, known: set[str]) -> None:
    for batch in read_plain(path, writer.tally("news rows"), "\t", NEWS):
        new = []
        for item in batch["news_id"].tolist():
            new.append(item not in known)
            known.add(item)
        once = batch.keep(np.array(new, dtype=bool), "the same news again")
        rows = pa.table(
            {
                "item_id": pa.array(once["news_id"]),
                "topic": pa.array(once["category"]),
                "tags": pa.array([[label] if label else [] for label in once["subcategory"].tolist()]),
                "title": pa.array(once["title"]),
            }
        )
        writer.add_dimension("item", once, rows)


MIND = Dataset(
    name="mind",
    read=read,
    layout=LAYOUT,
    lacks=("position", "propensity", "creator"),
    left=("news: abstract, url, entities and their embeddings",),
)
