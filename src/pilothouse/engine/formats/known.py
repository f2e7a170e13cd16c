# SPDX-License-Identifier: Apache-2.0
"""Texts that are understood once: a plan says the same dates, spans and numbers many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

LONGEST = 60
"""Characters of a date, number, duration or code."""
_REMEMBERED = 8_192

T = TypeVar("T")


class Malformed(Exception):
    """A text that is no value of its kind.

    Parameters
    ----------
    code : str
        Of the refusal, without the name of the format.
    reason : str
        What comes behind the name of the field.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Known(dict[str | None, T]):
    """Text → value of one kind; a text that is not there yet is converted.

    Parameters
    ----------
    convert : function of a text
        It is given no blanks around the text, and raises `Malformed`. A text that is longer than
        a value comes cut, with ``…`` at its end.
    missing : optional
        For a field that is missing or blank.

    Notes
    -----
    Nothing is ever dropped but all at once, and any thread may do that: a lookup is atomic.
    """

    __slots__ = ("_convert", "_missing")

    def __init__(self, convert: Callable[[str], T], missing: T) -> None:
        super().__init__()
        self._convert, self._missing = convert, missing

    def __missing__(self, text: str | None) -> T:
        bare = (text or "").strip()
        if len(bare) > LONGEST:
            return self._convert(f"{bare[:40]}…")
        value = self._convert(bare) if bare else self._missing
        if text is None or len(text) <= LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = value
        return value


class Words(dict[str | None, str]):
    """Texts that stay what they are, without blanks around them; nothing is remembered."""

    __slots__ = ()

    def __missing__(self, text: str | None) -> str:
        return (text or "").strip()
