"""EB-NeRD (Ekstra Bladet): articles in view with clicks and what was read next. https://recsys.eb.dk

Each behaviors row is a request; each article in view an impression (the publisher shuffled the order: no position).
`next_read_time` and `next_scroll_percentage` tell of the article that was clicked, so they are outcomes of that
impression when exactly one was clicked; `read_time` and `scroll_percentage` tell of the page the list stood on
(`article_id`, null on the front page), which is none of the articles shown. Times are taken as UTC, as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import UserError
from worlds.adapters.dataset import Dataset
from worlds.adapters.reading import BATCH_ROWS, Batch, Column, microseconds, optional
from worlds.adapters.report import Tally
from worlds.adapters.writer import Writer, joined, outcome_rows, timestamps

LAYOUT = (
    "behaviors.parquet, history.parquet and articles.parquet, or train/ and validation/ folders and articles.parquet"
)
BEHAVIORS = (
    *("impression_id", "user_id", "session_id", "impression_time", "device_type", "gender", "age"),
    *("article_ids_inview", "article_ids_clicked", "next_read_time", "next_scroll_percentage"),
)
HISTORY = ("user_id", "article_id_fixed", "impression_time_fixed")
ARTICLES = ("article_id", "title", "category_str", "topics", "published_time")
DEVICES = {1: "desktop", 2: "phone", 3: "tablet"}
GENDERS = {0: "m", 1: "f"}
LONGEST_HISTORY = 200
"""Clicks of the fixed history that are kept with a request, the latest."""


def read(path: Path, writer: Writer) -> None:
    """Read every behaviors.parquet in `path` or its folders. Raises UserError if there is none."""
    folders = [path, *sorted(folder for folder in path.iterdir() if folder.is_dir())]
    splits = [(folder, file) for folder in folders if (file := optional(folder, "behaviors.parquet"))]
    if not splits:
        raise UserError(f"{path} holds no behaviors.parquet", fix=f"give a folder laid out as: {LAYOUT}")
    people: dict[str, tuple[str | None, str | None]] = {}
    for folder, behaviors in splits:
        histories = _histories(folder, writer)
        for batch in read_parquet(behaviors, writer.tally("behaviors rows"), BEHAVIORS):
            _behaviors(batch, histories, people, writer)
    articles = next((file for folder in (path, path.parent) if (file := optional(folder, "articles.parquet"))), None)
    if articles:
        for batch in read_parquet(articles, writer.tally("article rows"), ARTICLES):
            _articles(batch, writer)
    else:
        writer.lacks.add("topic")
        writer.notes.append("no articles.parquet: articles have no title, no category and no time of publication")


def read_parquet(path: Path, tally: Tally, columns: Sequence[str]) -> Iterator[Batch]:
    """Batches of a parquet file. Raises UserError if it is not readable or lacks one of `columns`."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path} is not readable as parquet: {error}", fix="download it again") from None
    absent = [name for name in columns if name not in file.schema_arrow.names]
    if absent:
        raise UserError(f"{path} has no column {', '.join(absent)}", fix="give the train and validation files")
    row = 0
    for part in file.iter_batches(BATCH_ROWS, columns=list(columns)):
        tally.read += len(part)
        lines = np.arange(row + 1, row + 1 + len(part))
        row += len(part)
        values = {name: _objects(part.column(name)) for name in columns}
        yield Batch(path.name, lines, values, tally)


def _objects(values: pa.Array) -> Column:
    array = np.empty(len(values), dtype=object)
    array[:] = values.to_pylist()
    return array


def _histories(folder: Path, writer: Writer) -> dict[str, list[str]]:
    path = optional(folder, "history.parquet")
    if path is None:
        writer.lacks.add("history")
        writer.notes.append(f"{folder}: no history.parquet")
        return {}
    tally, found = writer.tally("history rows"), dict[str, list[str]]()
    for batch in read_parquet(path, tally, HISTORY):
        tally.kept += len(batch)
        for user, articles, times in zip(*(batch[name].tolist() for name in HISTORY), strict=True):
            known = [
                (at, article) for at, article in zip(times or (), articles or (), strict=True) if article is not None
            ]
            found[str(user)] = [str(article) for _, article in sorted(known)][-LONGEST_HISTORY:]
    return found


def _behaviors(
    batch: Batch,
    histories: dict[str, list[str]],
    people: dict[str, tuple[str | None, str | None]],
    writer: Writer,
) -> None:
    for name in ("impression_id", "user_id", "impression_time"):
        batch = batch.keep(_given(batch[name]), f"{name} is null")
    batch = batch.having(at=microseconds(pd.to_datetime(pd.Series(batch["impression_time"]), utc=True)))
    batch = writer.within(batch)
    batch = batch.keep(np.array([bool(some) for some in batch["article_ids_inview"]], dtype=bool), "nothing in view")
    batch.tally.kept += len(batch)
    if len(batch):
        _requests(batch, histories, writer)
        _shown(batch, writer)
        _users(batch, people, writer)


def _given(values: Column) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([value is not None for value in values], dtype=bool)


def _requests(batch: Batch, histories: dict[str, list[str]], writer: Writer) -> None:
    users = [str(user) for user in batch["user_id"]]
    writer.add(
        "request",
        pa.table(
            {
                "request_id": pa.array([str(number) for number in batch["impression_id"]]),
                "user_id": pa.array(users),
                "session_id": pa.array([str(number) for number in batch["session_id"]]),
                "requested_at": timestamps(batch["at"]),
                "device": pa.array([DEVICES.get(code) for code in batch["device_type"]], pa.string()),
                "history": pa.array([histories.get(user) for user in users], pa.list_(pa.string())),
            }
        ),
    )


def _shown(batch: Batch, writer: Writer) -> None:
    views = batch["article_ids_inview"].tolist()
    sizes = [len(some) for some in views]
    row = np.repeat(np.arange(len(batch)), sizes)
    nth = [n for size in sizes for n in range(size)]
    request = pa.array([str(number) for number in batch["impression_id"][row]])
    shown = pa.table(
        {
            "impression_id": joined("-", request, pa.array(nth).cast(pa.string())),
            "request_id": request,
            "user_id": pa.array([str(user) for user in batch["user_id"][row]]),
            "item_id": pa.array([str(article) for some in views for article in some]),
            "shown_at": timestamps(batch["at"][row]),
        }
    )
    writer.add("impression", shown)
    clicks = [set(some or ()) for some in batch["article_ids_clicked"].tolist()]
    _count_clicks(batch, clicks, views, writer.tally("clicks"))
    clicked = np.array([article in clicks[place] for place, some in enumerate(views) for article in some], dtype=bool)
    writer.add("outcome", outcome_rows(shown.filter(pa.array(clicked)), "click", np.ones(int(clicked.sum()))))
    alone = np.array([len(some) == 1 for some in clicks], dtype=bool)[row] & clicked
    for outcome, column in (("read_time", "next_read_time"), ("scroll", "next_scroll_percentage")):
        value = np.array([0.0 if value is None else value for value in batch[column]], dtype=float)[row]
        some = alone & (value > 0)
        writer.add("outcome", outcome_rows(shown.filter(pa.array(some)), outcome, value[some]))


def _count_clicks(batch: Batch, clicks: list[set[int]], views: list[list[int]], tally: Tally) -> None:
    for line, clicked, view in zip(batch.lines.tolist(), clicks, views, strict=True):
        strange = len(clicked - set(view))
        tally.read += len(clicked)
        tally.kept += len(clicked) - strange
        tally.set_aside("of an article that was not in view", batch.file, [line] * strange)


def _users(batch: Batch, people: dict[str, tuple[str | None, str | None]], writer: Writer) -> None:
    """A user row whenever a user is first seen, or seen with another gender or age."""
    new: list[tuple[str, str | None, str | None, int]] = []
    for place in np.argsort(batch["at"], kind="stable").tolist():
        user, age = str(batch["user_id"][place]), batch["age"][place]
        told = (GENDERS.get(batch["gender"][place]), None if age is None else f"{int(age)}-{int(age) + 9}")
        if people.get(user) != told:
            people[user] = told
            new.append((user, *told, int(batch["at"][place])))
    if new:
        user_ids, genders, bands, at = zip(*new, strict=True)
        rows = pa.table(
            {"user_id": user_ids, "gender": pa.array(genders, pa.string()), "age_band": pa.array(bands, pa.string())}
        )
        writer.add("user", rows.append_column("updated_at", timestamps(np.array(at, dtype=np.int64))))


def _articles(batch: Batch, writer: Writer) -> None:
    published = microseconds(pd.to_datetime(pd.Series(batch["published_time"]), utc=True))
    rows = pa.table(
        {
            "item_id": pa.array([str(number) for number in batch["article_id"]]),
            "topic": pa.array(batch["category_str"].tolist(), pa.string()),
            "tags": pa.array(batch["topics"].tolist(), pa.list_(pa.string())),
            "language": pa.array(["da"] * len(batch), pa.string()),
            "title": pa.array(batch["title"].tolist(), pa.string()),
            "created_at": timestamps(published),
        }
    )
    writer.add_dimension("item", batch, rows, published)


EBNERD = Dataset(
    name="ebnerd",
    read=read,
    layout=LAYOUT,
    lacks=("position", "propensity", "creator"),
    left=(
        "behaviors: the page a list stood on with its read time and scroll, is_sso_user, is_subscriber, postcode",
        "history: scroll and read times",
        "articles: body, images, entities, sentiment; totals over the whole period, which no night could have known",
    ),
)
