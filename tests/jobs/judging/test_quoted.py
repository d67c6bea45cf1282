from __future__ import annotations

from jobs.judging.quoted import by_segment, cited, quoted
from schemas.evaluation import Evaluation, Head, Lists, Paired


def evaluation() -> Evaluation:
    """A catalogue of 1,000 items, so 50 is the length quoted; the candidate finds more and is worse calibrated."""
    lists = {"blended": Lists(9, {"recall@50": 0.4}), "popular": Lists(9, {"recall@50": 0.2})}
    heads = {"click": Head(9, 3, {"auc": 0.8, "ece_debiased": 0.02})}
    return Evaluation(
        surface="tiny",
        day="2026-01-08",
        catalogue=1000,
        champion="2026-01-07-a",
        lists={"candidate": lists, "champion": lists},
        heads={"candidate": heads, "champion": heads},
        champion_segments={"country/DE": lists},
        paired=(
            Paired("lists/blended", "champion", "recall@50", 0.1, 0.05, 0.15, 9, segment="country/DE"),
            Paired("lists/blended", "champion", "recall@50", 0.04, 0.02, 0.06, 9),
            Paired("lists/popular", "champion", "recall@50", 0.0, 0.0, 0.0, 9),
            Paired("lists/blended", "champion", "recall@10", 0.3, 0.2, 0.4, 9),
            Paired("heads/click", "champion", "auc", -0.01, -0.03, 0.01, 9),
            Paired("heads/click", "champion", "ece_debiased", 0.01, 0.005, 0.015, 9),
            Paired("lists/blended", "lists/popular", "recall@50", 0.2, 0.1, 0.3, 9),
        ),
    )


def test_what_is_quoted_says_whether_it_is_better_and_by_how_many_percent() -> None:
    recall, auc, ece = quoted(evaluation())
    assert [one.name for one in (recall, auc, ece)] == [
        "all sources recall@50",
        "click AUC",
        "click calibration error",
    ]
    assert [one.better for one in (recall, auc, ece)] == [True, None, False]
    assert recall.percent == (5.0, 10.0, 15.0)
    assert str(recall) == "all sources recall@50 +0.0400 [+0.0200, +0.0600] on 0.4000, 9 users"


def test_a_segment_is_quoted_by_itself_and_not_for_the_whole() -> None:
    (one,) = by_segment(evaluation())
    assert one.name == "all sources recall@50, country/DE"
    assert one.other == 0.4


def test_a_decision_cites_the_champion_and_most_popular() -> None:
    lines = cited(evaluation())
    assert len(lines) == 4
    assert lines[-1].endswith("on 0.2000, 9 users, against most popular")
    assert cited(Evaluation("tiny", "2026-01-08")) == ()
