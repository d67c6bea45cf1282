"""The `feedmill` command. Exit codes: 0 done, 2 the user's mistake, 3 a gate failed (do not retry), 1 retry."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import typer

from cli.screen import errors
from schemas.errors import FeedmillError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of shells."""

VERBS: dict[str, str] = {
    "run": "cli.run:run",
    "steps": "cli.steps:steps",
    "ledger": "cli.ledger:ledger",
    "tables": "cli.tables:tables",
    "doctor": "cli.doctor:doctor",
    "setup": "cli.setup:setup",
    "docs": "cli.docs:docs",
    "step": "cli.step:step",
    "spark": "cli.spark:spark",
    "loop": "cli.loop:loop",
    "world": "cli.world:world",
    "card": "cli.card:card",
    "import": "cli.import_dataset:import_dataset",
    "decision": "cli.decision:decision",
    "releases": "cli.releases:releases",
    "rollback": "cli.rollback:rollback",
    "shadow": "cli.shadow:shadow",
    "verify": "cli.verify:verify",
    "audit": "cli.audit:audit",
    "ope": "cli.ope:ope",
    "forecast": "cli.forecast:forecast",
    "ab": "cli.ab:ab",
    "effect": "cli.effect:effect",
    "compare": "cli.compare:compare",
    "diagnose": "cli.diagnose:diagnose",
    "stages": "cli.stages:stages",
    "recommend": "cli.recommend:recommend",
    "replay": "cli.replay:replay",
    "serve": "cli.serve:serve",
    "night": "cli.night:night",
    "backfill": "cli.backfill:backfill",
    "up": "cli.up:up",
    "down": "cli.down:down",
}
"""Each verb and the function that does it: imported only when it is called, so that every verb starts fast."""


def application(verbs: list[str]) -> typer.Typer:
    """The command line with these verbs loaded."""
    app = typer.Typer(
        help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.callback()(lambda: None)
    for verb in verbs:
        module, _, function = VERBS[verb].partition(":")
        app.command(verb)(getattr(importlib.import_module(module), function))
    return app


def main() -> None:
    """Run the verb that was asked for; a failure is told in words and as an exit code, never as a traceback."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    app = application([asked] if asked in VERBS else list(VERBS))
    try:
        app()
    except FeedmillError as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False)
        sys.exit(error.exit_code)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            errors.print("stopped")
        raise
    except Exception as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False)
        if os.environ.get("FEEDMILL_TRACEBACK") or os.environ.get("CI"):
            traceback.print_exc()
        else:
            errors.print("  not a mistake of yours; FEEDMILL_TRACEBACK=1 shows where it happened")
        sys.exit(1)


if __name__ == "__main__":
    main()
