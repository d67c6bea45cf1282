"""Run suites on one day's frames, and write Data Docs a person can read."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.rules import Level

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
from great_expectations.checkpoint.actions import UpdateDataDocsAction
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

SITE = "night"


@dataclass(frozen=True)
class Batch:
    """One table's rows of the day and the expectations they are held to."""

    table: str
    day: str
    rows: pd.DataFrame
    expectations: Sequence[Expectation]


@dataclass(frozen=True)
class Finding:
    """What one expectation found: `observed` beside what is `allowed`."""

    table: str
    day: str
    expectation: str
    level: Level
    passed: bool
    observed: str
    allowed: str

    def __str__(self) -> str:
        verdict = "pass" if self.passed else "FAIL" if self.level == "blocking" else "warn"
        return (
            f"{verdict:7} {self.table} {self.day} {self.expectation}: observed {self.observed}, allowed {self.allowed}"
        )


def check(batches: Sequence[Batch], docs: Path) -> list[Finding]:
    """Hold every batch to its expectations; Data Docs are written to the folder `docs` (open its index.html)."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = _context(docs)
    source = context.data_sources.add_pandas("lake")
    findings: list[Finding] = []
    for batch in batches:
        asset = source.add_dataframe_asset(batch.table)
        definition = asset.add_batch_definition_whole_dataframe(batch.day)
        suite = context.suites.add_or_update(gx.ExpectationSuite(batch.table, expectations=list(batch.expectations)))
        validation = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(name=batch.table, data=definition, suite=suite)
        )
        checkpoint = context.checkpoints.add_or_update(
            gx.Checkpoint(
                name=batch.table,
                validation_definitions=[validation],
                actions=[UpdateDataDocsAction(name="docs", site_names=[SITE])],
                result_format="SUMMARY",
            )
        )
        outcome = checkpoint.run(
            batch_parameters={"dataframe": batch.rows}, run_id=gx.RunIdentifier(run_name=batch.day)
        )
        for result in outcome.run_results.values():
            findings += [_finding(batch, item) for item in result.results]
    return findings


def _context(docs: Path) -> Any:
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    for name in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(name)
    docs.mkdir(parents=True, exist_ok=True)
    site = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
    }
    context.add_data_docs_site(site_name=SITE, site_config=site)
    return context


def _finding(batch: Batch, item: Any) -> Finding:
    config = item.expectation_config
    kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    column = kwargs.pop("column", None)
    name = config.type.removeprefix("expect_") + (f"({column})" if column else "")
    allowed = ", ".join(f"{key}={value}" for key, value in kwargs.items() if value is not None) or "none violating"
    return Finding(
        table=batch.table,
        day=batch.day,
        expectation=name,
        level="blocking" if config.severity == FailureSeverity.CRITICAL else "warning",
        passed=bool(item.success),
        observed=_observed(item),
        allowed=allowed,
    )


def _observed(item: Any) -> str:
    error = item.exception_info
    if error.get("raised_exception") or any(isinstance(e, dict) and e.get("raised_exception") for e in error.values()):
        return f"an error: {error.get('exception_message') or error}"
    result = item.result
    if "observed_value" in result:
        value = result["observed_value"]
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    examples = list(result.get("partial_unexpected_list") or [])[:3]
    tail = f" such as {examples}" if examples else ""
    return f"{result.get('unexpected_count', 0)} violating of {result.get('element_count', 0)}{tail}"
