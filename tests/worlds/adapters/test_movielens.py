"""MovieLens: each rating is an interaction; there is no exposure to invent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.errors import UserError
from tests.worlds.adapters.conftest import Importer, write


@pytest.fixture
def latest(source: Path) -> Path:
    write(source / "ratings.csv", "userId,movieId,rating,timestamp", "1,31,2.5,1260759144", "1,10,4.0,1260759144")
    write(source / "movies.csv", "movieId,title,genres", '31,"Cat, The (1995)",Drama|Crime', "10,X,(no genres listed)")
    return source


def test_ratings_become_outcomes(imported: Importer, latest: Path) -> None:
    done = imported("movielens", latest)
    assert done.days("impression") == {"2009-12-14": 2}
    told = {(row["impression_id"], row["outcome"]): row["value"] for row in done.rows("outcome")}
    assert told == {
        ("1-31-1260759144", "rating"): 2.5,
        ("1-10-1260759144", "rating"): 4.0,
        ("1-10-1260759144", "liked"): 1.0,
    }
    assert {"non_clicks", "position", "propensity"} <= set(done.report.lacks)


def test_films_have_titles_and_genres(imported: Importer, latest: Path) -> None:
    cat, other = imported("movielens", latest).rows("item")
    assert (cat["title"], cat["topic"], cat["tags"]) == ("Cat, The (1995)", "Drama", ["Drama", "Crime"])
    assert (other["topic"], other["tags"]) == (None, [])


def test_the_older_layout_is_read_too(imported: Importer, source: Path) -> None:
    write(source / "ratings.dat", "1::1193::5::978300760", "2::661::3::978302109")
    (source / "movies.dat").write_bytes("661::Café Society::Comedy|Drama\n".encode("latin-1"))
    write(source / "users.dat", "1::F::1::10::48067", "2::M::56::16::70072")
    done = imported("movielens", source)
    assert done.days("impression") == {"2000-12-31": 2}
    assert done.rows("item")[0]["title"] == "Café Society"
    assert [(row["user_id"], row["gender"], row["age_band"]) for row in done.rows("user")] == [
        ("1", "f", "0-17"),
        ("2", "m", "56+"),
    ]


def test_malformed_ratings_are_set_aside(imported: Importer, latest: Path) -> None:
    with (latest / "ratings.csv").open("a") as file:
        file.write("1,2,9.5,1260759144\n1,2,many,1260759144\n1,2\n")
    tally = imported("movielens", latest).tally("ratings")
    assert (tally.read, tally.kept, tally.missing) == (5, 2, 0)
    assert tally.places == {
        "a rating outside (0, 5]": ["ratings.csv:4"],
        "rating is not a number": ["ratings.csv:5"],
        "not 4 fields": ["ratings.csv:6"],
    }


def test_a_missing_file_names_the_layouts(imported: Importer, source: Path) -> None:
    with pytest.raises(UserError) as told:
        imported("movielens", source)
    assert "ratings.csv or ratings.dat" in told.value.headline
    assert "ml-1m" in str(told.value.fix)


@pytest.mark.real_data
def test_the_last_months_of_the_slice(imported: Importer, real_data: Path) -> None:
    done = imported("movielens", real_data / "movielens_small", first=date(2016, 8, 1))
    tally = done.tally("ratings")
    assert tally.read == 100_004
    assert tally.kept == done.report.total("impression") == done.outcomes()["rating"]
    assert tally.read == tally.kept + tally.aside["outside the asked days"]
    assert done.days("impression")["2016-08-16"] == 701
    assert max(done.days("impression")) == "2016-10-16"
    assert done.report.total("item") == 9_125
