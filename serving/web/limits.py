"""How large a body may be: told before it is read whole."""

from __future__ import annotations

import contextlib
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1 << 20
"""Bytes; the longest sound request is far shorter."""


class TooLargeError(Exception):
    """More came than was allowed."""


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes, whether its length is announced or not."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._most:
            await self._refuse(send)
            return
        came, refused = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._most:
                raise TooLargeError
            return message  # What is raised here may be caught on the way, and be answered in another word.

        async def watched(message: Message) -> None:
            nonlocal refused
            if came <= self._most:
                await send(message)
            elif not refused:
                refused = True
                await self._refuse(send)

        with contextlib.suppress(TooLargeError):
            await self._app(scope, counted, watched)
        if came > self._most and not refused:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        body = json.dumps({"detail": f"the body is too large; allowed are {self._most:,} bytes"}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]})
        await send({"type": "http.response.body", "body": body})
