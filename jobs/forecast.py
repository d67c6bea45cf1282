"""What the night's release would have been worth on the day's requests, kept until it can be compared with the fact."""

from __future__ import annotations

from evaluation import pictures
from evaluation.ope.picture import forecast_against_fact
from jobs.decide import RECORD
from jobs.night import Night, StepReport
from jobs.offpolicy import fact, kept
from jobs.offpolicy.asked import Asked
from jobs.offpolicy.evaluate import evaluate
from jobs.offpolicy.forecast import Forecast, forecast_of
from schemas.decision import Decision
from schemas.errors import UserError

SAMPLES = ((80, 40), (500, 100))
"""Requests of the day that the release answers again, first to see whether more is of use; and how many of them the
release that served answers again too, to see what it never shows. Some ten seconds."""
HOPELESS = 0.1
"""Effective users for each user, below which the larger sample is not tried: it would be refused as well."""


def run(night: Night) -> StepReport:
    """Settle earlier forecasts by what served on this day, and forecast the release of this night.

    Logs that can carry no estimate are told as a warning: a night does not fail by what it cannot foresee.
    """
    made = Decision.read(night.artifact("decision") / RECORD)
    report = StepReport()
    settled, found = [], None
    try:
        settled = fact.settle(night)
        found = foreseen(night, made.release_id)
        kept.keep(night.lake, kept.line_of(found, night.day))
    except UserError as error:
        report.warnings.append(f"no forecast: {error.headline}")
    told = kept.told(night.lake, until=night.day)
    rate = kept.rate_of(told)
    if pairs := [one.pair for one in told if one.pair is not None]:
        night.reports.mkdir(parents=True, exist_ok=True)
        pictures.save(forecast_against_fact(night.surface.surface, pairs), night.reports / "forecast.png")
    report.rows = len(settled) + (found is not None)
    report.summary = "; ".join([*([] if found is None else [summary(found)]), str(rate)])
    report.figures |= {"hit_rate": rate.share, "compared": rate.count, "held": rate.held, "settled": len(settled)}
    report.figures |= {} if found is None else {"refused": found.refused, "difference": found.difference}
    return report


def foreseen(night: Night, release_id: str) -> Forecast:
    """The forecast of the release on the night's day: from a few requests where those show that it must be refused."""
    release = night.home.releases(night.surface.surface) / release_id
    for sample, looked_at in SAMPLES:
        asked = Asked((night.day,), sample=sample, looked_at=looked_at)
        found = evaluate(night, release, asked)
        trust = found.main.trust
        if (trust.effective or 0.0) < HOPELESS * trust.users:
            break
    return forecast_of(night, asked, found)


def summary(found: Forecast) -> str:
    """`2026-01-09-0a1b2c: +0.12 (+0.03 .. +0.21) a request against what was shown`, or what was refused and why."""
    if found.difference is None:
        return f"{found.target}: refused, {' and '.join(reason.partition(':')[0] for reason in found.reasons)}"
    span = f"{found.difference_low:+.3g} .. {found.difference_high:+.3g}"
    return f"{found.target}: {found.difference:+.3g} ({span}) a request against what was shown"
