"""Open Bandit: a fashion shelf of three positions, one shown item a row, with its propensity.

Two policies, uniform random and Bernoulli Thompson sampling, showed items side by side. There is no user id; the hashed
user features do not tell users apart. https://research.zozo.com/data.html, Saito et al. 2021 (arXiv:2008.07146)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from schemas.errors import UserError
from worlds.adapters.dataset import Dataset
from worlds.adapters.reading import NEVER, Batch, microseconds, optional, read_csv
from worlds.adapters.writer import Writer, joined, outcome_rows, timestamps

LAYOUT = "<policy>/all/all.csv and item_context.csv (policy: bts, random), or bts_all.csv, random_all.csv"
CAMPAIGN = "all"
"""Each campaign is a shelf with items of its own; this is the one that is imported."""
POLICIES = ("bts", "random")
NEEDED = ("timestamp", "item_id", "position", "click", "propensity_score")
HASHED = ("item_feature_1", "item_feature_2", "item_feature_3")


def read(path: Path, writer: Writer) -> None:
    """Read the campaign `all` under each policy that `path` holds. Raises UserError if there is none."""
    logs = {policy: file for policy in POLICIES if (file := _log_of(path, policy))}
    if not logs:
        raise UserError(f"{path} holds no log of campaign {CAMPAIGN!r}", fix=f"give a folder laid out as: {LAYOUT}")
    for policy, file in logs.items():
        for batch in read_csv(file, writer.tally(f"{policy} rows"), NEEDED, also=("",)):
            _log(batch, policy, writer)
    context = [optional(folder, "item_context.csv") for folder in (path, *(file.parent for file in logs.values()))]
    if found := next((file for file in context if file), None):
        for batch in read_csv(found, writer.tally("item rows"), ("item_id", "item_feature_0", *HASHED)):
            _items(batch, writer)
    else:
        writer.notes.append("no item_context.csv: nothing is known of the items")
    writer.notes += [f"no log of policy {policy}" for policy in POLICIES if policy not in logs]


def _log_of(path: Path, policy: str) -> Path | None:
    return optional(path / policy / CAMPAIGN, f"{CAMPAIGN}.csv") or optional(path, f"{policy}_{CAMPAIGN}.csv")


def _log(batch: Batch, policy: str, writer: Writer) -> None:
    times = pd.to_datetime(pd.Series(batch["timestamp"]), format="ISO8601", errors="coerce", utc=True)
    batch = batch.having(at=microseconds(times))
    batch = batch.keep(batch["at"] != NEVER, "timestamp is not a time").with_numbers(*NEEDED[1:])
    chance, place = batch.number("propensity_score"), batch.number("position")
    batch = batch.keep((chance > 0) & (chance <= 1) & (place >= 1), "a propensity outside (0, 1] or a position below 1")
    batch = writer.within(batch)
    batch.tally.kept += len(batch)
    if not len(batch):
        return
    numbers = batch[""] if "" in batch.columns else batch.lines.astype(str).astype(object)
    row, at = joined("-", policy, CAMPAIGN, pa.array(numbers)), timestamps(batch["at"])
    policies = pa.array([policy] * len(batch))
    writer.add("request", pa.table({"request_id": row, "requested_at": at, "policy": policies}))
    shown = pa.table(
        {
            "impression_id": row,
            "request_id": row,
            "item_id": pa.array(batch["item_id"]),
            "position": pa.array(batch.number("position").astype(np.int32) - 1),
            "propensity": pa.array(batch.number("propensity_score")),
            "shown_at": at,
        }
    )
    writer.add("impression", shown)
    clicked = shown.filter(pa.array(batch.flag("click")))
    writer.add("outcome", outcome_rows(clicked, "click", np.ones(len(clicked))))


def _items(batch: Batch, writer: Writer) -> None:
    batch = batch.with_numbers("item_feature_0")
    tags = [list(some) for some in zip(*(batch[name].tolist() for name in HASHED), strict=True)]
    rows = pa.table(
        {
            "item_id": pa.array(batch["item_id"]),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "content": pa.array([[value] for value in batch.number("item_feature_0").tolist()], pa.list_(pa.float32())),
        }
    )
    writer.add_dimension("item", batch, rows)


OPEN_BANDIT = Dataset(
    name="open_bandit",
    read=read,
    layout=LAYOUT,
    lacks=("user", "history", "creator", "topic"),
    left=("user_feature_0..3 (hashed) and user-item affinities", "campaigns men and women"),
)
