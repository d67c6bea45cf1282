"""The summary of a night quotes its reports, and leaves out what the night did not produce."""

from __future__ import annotations

from datetime import date

from infra.sample_answer import Answer, sample_answer
from infra.summary import summary
from jobs.night import Night, StepReport
from lake.ledger import Entry
from schemas.decision import Decision, Gate
from schemas.evaluation import Evaluation, Head, Lists

DAY = date(2026, 1, 8)


def plant(night: Night) -> None:
    aside = {"malformed": 3, "duplicate": 7}
    entries = [Entry(DAY, "impression", 100, 90, aside), Entry(DAY, "outcome", 50, 50)]
    StepReport(rows=140, ledger=entries).write(night.reports / "steps" / "ingest.json")
    lists = {"popular": Lists(9, {"recall@50": 0.10}), "als": Lists(9, {"recall@50": 0.15})}
    heads = {"click": Head(90, 9, {"auc": 0.7})}
    with night.writing("evaluation") as folder:
        Evaluation(
            "shorts",
            str(DAY),
            lists={"candidate": lists},
            heads={"candidate": heads},
            yardstick={"item_click_rate_7": 0.6, "item_log_click_7": 0.55},
        ).write(folder)
    gates = (Gate.at_least("auc.click", 0.7, 0.5), Gate.at_most("ece.like", 0.2, 0.05), Gate.skipped("ece.hide", "few"))
    Decision("shorts", str(DAY), "hold", "2026-01-08-abc", None, gates, "ece.like failed").write(
        night.reports / "decision.json"
    )


def test_a_whole_night(night: Night) -> None:
    plant(night)
    answer = Answer("u1", "2026-01-07-xyz", ("i1", "i2"), 12.3)
    text = "\n".join(summary(night, answer, "3 min 2 s"))
    for words in (
        "shorts 2026-01-08, done in 3 min 2 s",
        "150 in = 140 kept + 10 set aside (7 duplicate, 3 malformed)",
        "recall@50: popular 0.1000, als 0.1500 (1.50x)",
        "AUC: click 0.700; click by popularity alone 0.600",
        "1 pass, 1 skipped, 1 fail",
        "ece.like: 0.2 <= 0.05",
        "hold 2026-01-08-abc: ece.like failed",
        "u1 is shown i1, i2 by 2026-01-07-xyz (12 ms)",
        "feedmill decision shorts 2026-01-08",
        "feedmill recommend shorts u1",
    ):
        assert words in text


def test_a_slate_without_items_is_explained(night: Night) -> None:
    text = "\n".join(summary(night, Answer("u1", "2026-01-07-xyz", (), 12.3), "1 min"))
    assert "u1 is shown nothing, as nothing may be shown to a request that names no place, by 2026-01-07-xyz" in text


def test_a_night_that_produced_nothing_still_sums_up(night: Night) -> None:
    text = "\n".join(summary(night, None, "0 min 1 s"))
    assert "no release is live yet" in text
    assert "gates" not in text.replace("every gate", "")


def test_without_a_live_release_no_server_is_asked(night: Night) -> None:
    assert sample_answer(night.home, "shorts") is None
