"""Open Bandit: one shown item a row with its position and propensity, under two policies, without users."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from schemas.errors import UserError
from tests.worlds.adapters.conftest import Importer, write

LOG = ",timestamp,item_id,position,click,propensity_score,user_feature_0,user-item_affinity_0"
ITEMS = ",item_id,item_feature_0,item_feature_1,item_feature_2,item_feature_3"


def _log(path: Path, *rows: str) -> None:
    write(path, LOG, *rows)


def test_the_official_folders_are_read(imported: Importer, source: Path) -> None:
    _log(source / "bts" / "all" / "all.csv", "0,2019-11-24 00:00:17.004101+00:00,79,3,1,0.087125,x,0.0")
    _log(source / "random" / "all" / "all.csv", "0,2019-11-25 23:59:59+00:00,14,1,0,0.0125,x,0.0")
    _log(source / "random" / "men" / "men.csv", "0,2019-11-25 23:59:59+00:00,3,1,1,0.03,x,0.0")
    write(source / "random" / "all" / "item_context.csv", ITEMS, "0,14,-0.5,aed,675,5c1", "1,79,0.25,aed,675,b2b")
    done = imported("open_bandit", source)
    bts, random = done.rows("impression")
    assert (bts["impression_id"], bts["item_id"], bts["position"], bts["propensity"]) == (
        "bts-all-0",
        "79",
        2,
        0.087125,
    )
    assert (random["position"], random["propensity"]) == (0, 0.0125)
    assert "user_id" not in done.table("request").column_names
    assert [row["policy"] for row in done.rows("request")] == ["bts", "random"]
    assert [(row["impression_id"], row["outcome"]) for row in done.rows("outcome")] == [("bts-all-0", "click")]
    assert done.days("item") == {"2019-11-24": 2}
    assert done.rows("item")[0]["content"] == [-0.5]
    assert done.rows("item")[0]["tags"] == ["aed", "675", "5c1"]
    assert set(done.report.lacks) == {"user", "history", "creator", "topic"}


def test_one_policy_alone_is_told(imported: Importer, source: Path) -> None:
    _log(source / "random_all.csv.gz", "7,2019-11-24 00:00:17.004101+00:00,79,3,1,0.0125,x,0.0")
    assert set(imported("open_bandit", source).report.notes) == {
        "no item_context.csv: nothing is known of the items",
        "no log of policy bts",
    }


def test_impossible_propensities_and_positions_are_set_aside(imported: Importer, source: Path) -> None:
    good = "0,2019-11-24 00:00:17+00:00,79,3,1,0.000001,x,0.0"
    _log(
        source / "bts_all.csv",
        good,
        good.replace("0.000001", "0"),
        good.replace("0.000001", "1.5"),
        good.replace(",3,", ",0,"),
        good.replace("2019-11-24 00:00:17+00:00", "noon"),
        good.replace("0.000001", ""),
    )
    done = imported("open_bandit", source)
    assert done.table("impression")["propensity"].to_pylist() == [1e-6]
    tally = done.tally("bts rows")
    assert tally.aside == {
        "a propensity outside (0, 1] or a position below 1": 3,
        "timestamp is not a time": 1,
        "propensity_score is not a number": 1,
    }
    assert tally.missing == 0


def test_another_campaign_is_not_mistaken_for_it(imported: Importer, source: Path) -> None:
    _log(source / "bts" / "men" / "men.csv", "0,2019-11-24 00:00:17+00:00,79,3,1,0.1,x,0.0")
    with pytest.raises(UserError, match="no log of campaign 'all'"):
        imported("open_bandit", source)


@pytest.mark.real_data
def test_the_slice_comes_out_whole_with_its_propensities(imported: Importer, real_data: Path) -> None:
    done = imported("open_bandit", real_data / "open_bandit")
    shown = done.table("impression")
    bts = shown.filter(pc.starts_with(shown["impression_id"], "bts"))
    random = shown.filter(pc.starts_with(shown["impression_id"], "random"))
    assert (len(bts), len(random)) == (10_000, 10_000)
    assert set(random["propensity"].to_pylist()) == {0.0125}
    assert min(bts["propensity"].to_pylist()) == pytest.approx(0.000045)
    assert set(shown["position"].to_pylist()) == {0, 1, 2}
    clicks = [row["impression_id"].split("-")[0] for row in done.rows("outcome")]
    assert (clicks.count("random"), clicks.count("bts")) == (38, 42)
    assert len(done.days("impression")) == 7
    assert done.report.total("item") == 80
