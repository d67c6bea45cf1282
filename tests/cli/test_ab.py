"""feedmill ab, as a person calls it: the verdict on screen, on disk, as JSON and as an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surfaces.load import load
from tests.cli.command import Answer, feedmill, in_process
from tests.evaluation.experiments.populations import days_of
from tests.jobs.experiments.logged import BEGIN, LAST, Row, days, impressions, lake_of, request

NEWS = load("news")


def table(folder: Path, lift: float, users: int = 1500, seed: int = 1) -> Path:
    """An experiment of ten days whose treatment lifts clicks by `lift`."""
    panel = days_of(users, 10, seed, lift=lift)
    rows = {
        "user": panel.unit,
        "arm": np.array(panel.people.arms)[panel.people.arm[panel.unit]],
        "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(panel.day, unit="D"),
        "clicks": panel.sums["clicks"],
        "views": panel.sums["views"],
        "clicks_before": panel.people.before["clicks"][panel.unit],
    }
    path = folder / "experiment.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def ab(home: Path, *words: str) -> Answer:
    """As `feedmill ab`, in this process."""
    return in_process("ab", *words, home=home)


@pytest.mark.parametrize(("lift", "verdict", "code"), [(1.0, "ship", 0), (-0.6, "reject", 3), (0.0, "continue", 4)])
def test_the_exit_code_says_the_verdict(tmp_path: Path, lift: float, verdict: str, code: int) -> None:
    found = ab(tmp_path, "--table", str(table(tmp_path, lift)), "--day", "day", "--primary", "clicks")
    assert found.code == code, found.text
    assert f"{verdict} treatment" in found.text
    assert "assignment sound" in found.text
    assert "variance by what users did before" in found.text
    assert (tmp_path / "reports/experiments/experiment-csv.png").read_bytes().startswith(b"\x89PNG")


def test_everything_is_there_as_json(tmp_path: Path) -> None:
    words = ("--primary", "clicks", "--metric", "clicks@0.9", "--guardrail", "views=5%", "--once")
    found = ab(tmp_path, "--table", str(table(tmp_path, 1.0)), *words, "--json", "--picture", str(tmp_path / "p.png"))
    told = json.loads(found.text)
    assert (found.code, told["decision"], told["looked_at"]) == (0, "ship", "once")
    mine = told["treatments"]["treatment"]
    assert set(mine["secondary"]) == {"clicks@0.9"}
    assert mine["guardrails"]["views"]["state"] == "safe"
    assert (tmp_path / "p.png").exists()


def test_a_plan_says_how_many_users_and_days(tmp_path: Path) -> None:
    path = str(table(tmp_path, 0.0))
    found = ab(tmp_path, "--table", path, "--day", "day", "--primary", "clicks", "--plan", "5%")
    assert found.code == 0, found.text
    assert "a change of +5.00% is seen with power 80% by" in found.text
    assert "so many " in found.text
    (planned,) = json.loads(ab(tmp_path, "--table", path, "--primary", "clicks", "--plan", "5%", "--json").text)
    assert planned["sequential"] > planned["units"] > 1000


def test_a_broken_assignment_is_rejected_and_said_shares_can_mend_it(tmp_path: Path) -> None:
    path = table(tmp_path, 1.0)
    rows = pd.read_csv(path)
    rows = rows.loc[(rows["arm"] == "control") | (rows["user"] % 4 == 0)]
    rows.to_csv(path, index=False)
    words = ("--table", str(path), "--primary", "clicks")
    broken = ab(tmp_path, *words)
    assert broken.code == 3
    assert "the assignment is broken" in broken.text
    mended = ab(tmp_path, *words, "--share", "control=80%", "--share", "treatment=20%")
    assert "assignment sound" in mended.text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a SURFACE or a --table"),
        (("news", "--table", "x.csv"), "name a SURFACE or a --table"),
        (("news", "--experiment", "look"), "which days?"),
        (("news", "--from", "2026-01-01", "--to", "2026-01-02"), "which experiment?"),
        (("--table", "none.csv", "--primary", "clicks"), "there is no file none.csv"),
        (("--table", "{table}"), "which metric decides?"),
        (("--table", "{table}", "--primary", "likes"), "there is no column 'likes'"),
        (("--table", "{table}", "--primary", "clicks", "--control", "x"), "control: found 'x'"),
        (("--table", "{table}", "--primary", "clicks", "--cluster", "day"), "of 4 clusters have units in several arms"),
        (("--table", "{table}", "--primary", "clicks", "--plan", "2"), "--plan: found '2'"),
        (("--table", "{table}", "--primary", "clicks", "--share", "control=1"), "--share: found 'control=1'"),
    ],
)
def test_mistakes_are_told_with_exit_code_2(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    path = str(table(tmp_path, 0.0, users=200))
    found = ab(tmp_path, *(word.replace("{table}", path) for word in words))
    assert found.code == 2, found.text
    assert told in found.text


def test_a_mistake_is_no_traceback(tmp_path: Path) -> None:
    found = feedmill("ab", "--table", "none.csv", "--primary", "clicks", home=tmp_path)
    assert found.code == 2
    assert found.text == "UserError: there is no file none.csv\n"


def test_one_arm_and_no_rows_are_told(tmp_path: Path) -> None:
    path = table(tmp_path, 0.0, users=200)
    rows = pd.read_csv(path)
    for some, told in ((rows.loc[rows["arm"] == "control"], "only one arm, control"), (rows.iloc[:0], "no row has")):
        some.to_csv(path, index=False)
        found = ab(tmp_path, "--table", str(path), "--primary", "clicks")
        assert found.code == 2, found.text
        assert told in found.text


def test_a_metric_of_numbers_that_are_none_is_no_number(tmp_path: Path) -> None:
    path = table(tmp_path, 0.0, users=200)
    rows = pd.read_csv(path)
    rows.loc[3, "clicks"] = np.nan
    rows.to_csv(path, index=False)
    found = ab(tmp_path, "--table", str(path), "--primary", "clicks")
    assert found.code == 2
    assert "clicks: 1 of" in found.text
    assert "hold no number" in found.text


def test_an_experiment_in_the_logs_of_a_surface(tmp_path: Path) -> None:
    """300 users ask daily; those of the bold arm click twice as often."""
    rng = np.random.default_rng(0)
    users = [f"u{n}" for n in range(300)]

    def answer(asked: Row) -> list[Row]:
        bold = "layout:bold" in asked["arms"]
        rows = impressions(asked, click=float(rng.random() < (0.8 if bold else 0.4)))
        return [
            {key: value for key, value in row.items() if not key.startswith("like")}
            | {f"{name}{end}": row[f"click{end}"] for name in NEWS.outcomes for end in ("", "_known")}
            for row in rows
        ]

    arms = {user: f"layout:{'bold' if n % 2 else 'control'}" for n, user in enumerate(users)}
    asked = [request(user, day, *([arms[user]] if day >= BEGIN else [])) for day in days() for user in users]
    lake_of(tmp_path / "lake" / "news", NEWS, asked, answer)
    span = ("news", "--from", str(BEGIN), "--to", str(LAST))
    found = ab(tmp_path, *span, "--experiment", "layout", "--least-days", "3")
    assert found.code == 0, found.text
    assert "ship bold" in found.text
    assert "equal ones are assumed" in found.text
    alone = ab(tmp_path, *span, "--experiment", "layout", "--trigger", "device=tv")
    assert alone.code == 2, alone.text
    other = ab(tmp_path, *span, "--experiment", "colour")
    assert other.code == 2
    assert "layers in the logs are layout" in other.text
    planned = ab(tmp_path, *span, "--primary", "requests/impressions", "--plan", "10%")
    assert planned.code == 2, planned.text
