"""feedmill docs: the reference pages in docs/, drawn from the contracts and the feature registry."""

from __future__ import annotations

from pathlib import Path

from cli.screen import console
from features.registry import registry
from features.tables import daily_counts, entity_tables, labelled, samples
from lake.home import PROJECT
from schemas.logs import LAYERS
from schemas.page import section
from schemas.tables import BRONZE, FORECAST, LEDGER, QUARANTINE, SEQUENCE, SILVER_ITEM, SILVER_USER
from surfaces.load import load

DRAWN = "This page is drawn from the code by `feedmill docs`; change the code, not the page."


def docs() -> None:
    """Write docs/tables.md and docs/features.md anew."""
    for name, text in pages().items():
        path = PROJECT / "docs" / name
        path.write_text(text)
        console.print(f"wrote {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def pages() -> dict[str, str]:
    """The text of each page by file name."""
    return {"tables.md": _tables(), "features.md": _features()}


def _tables() -> str:
    surface = load("shorts")
    parts = ["# Log layers and tables", "", DRAWN, ""]
    parts += ["Tables that depend on a surface's outcomes or features are shown for `shorts`.", ""]
    parts += ["## Landing", "", "`landing/<surface>/<layer>/day=<arrival day>/*.jsonl[.gz]` or `.parquet`.", ""]
    parts += [section(layer) for layer in LAYERS]
    parts += ["## Bronze", "", "Each layer as it landed, typed, with its `arrival_day`:", ""]
    parts += [", ".join(f"`{table.name}`" for table in BRONZE.values()) + ".", "", section(QUARANTINE)]
    parts += ["## Silver", "", section(labelled(surface)), section(SILVER_ITEM), section(SILVER_USER)]
    parts += ["## Gold", "", section(daily_counts(surface)), section(SEQUENCE)]
    parts += [section(table) for table in entity_tables(surface).values()]
    parts += [section(samples(surface)), "## Ops", "", section(LEDGER), section(FORECAST)]
    return "\n".join(parts)


def _features() -> str:
    features = registry(load("shorts"))
    lines = [
        "# Features",
        "",
        DRAWN,
        "",
        f"The {len(features)} features of `shorts`, in the order of the dense matrix.",
        "",
    ]
    lines += ["| feature | tier | entity | default | meaning |", "|---|---|---|---|---|"]
    lines += [f"| `{f.name}` | {f.tier} | {f.entity} | {f.default:g} | {f.doc} |" for f in features]
    return "\n".join(lines) + "\n"
