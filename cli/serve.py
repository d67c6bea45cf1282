"""feedmill serve: the HTTP server, in the foreground."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from cli.screen import console
from infra import ports
from lake.home import Home
from schemas.errors import UserError

KEEP_ALIVE_S = 75
"""Longer than load balancers keep an idle connection (60 s): whoever closes first must not be the server, or a request
that is just coming is lost."""


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="port to listen on; default: FEEDMILL_SERVING_PORT or 8000")
    ] = None,
) -> None:
    """Answer requests from the live release of every surface, and log them; a switch is followed without a restart."""
    port = port or ports.configured()["serving"]
    _require_free(host, port)
    # One thread a request: requests run beside one another, and a library's own threads would only get in their way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import uvicorn

    from serving.web.app import create_app

    app = create_app(Home.default().root)
    console.print(f"serving on http://{host}:{port} (its interface: http://{host}:{port}/docs); Ctrl-C stops it")
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_keep_alive=KEEP_ALIVE_S)


def _require_free(host: str, port: int) -> None:
    """Raise UserError if nothing can listen on `host`:`port`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            fix=f"choose another port: feedmill serve --port {ports.any_free()}",
        ) from None
