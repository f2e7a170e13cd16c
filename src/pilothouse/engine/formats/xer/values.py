# SPDX-License-Identifier: Apache-2.0
"""Typed values of one row, each refused with line, row and column where it is malformed."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NoReturn

from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    MAX_NUMBER,
    MAX_UID,
    UNPRINTABLE,
)
from pilothouse.engine.formats.xer.scan import Record, refuse
from pilothouse.engine.network.plan import Notice

_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:[.,]\d{0,18})?|[.,]\d{1,18})(?:[eE][+-]?\d{1,2})?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::\d\d)?)?")
_HOUR = Decimal(60)
_LONGEST = 60
"""Characters of a date or a number."""
_REMEMBERED = 8_192
"""Texts that are understood once: files say the same dates and figures many times."""


class Row:
    """Fields of one record, and the words that name it in a message."""

    __slots__ = ("place", "record")

    def __init__(self, record: Record, kind: str, code: str, name: str) -> None:
        self.record = record
        number = record.text(code)[:40]
        said = " ".join(record.text(name).split())[:60]
        self.place = " ".join(part for part in (kind, number, f"‘{said}’" if said else "") if part)

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and column."""
        refuse(code, f"Line {self.record.line}, {self.place}: {name} {reason}.", self.place)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return Notice(self.place, name, message)

    def text(self, name: str) -> str:
        """One line of text without characters that cannot be printed."""
        return " ".join(UNPRINTABLE.sub("", self.record.text(name).replace("\x7f", " ")).split())

    def name(self, name: str, limit: int) -> str:
        """A name; a longer one than the limit is refused."""
        text = self.text(name)
        if len(text) > limit:
            self.refuse("limit", name, f"has {len(text):,} characters; {limit} may be")
        return text

    def number(self, name: str) -> Decimal | None:
        """A decimal number with a point or a comma; None where it is missing."""
        text = self.record.text(name)
        if not text:
            return None
        value = _number(text) if len(text) <= _LONGEST else None
        if value is None:
            self.refuse("value", name, f"is ‘{text[:40]}’, which is no number")
        if abs(value) > MAX_NUMBER:
            self.refuse("value", name, f"is {text[:40]}, which is out of range")
        return value

    def uid(self, name: str) -> int:
        """A uid that must be there."""
        value = self.optional_uid(name)
        if value is None:
            self.refuse("missing", name, "is missing; every row needs one")
        return value

    def optional_uid(self, name: str) -> int | None:
        """A reference; None where it is empty."""
        text = self.record.text(name)
        if len(text) < 10 and text.isascii() and text.isdecimal():
            return int(text)
        value = self.number(name)
        if value is None:
            return None
        if value != value.to_integral_value() or not 0 <= value <= MAX_UID:
            self.refuse("value", name, f"is {value}, which is no whole number in range")
        return int(value)

    def minutes(self, name: str, limit: int = MAX_MINUTES) -> int | None:
        """Hours as whole minutes, rounded half up."""
        hours = self.number(name)
        if hours is None:
            return None
        minutes = (hours * _HOUR).to_integral_value(ROUND_HALF_UP)
        if abs(minutes) > limit:
            self.refuse("value", name, f"is {hours} hours, which is out of range")
        return int(minutes)

    def moment(self, name: str) -> datetime | None:
        """A wall-clock instant to the minute."""
        text = self.record.text(name)
        if not text:
            return None
        found = _moment(text) if len(text) <= _LONGEST else None
        if found is None:
            self.refuse(
                "date", name, f"is ‘{text[:40]}’, which is no date such as 2027-03-14 08:00"
            )
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.refuse(
                "date_range",
                name,
                f"is {text[:40]}, which is out of range ({FIRST_YEAR} to {LAST_YEAR})",
            )
        return found


@lru_cache(_REMEMBERED)
def _number(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


@lru_cache(_REMEMBERED)
def _moment(text: str) -> datetime | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute)
    except ValueError:
        return None
