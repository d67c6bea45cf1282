"""validate: Great Expectations over the day's bronze, silver and gold; a blocking failure ends the night here."""

from __future__ import annotations

import shutil
from pathlib import Path

from expectations.checking import Finding, check
from expectations.suites import SUITES
from jobs.judging.validation_batches import batch_of
from jobs.night import Night, StepReport
from schemas.errors import GateFailed


def run(night: Night) -> StepReport:
    """Check the day; raises GateFailed, naming table, day, expectation, observed and allowed, on a blocking failure."""
    batches = [batch_of(night, table) for table in SUITES]
    docs = night.reports / "data_docs"
    shutil.rmtree(docs, ignore_errors=True)
    findings = check([batch for batch in batches if batch is not None], docs)
    failed = [finding for finding in findings if not finding.passed and finding.level == "blocking"]
    warned = [finding for finding in findings if not finding.passed and finding.level == "warning"]
    report = StepReport(
        rows=len(findings),
        summary=f"expectations, {len(failed)} failed, {len(warned)} warned; {docs / 'index.html'}",
        gates=[str(finding) for finding in failed],
        warnings=[str(finding) for finding in warned],
        figures={"expectations": len(findings), "failed": len(failed), "warned": len(warned), "docs": str(docs)},
    )
    if failed:
        raise GateFailed(_words(failed, docs), fix="mend the logs and run the day again; the live release is untouched")
    return report


def _words(failed: list[Finding], docs: Path) -> str:
    lines = [f"  {finding}" for finding in failed]
    return "\n".join([f"{len(failed)} blocking expectations failed:", *lines, f"  details: {docs / 'index.html'}"])
