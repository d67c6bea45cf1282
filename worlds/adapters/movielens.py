"""MovieLens: ratings of films with true times over twenty years. https://grouplens.org/datasets/movielens

There is no exposure: a rating is all that is known, so each rating is written as an impression with an outcome `rating`
(stars) and, from four stars, an outcome `liked`. What was seen and not rated is nowhere: the surface lacks non_clicks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from schemas.errors import UserError
from worlds.adapters.dataset import Dataset
from worlds.adapters.reading import Batch, optional, read_csv, read_plain
from worlds.adapters.writer import Writer, joined, outcome_rows, timestamps

LAYOUT = "ratings.csv and movies.csv (ml-latest*, ml-25m), or ratings.dat, movies.dat and users.dat (ml-1m, ml-10m)"
LIKED = 4.0
"""Stars from which a rating counts as liked."""
RATINGS = ("userId", "movieId", "rating", "timestamp")
MOVIES = ("movieId", "title", "genres")
USERS = ("userId", "gender", "age", "occupation", "zip")
AGE_BANDS = {"1": "0-17", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+"}
NO_GENRES = "(no genres listed)"


def read(path: Path, writer: Writer) -> None:
    """Read the ratings in `path`. Raises UserError if there are none."""
    table, plain = optional(path, "ratings.csv"), optional(path, "ratings.dat")
    tally = writer.tally("ratings")
    if table:
        for batch in read_csv(table, tally, RATINGS):
            _ratings(batch, writer)
    elif plain:
        for batch in read_plain(plain, tally, "::", RATINGS):
            _ratings(batch, writer)
    else:
        raise UserError(f"{path} holds no ratings.csv or ratings.dat", fix=f"give a folder laid out as: {LAYOUT}")
    _dimensions(path, writer)


def _dimensions(path: Path, writer: Writer) -> None:
    if movies := optional(path, "movies.csv"):
        for batch in read_csv(movies, writer.tally("movies"), MOVIES):
            _movies(batch, writer)
    elif movies := optional(path, "movies.dat"):
        for batch in read_plain(movies, writer.tally("movies"), "::", MOVIES, encoding="latin-1"):
            _movies(batch, writer)
    else:
        writer.lacks.add("topic")
        writer.notes.append("no movies.csv or movies.dat: films have no title and no genre")
    if users := optional(path, "users.dat"):
        for batch in read_plain(users, writer.tally("users"), "::", USERS):
            _users(batch, writer)


def _ratings(batch: Batch, writer: Writer) -> None:
    batch = batch.with_numbers(*RATINGS)
    stars = batch.number("rating")
    batch = batch.keep((stars > 0) & (stars <= 5), "a rating outside (0, 5]")
    batch = writer.within(batch.having(at=batch.number("timestamp").astype(np.int64) * 1_000_000))
    batch.tally.kept += len(batch)
    if not len(batch):
        return
    user, movie, at = pa.array(batch["userId"]), pa.array(batch["movieId"]), timestamps(batch["at"])
    row = joined("-", user, movie, pa.array(batch["timestamp"]))
    writer.add("request", pa.table({"request_id": row, "user_id": user, "requested_at": at}))
    shown = pa.table({"impression_id": row, "request_id": row, "user_id": user, "item_id": movie, "shown_at": at})
    writer.add("impression", shown)
    stars = batch.number("rating")
    writer.add("outcome", outcome_rows(shown, "rating", stars))
    liked = shown.filter(pa.array(stars >= LIKED))
    writer.add("outcome", outcome_rows(liked, "liked", np.ones(len(liked))))


def _movies(batch: Batch, writer: Writer) -> None:
    genres = [[genre for genre in text.split("|") if genre != NO_GENRES] for text in batch["genres"].tolist()]
    rows = pa.table(
        {
            "item_id": pa.array(batch["movieId"]),
            "topic": pa.array([some[0] if some else None for some in genres], pa.string()),
            "tags": pa.array(genres, pa.list_(pa.string())),
            "title": pa.array(batch["title"]),
        }
    )
    writer.add_dimension("item", batch, rows)


def _users(batch: Batch, writer: Writer) -> None:
    rows = pa.table(
        {
            "user_id": pa.array(batch["userId"]),
            "gender": pa.array([text.lower() or None for text in batch["gender"].tolist()], pa.string()),
            "age_band": pa.array([AGE_BANDS.get(code) for code in batch["age"].tolist()], pa.string()),
        }
    )
    writer.add_dimension("user", batch, rows)


MOVIELENS = Dataset(
    name="movielens",
    read=read,
    layout=LAYOUT,
    lacks=("position", "propensity", "non_clicks", "history", "creator"),
    left=("tags.csv (tags that users gave), links.csv, genome scores", "users: occupation and zip code (ml-1m)"),
)
