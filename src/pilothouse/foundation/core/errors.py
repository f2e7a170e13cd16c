# SPDX-License-Identifier: Apache-2.0
"""The one tree of errors a service may raise; mapped once to HTML and once to the API."""

from __future__ import annotations

from collections.abc import Mapping


class PilothouseError(Exception):
    """``code`` is stable; ``message`` says what is wrong, where, and what to do."""

    status = 400

    def __init__(self, code: str, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})


class Invalid(PilothouseError):
    """The input breaks a rule; ``fields`` names which."""

    status = 422


class NotAllowed(PilothouseError):
    """The object may be seen, but not this be done to it."""

    status = 403


class NotFound(PilothouseError):
    """There is no such object, or none that this actor may see."""

    status = 404


class Conflict(PilothouseError):
    """Somebody else changed the row in the meantime."""

    status = 409


class Unavailable(PilothouseError):
    """Something that is needed does not answer; nothing was changed."""

    status = 503


class FileHeld(PilothouseError):
    """Neither done nor refused: a file is kept until the scanner has looked at it."""

    status = 202

    def __init__(self, code: str, message: str, *, file_id: int) -> None:
        super().__init__(code, message)
        self.file_id = file_id
