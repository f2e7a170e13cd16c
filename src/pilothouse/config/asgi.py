# SPDX-License-Identifier: Apache-2.0
"""The web application for an ASGI server."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.config.settings.prod")

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


def framed(application: Application) -> Application:
    """Refuse a request that gives its length in two ways: a proxy may have read the other.

    RFC 9112, 6.1: such a request ought to be handled as an error, and the connection closed.
    """

    async def guarded(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            names = [name for name, _ in scope["headers"]]
            if b"transfer-encoding" in names and b"content-length" in names:
                await send(
                    {
                        "type": "http.response.start",
                        "status": 400,
                        "headers": [(b"content-type", b"text/plain"), (b"connection", b"close")],
                    }
                )
                text = b"This request gives its length in two ways."
                await send({"type": "http.response.body", "body": text})
                return
        await application(scope, receive, send)

    return guarded


application = framed(get_asgi_application())
