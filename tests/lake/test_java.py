"""A missing or unfit Java is told before Spark is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake import java
from schemas.errors import UserError


def fake(folder: Path, told: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    script = folder / "bin" / "java"
    script.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    script.chmod(0o755)
    return folder


@pytest.mark.parametrize(("told", "major"), [('openjdk version "17.0.15"', 17), ('java version "21.0.2"', 21)])
def test_a_fit_java_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, major: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake(tmp_path / "jdk", told)))
    assert java.require() == (tmp_path / "jdk" / "bin" / "java", major)


@pytest.mark.parametrize(("told", "found"), [('java version "1.8.0_402"', 8), ('openjdk version "11.0.2"', 11)])
def test_an_unfit_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, found: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake(tmp_path / "jdk", told)))
    with pytest.raises(UserError, match=f"needs Java 17 or 21: found {found} at"):
        java.require()


def test_no_java_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no `java` on PATH and JAVA_HOME is not set"):
        java.require()


def test_a_java_that_does_not_say_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake(tmp_path / "jdk", "segmentation fault")))
    with pytest.raises(UserError, match="does not tell its version: 'segmentation fault'"):
        java.require()
