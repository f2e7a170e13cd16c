# SPDX-License-Identifier: Apache-2.0
"""Typed values of one row, each refused with line, row and field where it is malformed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NoReturn

from lxml import etree

from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    MAX_NUMBER,
    MAX_UID,
    MAX_WORK_MINUTES,
)
from pilothouse.engine.formats.mspdi.scan import local_name, refuse
from pilothouse.engine.network.plan import Notice

_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?"
)
_TRUE, _FALSE = {"1", "true"}, {"0", "false", ""}

ELAPSED_FORMATS = frozenset({4, 6, 8, 10, 12, 36, 38, 40, 42, 44})
PERCENT_FORMATS = frozenset({19, 51})
ELAPSED_PERCENT_FORMATS = frozenset({20, 52})
KNOWN_FORMATS = (
    frozenset({3, 5, 7, 9, 11, 21, 35, 37, 39, 41, 43, 53})
    | ELAPSED_FORMATS
    | PERCENT_FORMATS
    | ELAPSED_PERCENT_FORMATS
)
"""Units of durations and lags: 3 minutes … 12 elapsed months, 19 and 20 percent, 21 none;
32 more where the duration is estimated."""


class Row:
    """Fields of one element by name, and the words that name it in a message."""

    __slots__ = ("line", "place", "values")

    def __init__(self, element: etree._Element, kind: str) -> None:
        self.line = element.sourceline or 0
        self.values = {
            local_name(child): (child.text or "") for child in element if len(child) == 0
        }
        number = self.text("ID") or self.text("UID")
        name = " ".join(self.text("Name").split())[:60]
        self.place = " ".join(
            part for part in (kind, number[:12], f"‘{name}’" if name else "") if part
        )

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and field."""
        line = f"Line {self.line}, " if self.line else "The "
        refuse(code, f"{line}{self.place}: {name} {reason}.", self.place)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return Notice(self.place, name, message)

    def text(self, name: str) -> str:
        """Text without blanks around it; empty where the field is missing."""
        return self.values.get(name, "").strip()

    def has(self, name: str) -> bool:
        """Whether the field holds anything."""
        return bool(self.text(name))

    def number(self, name: str) -> Decimal | None:
        """A decimal number, None where the field is missing."""
        text = self.text(name)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            self.refuse("value", name, f"is ‘{text[:40]}’, which is no number")
        value = Decimal(text)
        if abs(value) > MAX_NUMBER:
            self.refuse("value", name, f"is {text[:40]}, which is out of range")
        return value

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number; a fraction of zeros such as 5.00 is allowed."""
        value = self.number(name)
        if value is None:
            return default
        if value != value.to_integral_value():
            self.refuse("value", name, f"is {value}, which is no whole number")
        return int(value)

    def uid(self, name: str = "UID") -> int:
        """A uid that must be there."""
        if not self.has(name):
            self.refuse("missing", name, "is missing; every row needs one")
        value = self.whole(name)
        if not 0 <= value <= MAX_UID:
            self.refuse("value", name, f"is {value}, which is out of range")
        return value

    def optional_uid(self, name: str) -> int | None:
        """A reference; negative numbers mean none."""
        value = self.whole(name, -1)
        if value > MAX_UID:
            self.refuse("value", name, f"is {value}, which is out of range")
        return value if value >= 0 else None

    def flag(self, name: str) -> bool:
        """0 or 1, true or false; missing is false."""
        text = self.text(name).lower()
        if text not in _TRUE | _FALSE:
            self.refuse("value", name, f"is ‘{text[:40]}’, which is neither 0 nor 1")
        return text in _TRUE

    def minutes(self, name: str, limit: int = MAX_MINUTES) -> int | None:
        """An ISO 8601 duration such as PT8H0M0S, rounded half up to the minute."""
        text = self.text(name)
        if not text:
            return None
        found = _DURATION.fullmatch(text) if len(text) <= 60 else None
        if found is None or not any(found.groups()):
            self.refuse("value", name, f"is ‘{text[:40]}’, which is no duration such as PT8H0M0S")
        days, hours, mins, seconds = (Decimal(part or 0) for part in found.groups())
        total = days * 1440 + hours * 60 + mins + seconds / 60
        if total > limit:
            self.refuse("value", name, f"is {text[:40]}, which is out of range")
        return int(total + Decimal("0.5"))

    def work(self, name: str) -> int:
        """Work in minutes, 0 where it is missing."""
        return self.minutes(name, MAX_WORK_MINUTES) or 0

    def tenths(self, name: str) -> int | None:
        """Tenths of minutes, as slack and lag are kept, in minutes."""
        value = self.number(name)
        if value is None:
            return None
        minutes = int((value / 10).to_integral_value())
        if abs(minutes) > MAX_MINUTES:
            self.refuse("value", name, f"is {value}, which is out of range")
        return minutes

    def money(self, name: str) -> Decimal | None:
        """An amount; the file keeps hundredths."""
        value = self.number(name)
        return None if value is None else value / 100

    def moment(self, name: str) -> datetime | None:
        """A wall-clock instant to the minute; a zone in the file is ignored."""
        text = self.text(name)
        if not text or text == "NA":
            return None
        found = _DATE.fullmatch(text)
        if found is None:
            self.refuse(
                "date", name, f"is ‘{text[:40]}’, which is no date such as 2027-03-14T08:00"
            )
            return None
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        if not FIRST_YEAR <= year <= LAST_YEAR:
            self.refuse(
                "date_range",
                name,
                f"is {text[:40]}, which is out of range ({FIRST_YEAR} to {LAST_YEAR})",
            )
        midnight = timedelta(days=1) if (hour, minute) == (24, 0) else timedelta()
        try:
            return datetime(year, month, day, hour % 24 if midnight else hour, minute) + midnight
        except ValueError:
            self.refuse("date", name, f"is ‘{text[:40]}’, which is no day of the calendar")
