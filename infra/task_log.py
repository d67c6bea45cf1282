"""What a task wrote to its log, read from where Airflow keeps it."""

from __future__ import annotations

import json
from pathlib import Path

from lake.home import Home


def log_of(home: Home, dag: str, run: str, task: str, tries: int) -> Path:
    """The file that holds the log of the task's `tries`th try."""
    return (
        home.airflow / "logs" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task}" / f"attempt={max(tries, 1)}.log"
    )


def said(log: Path, lines: int = 12) -> list[str]:
    """The last `lines` that the task's command printed; what Airflow says for itself where it printed none."""
    if not log.exists():
        return ["(it left no log)"]
    events = [_event(line) for line in log.read_text(errors="replace").splitlines()]
    printed = [text for source, text in events if "Feedmill" in source and text]
    return (printed or [text for _, text in events if text])[-lines:]


def _event(line: str) -> tuple[str, str]:
    try:
        content = json.loads(line)
    except ValueError:
        return "", line
    return str(content.get("logger", "")), str(content.get("event", ""))
