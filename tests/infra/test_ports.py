"""A taken port is told with who holds it and how to choose another."""

from __future__ import annotations

import os
import socket

import pytest

from infra import ports
from schemas.errors import UserError


def test_a_free_port_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.any_free()
    monkeypatch.setenv("FEEDMILL_SERVING_PORT", str(port))
    assert ports.require_free("serving") == port


def test_a_taken_port_names_its_holder_and_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("FEEDMILL_SERVING_PORT", str(port))
        with pytest.raises(UserError) as caught:
            ports.require_free("serving")
    assert f"port {port} for serving is taken by process {os.getpid()}" in str(caught.value)
    assert "FEEDMILL_SERVING_PORT=" in str(caught.value)


@pytest.mark.parametrize("text", ["", "abc", "0", "70000", "-1"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FEEDMILL_AIRFLOW_PORT", text)
    with pytest.raises(UserError, match="allowed is a port from 1 to 65535"):
        ports.configured()
