# SPDX-License-Identifier: Apache-2.0
"""Log lines as one JSON object each: machines read them, and no input can forge a line.

What goes in are ids, routes and codes; never form values, query strings, mail addresses,
tokens or passwords.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")

security = logging.getLogger("pilothouse.security")
"""Sign-ins, refusals and attempts to get round them."""


class JsonLine(logging.Formatter):
    """Time in UTC, level, logger, request, message, and the fields given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage(),
        }
        if identity := request_id.get():
            line["request"] = identity
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def note(event: str, **fields: object) -> None:
    """One line in the security log."""
    security.warning(event, extra={"fields": fields})
