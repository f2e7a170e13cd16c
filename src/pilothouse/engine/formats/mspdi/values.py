# SPDX-License-Identifier: Apache-2.0
"""Typed values of one row, each refused with line, row and field where it is malformed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
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
from pilothouse.engine.formats.mspdi.scan import LOCAL_NAMES, line_of, refuse
from pilothouse.engine.network.plan import Notice

_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?"
)
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false", ""})
_REMEMBERED = 8_192
"""Texts of each kind that are understood once: files say the same dates and spans many times."""
_LONGEST = 60
"""Characters of a date, number or duration."""
_SMALL = {str(number): number for number in range(1_000)}

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


class _Malformed(Exception):
    """A text that is no value: code and reason of the refusal."""


class Place:
    """Where a row stands, for messages; outlives the row."""

    __slots__ = ("_kind", "_name", "_number", "line")

    def __init__(self, line: int, kind: str, number: str = "", name: str = "") -> None:
        self.line, self._kind, self._number, self._name = line, kind, number, name

    @property
    def words(self) -> str:
        """What names the row: kind, number and the begin of its name."""
        name = " ".join(self._name.split())[:60]
        parts = (self._kind, self._number[:12], f"‘{name}’" if name else "")
        return " ".join(part for part in parts if part)

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and field."""
        line = f"Line {self.line}, " if self.line else "The "
        refuse(code, f"{line}{self.words}: {name} {reason}.", self.words)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return Notice(self.words, name, message)

    def at(self, line: int) -> Place:
        """The same row, on another line of it."""
        return Place(line, self._kind, self._number, self._name)


class Row:
    """Fields of one element by name; ``within`` is the row that a part belongs to."""

    __slots__ = ("_kind", "_line", "_within", "values")

    def __init__(self, element: etree._Element, kind: str, within: Place | None = None) -> None:
        names = LOCAL_NAMES
        self.values = {names[child.tag]: child.text for child in element}
        self._line = line_of(element)
        self._kind, self._within = kind, within

    @property
    def place(self) -> Place:
        """Where it stands."""
        if self._within is not None:
            return self._within.at(self._line)
        number = self.text("ID") or self.text("UID")
        return Place(self._line, self._kind, number, self.text("Name"))

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and field."""
        self.place.refuse(code, name, reason)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return self.place.notice(name, message)

    def text(self, name: str) -> str:
        """Text without blanks around it; empty where the field is missing."""
        text = self.values.get(name)
        return text.strip() if text else ""

    def has(self, name: str) -> bool:
        """Whether the field holds anything."""
        return bool(self.text(name))

    def number(self, name: str) -> Decimal | None:
        """A decimal number, None where the field is missing."""
        text = self.values.get(name)
        if not text:
            return None
        try:
            return _number(text if len(text) <= _LONGEST else _short(text))
        except _Malformed as error:
            self.refuse(error.args[0], name, error.args[1])

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number; a fraction of zeros such as 5.00 is allowed."""
        text = self.values.get(name)
        if not text:
            return default
        known = _SMALL.get(text)
        if known is not None:
            return known
        if len(text) < 15 and text.isascii() and text.isdecimal():
            return int(text)
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
        text = self.values.get(name)
        if not text or text == "0":
            return False
        text = text.strip().lower()
        if text not in _TRUE | _FALSE:
            self.refuse("value", name, f"is ‘{text[:40]}’, which is neither 0 nor 1")
        return text in _TRUE

    def minutes(self, name: str, limit: int = MAX_MINUTES) -> int | None:
        """An ISO 8601 duration such as PT8H0M0S, rounded half up to the minute."""
        text = self.values.get(name)
        if not text:
            return None
        try:
            total = _minutes(text if len(text) <= _LONGEST else _short(text))
        except _Malformed as error:
            self.refuse(error.args[0], name, error.args[1])
        if total is not None and total > limit:
            self.refuse("value", name, f"is {text[:40]}, which is out of range")
        return total

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
        text = self.values.get(name)
        if not text:
            return None
        try:
            return _moment(text if len(text) <= _LONGEST else _short(text))
        except _Malformed as error:
            self.refuse(error.args[0], name, error.args[1])


_EXAMPLES = {
    "number": "no number",
    "duration": "no duration such as PT8H0M0S",
    "date": "no date such as 2027-03-14T08:00",
}


def _malformed(text: str, kind: str) -> _Malformed:
    code = "date" if kind == "date" else "value"
    return _Malformed(code, f"is ‘{text.strip()[:40]}’, which is {_EXAMPLES[kind]}")


def _short(text: str) -> str:
    """Without blanks around it; what is still too long for a value is made none."""
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[:40]}…"


@lru_cache(_REMEMBERED)
def _number(text: str) -> Decimal | None:
    text = text.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise _malformed(text, "number")
    value = Decimal(text)
    if abs(value) > MAX_NUMBER:
        raise _Malformed("value", f"is {text[:40]}, which is out of range")
    return value


@lru_cache(_REMEMBERED)
def _minutes(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise _malformed(text, "duration")
    days, hours, mins, seconds = (Decimal(part or 0) for part in found.groups())
    total = days * 1440 + hours * 60 + mins + seconds / 60
    return int(total + Decimal("0.5"))


@lru_cache(_REMEMBERED)
def _moment(text: str) -> datetime | None:
    text = text.strip()
    if not text or text == "NA":
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise _malformed(text, "date")
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _Malformed(
            "date_range", f"is {text[:40]}, which is out of range ({FIRST_YEAR} to {LAST_YEAR})"
        )
    midnight = timedelta(days=1) if (hour, minute) == (24, 0) else timedelta()
    try:
        return datetime(year, month, day, hour % 24 if midnight else hour, minute) + midnight
    except ValueError:
        raise _Malformed("date", f"is ‘{text[:40]}’, which is no day of the calendar") from None
