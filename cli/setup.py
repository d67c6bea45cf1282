"""feedmill setup: what `make` does once after installing, so that a night needs no network."""

from __future__ import annotations

from cli.screen import console
from lake import jars, java


def setup() -> None:
    """Check Java and resolve Delta's two jars into the environment."""
    java.require()
    for path in jars.resolve():
        console.print(f"jar {path.name}")
