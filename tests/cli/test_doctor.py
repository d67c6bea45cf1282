"""doctor names each thing that would stop a night, and its fix."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from cli import doctor
from infra import ports
from schemas.errors import UserError
from tests.cli.command import feedmill, in_process


def test_a_fit_machine_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # How full the disk of the machine that runs the tests is says nothing of doctor.
    monkeypatch.setattr(doctor, "LEAST_FREE_GIB", 0.0)
    answer = in_process("doctor", home=tmp_path)
    assert answer.code == 0, answer.text
    assert "delta-spark_4.2_2.13-4.4.0.jar" in answer.text
    assert "shorts" in answer.text


def test_a_full_disk_makes_the_machine_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_GIB", 1e9)
    answer = in_process("doctor", home=tmp_path)
    assert answer.code == 2
    assert re.search(r"disk\s+│ wrong", answer.text), answer.text


def test_no_java_is_told_with_the_fix(tmp_path: Path) -> None:
    answer = feedmill("doctor", home=tmp_path, JAVA_HOME=str(tmp_path))
    assert answer.code == 2
    assert "has no bin/java" in answer.text
    assert "install a JDK 17 or 21" in answer.text


def test_a_short_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_GIB", 1e9)
    with pytest.raises(UserError, match=r"GiB free at .*; a night needs"):
        doctor.disk(tmp_path / "not" / "yet" / "there")


def test_a_port_in_use_is_shown(tmp_path: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        answer = feedmill("doctor", home=tmp_path, FEEDMILL_MLFLOW_PORT=str(port))
    assert f"mlflow {port} in use" in answer.text


def test_a_port_that_is_no_port_is_told(tmp_path: Path) -> None:
    answer = feedmill("doctor", home=tmp_path, FEEDMILL_MLFLOW_PORT="five thousand")
    assert answer.code == 2
    assert "FEEDMILL_MLFLOW_PORT: found 'five thousand'; allowed is a port from 1 to 65535" in answer.text
