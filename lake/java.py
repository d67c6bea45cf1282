"""The Java that Spark will use: found, and of a version that Spark 4.2 runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from schemas.errors import UserError

ALLOWED = (17, 21)
FIX = "install a JDK 17 or 21 (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME to one"


def executable() -> Path | None:
    """The `java` of JAVA_HOME, else of PATH; None if there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    return Path(found) if found else None


def version(java: Path) -> int:
    """Major version of `java`; raises UserError if it does not say one."""
    told = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    match = re.search(r'version "(?:1\.)?(\d+)', told)
    if match is None:
        raise UserError(f"{java} does not tell its version: {told.strip()[:200]!r}", fix=FIX)
    return int(match[1])


def require() -> tuple[Path, int]:
    """(path, major version) of a Java that will do; raises UserError naming what was found and what is allowed."""
    java = executable()
    if java is None:
        home = os.environ.get("JAVA_HOME")
        where = f"JAVA_HOME={home} has no bin/java" if home else "no `java` on PATH and JAVA_HOME is not set"
        raise UserError(f"Feedmill needs Java: {where}", fix=FIX)
    major = version(java)
    if major not in ALLOWED:
        raise UserError(f"Feedmill needs Java {' or '.join(map(str, ALLOWED))}: found {major} at {java}", fix=FIX)
    return java, major
