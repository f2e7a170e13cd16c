# SPDX-License-Identifier: Apache-2.0
"""Typed values of one row, each refused with line, row and column where it is malformed."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NoReturn, TypeVar

from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    MAX_NUMBER,
    MAX_UID,
    UNPRINTABLE,
)
from pilothouse.engine.formats.known import LONGEST, Known, Malformed
from pilothouse.engine.formats.xer.scan import Record, refuse
from pilothouse.engine.network.plan import Notice

_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:[.,]\d{0,18})?|[.,]\d{1,18})(?:[eE][+-]?\d{1,2})?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::\d\d)?)?")
_HOUR = Decimal(60)


T = TypeVar("T")


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Malformed("value", f"is ‘{text[:40]}’, which is no number")
    value = Decimal(text.replace(",", "."))
    if abs(value) > MAX_NUMBER:
        raise Malformed("value", f"is {text[:40]}, which is out of range")
    return value


def _uid(text: str) -> int:
    value = _number(text)
    if value != value.to_integral_value() or not 0 <= value <= MAX_UID:
        raise Malformed("value", f"is {value}, which is no whole number in range")
    return int(value)


def _minutes(text: str) -> int:
    """Hours as whole minutes, rounded half up."""
    hours = _number(text)
    minutes = (hours * _HOUR).to_integral_value(ROUND_HALF_UP)
    if abs(minutes) > MAX_MINUTES:
        raise Malformed("value", f"is {hours} hours, which is out of range")
    return int(minutes)


def _moment(text: str) -> datetime:
    """A wall-clock instant to the minute."""
    found = _DATE.fullmatch(text)
    parts = [int(part or 0) for part in found.groups()] if found else [0, 0, 0, 0, 0]
    try:
        moment = datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        raise Malformed(
            "date", f"is ‘{text[:40]}’, which is no date such as 2027-03-14 08:00"
        ) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Malformed(
            "date_range", f"is {text[:40]}, which is out of range ({FIRST_YEAR} to {LAST_YEAR})"
        )
    return moment


def _line(text: str) -> str:
    """One line of text without characters that cannot be printed."""
    return " ".join(UNPRINTABLE.sub("", text.replace("\x7f", " ")).split())


_NUMBERS: Known[Decimal | None] = Known(_number, None)
_UIDS: Known[int | None] = Known(_uid, None)
_SPANS: Known[int | None] = Known(_minutes, None)
_MOMENTS: Known[datetime | None] = Known(_moment, None)
_LINES = Known(_line, "")


class Row:
    """Fields of one record, and the words that name it in a message.

    Parameters
    ----------
    record : Record
    kind : str
        For messages.
    code, name : str
        Columns of its code and its name; empty for none.
    """

    __slots__ = ("_code", "_kind", "_name", "record")

    def __init__(self, record: Record, kind: str, code: str, name: str) -> None:
        self.record, self._kind, self._code, self._name = record, kind, code, name

    @property
    def place(self) -> str:
        """What names the row: kind, code and the begin of its name."""
        name = " ".join(self.record.text(self._name).split())[:60]
        parts = (self._kind, self.record.text(self._code)[:40], f"‘{name}’" if name else "")
        return " ".join(part for part in parts if part)

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and column."""
        refuse(code, f"Line {self.record.line}, {self.place}: {name} {reason}.", self.place)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return Notice(self.place, name, message)

    def text(self, name: str) -> str:
        """One line of text without characters that cannot be printed."""
        text = self.record.texts.get(name, "")
        return _LINES[text] if len(text) <= LONGEST else _line(text)

    def name(self, name: str, limit: int) -> str:
        """A name; a longer one than the limit is refused."""
        text = self.text(name)
        if len(text) > limit:
            self.refuse("limit", name, f"has {len(text):,} characters; {limit} may be")
        return text

    def _value(self, known: Known[T], name: str) -> T:
        try:
            return known[self.record.texts.get(name)]
        except Malformed as error:
            self.refuse(error.code, name, error.reason)

    def number(self, name: str) -> Decimal | None:
        """A decimal number with a point or a comma; None where it is missing."""
        return self._value(_NUMBERS, name)

    def uid(self, name: str) -> int:
        """A uid that must be there."""
        value = self.optional_uid(name)
        if value is None:
            self.refuse("missing", name, "is missing; every row needs one")
        return value

    def optional_uid(self, name: str) -> int | None:
        """A reference; None where it is empty."""
        text = self.record.texts.get(name, "")
        if len(text) < 10 and text.isascii() and text.isdecimal():
            return int(text)
        return self._value(_UIDS, name)

    def minutes(self, name: str) -> int | None:
        """Hours as whole minutes, rounded half up."""
        return self._value(_SPANS, name)

    def moment(self, name: str) -> datetime | None:
        """A wall-clock instant to the minute."""
        return self._value(_MOMENTS, name)
