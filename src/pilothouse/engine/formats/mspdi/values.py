# SPDX-License-Identifier: Apache-2.0
"""Typed values of one row, each refused with line, row and field where it is malformed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn, TypeVar
from xml.etree.ElementTree import Element

from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    MAX_NUMBER,
    MAX_UID,
    MAX_UNITS,
    MAX_WORK_MINUTES,
)
from pilothouse.engine.formats.known import Known, Malformed, Words
from pilothouse.engine.formats.mspdi.scan import KNOWN_NAMES, LOCAL_NAMES, Lines, refuse
from pilothouse.engine.network.plan import Notice

_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?"
)
_FLAGS = {"0": False, "false": False, "1": True, "true": True}

ELAPSED_FORMATS = frozenset({4, 6, 8, 10, 12, 36, 38, 40, 42, 44})
PERCENT_FORMATS = frozenset({19, 51})
ELAPSED_PERCENT_FORMATS = frozenset({20, 52})
MISSING = "is missing; every row needs one"
KNOWN_FORMATS = (
    frozenset({3, 5, 7, 9, 11, 21, 35, 37, 39, 41, 43, 53})
    | ELAPSED_FORMATS
    | PERCENT_FORMATS
    | ELAPSED_PERCENT_FORMATS
)
"""Units of durations and lags: 3 minutes … 12 elapsed months, 19 and 20 percent, 21 none;
32 more where the duration is estimated."""

T = TypeVar("T")


# ---- what a text means ----


def _is_short_whole(text: str) -> bool:
    """Digits and nothing else, and in range: most numbers of a file."""
    return len(text) < 15 and text.isascii() and text.isdecimal()


def _number(text: str) -> Decimal:
    if _is_short_whole(text):
        return Decimal(text)
    if not _NUMBER.fullmatch(text):
        raise Malformed("value", f"is ‘{text[:40]}’, which is no number")
    value = Decimal(text)
    if abs(value) > MAX_NUMBER:
        raise _out_of_range(text)
    return value


def _out_of_range(value: object) -> Malformed:
    return Malformed("value", f"is {str(value)[:40]}, which is out of range")


def _whole(text: str) -> int:
    """A whole number; a fraction of zeros such as 5.00 is allowed."""
    if _is_short_whole(text):
        return int(text)
    value = _number(text)
    if value != value.to_integral_value():
        raise Malformed("value", f"is {value}, which is no whole number")
    return int(value)


def _uid(text: str) -> int:
    value = _whole(text)
    if not 0 <= value <= MAX_UID:
        raise _out_of_range(value)
    return value


def _optional_uid(text: str) -> int | None:
    value = _whole(text)
    if value > MAX_UID:
        raise _out_of_range(value)
    return value if value >= 0 else None


def _flag(text: str) -> bool:
    value = _FLAGS.get(text.lower())
    if value is None:
        raise Malformed("value", f"is ‘{text.lower()[:40]}’, which is neither 0 nor 1")
    return value


def _minutes_up_to(limit: int) -> Callable[[str], int]:
    """An ISO 8601 duration such as PT8H0M0S, rounded half up to the minute."""

    def minutes(text: str) -> int:
        found = _DURATION.fullmatch(text)
        if found is None or not any(found.groups()):
            raise Malformed("value", f"is ‘{text[:40]}’, which is no duration such as PT8H0M0S")
        days, hours, mins, seconds = (Decimal(part or 0) for part in found.groups())
        total = int(days * 1440 + hours * 60 + mins + seconds / 60 + Decimal("0.5"))
        if total > limit:
            raise _out_of_range(text)
        return total

    return minutes


def _tenths(text: str) -> int:
    """Tenths of minutes, as slack and lag are kept, in minutes."""
    value = _number(text)
    minutes = int((value / 10).to_integral_value())
    if abs(minutes) > MAX_MINUTES:
        raise _out_of_range(value)
    return minutes


def _money(text: str) -> Decimal:
    """An amount; the file keeps hundredths."""
    return _number(text) / 100


def _units(text: str) -> Decimal:
    value = _number(text)
    if not 0 <= value <= MAX_UNITS:
        raise _out_of_range(value)
    return value


def _percent(text: str) -> Decimal:
    value = _number(text)
    if not 0 <= value <= 100:
        raise Malformed("value", f"is {value}, which is not between 0 and 100")
    return value


def _moment(text: str) -> datetime | None:
    """A wall-clock instant to the minute; a zone in the file is ignored."""
    if text == "NA":
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise Malformed("date", f"is ‘{text[:40]}’, which is no date such as 2027-03-14T08:00")
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Malformed(
            "date_range", f"is {text[:40]}, which is out of range ({FIRST_YEAR} to {LAST_YEAR})"
        )
    midnight = timedelta(days=1) if (hour, minute) == (24, 0) else timedelta()
    try:
        return datetime(year, month, day, hour % 24 if midnight else hour, minute) + midnight
    except ValueError:
        raise Malformed("date", f"is ‘{text[:40]}’, which is no day of the calendar") from None


class _Needed(Known[int]):
    """Uids that must be there."""

    __slots__ = ()

    def __missing__(self, text: str | None) -> int:
        if not text or not text.strip():
            raise Malformed("missing", MISSING)
        return super().__missing__(text)


NUMBER: Known[Decimal | None] = Known(_number, None)
WHOLE = Known(_whole, 0)
WHOLE_OR_1 = Known(_whole, 1)
OPTIONAL_WHOLE: Known[int | None] = Known(_whole, None)
UNIT = Known(_whole, 7)
"""Of a duration or a lag: days, where the file does not say."""
PRIORITY = Known(_whole, 500)
UID = _Needed(_uid, 0)
OPTIONAL_UID: Known[int | None] = Known(_optional_uid, None)
FLAG = Known(_flag, False)
FLAG_SET = Known(_flag, True)
"""Of what holds unless the file says otherwise."""
OPTIONAL_FLAG: Known[bool | None] = Known(_flag, None)
MINUTES: Known[int | None] = Known(_minutes_up_to(MAX_MINUTES), None)
SPAN = Known(_minutes_up_to(MAX_MINUTES), 0)
WORK = Known(_minutes_up_to(MAX_WORK_MINUTES), 0)
OPTIONAL_WORK: Known[int | None] = Known(_minutes_up_to(MAX_WORK_MINUTES), None)
OPTIONAL_TENTHS: Known[int | None] = Known(_tenths, None)
TENTHS = Known(_tenths, 0)
MONEY: Known[Decimal | None] = Known(_money, None)
UNITS = Known(_units, Decimal(1))
PERCENT = Known(_percent, Decimal(0))
OPTIONAL_PERCENT: Known[Decimal | None] = Known(_percent, None)
MOMENT: Known[datetime | None] = Known(_moment, None)


WORDS = Words()
_UNREAD = Known(str, "")

Meaning = Mapping[str | None, object] | None
"""What texts are; None where the elements themselves are wanted."""
Fields = tuple[tuple[str, str, Meaning], ...]
"""The name of ours, the name in the file, and what its texts are."""


# ---- rows ----


class Kinds(dict[str, tuple[int, str, Meaning]]):
    """Of a kind of row: tag → group, name of ours, and what its texts are.

    Parameters
    ----------
    whole : Fields
        The first group: what a row does not hold is given as missing.
    *parts : Fields
        Further groups: what a row does not hold is left out, as it has the default of ours.
    needed : tuple of str
        Names in the file of what must be there.
    """

    def __init__(self, whole: Fields, *parts: Fields, needed: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._names = {
            name: (group, ours, known)
            for group, fields in enumerate((whole, *parts))
            for ours, name, known in fields
        }
        self.whole = {
            ours: known[None]
            for ours, name, known in whole
            if known is not None and name not in needed
        }
        self.needed = [(name, ours) for ours, name, _ in whole if name in needed]
        self.others = range(len(parts) + 1)
        """Groups behind the first; the last one takes what is not read."""

    def __missing__(self, tag: str) -> tuple[int, str, Meaning]:
        found = self._names.get(LOCAL_NAMES[tag], (len(self.others), "", _UNREAD))
        if len(self) < KNOWN_NAMES:
            self[tag] = found
        return found


class Place:
    """Where a row stands, for messages; outlives the row."""

    __slots__ = ("_kind", "_lines", "_name", "_row", "_uid")

    def __init__(
        self, kind: str, uid: str = "", name: str = "", row: int = 0, lines: Lines | None = None
    ) -> None:
        self._kind, self._uid, self._name = kind, uid, name
        self._row, self._lines = row, lines

    @property
    def words(self) -> str:
        """What names the row: kind, number and the begin of its name."""
        name = " ".join(self._name.split())[:60]
        parts = (self._kind, self._uid[:12], f"‘{name}’" if name else "")
        return " ".join(part for part in parts if part)

    def refuse(self, code: str, name: str, reason: str, part: int = 0) -> NoReturn:
        """Raise with line, row and field; ``part`` as for `Lines`."""
        line = self._lines.of(self._row, part) if self._lines is not None else 0
        said = f"Line {line}, " if line else "The "
        refuse(code, f"{said}{self.words}: {name} {reason}.", self.words)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return Notice(self.words, name, message)


class Row:
    """Fields of one element by name.

    Parameters
    ----------
    element : Element
    kind : str
        For messages.
    number : int
        Of the row in the file; 0 for the header.
    lines : Lines, optional
        Finds the line where something is refused.
    """

    __slots__ = ("_kind", "_lines", "_top", "_values", "element", "number")

    def __init__(
        self, element: Element, kind: str, number: int = 0, lines: Lines | None = None
    ) -> None:
        self.element, self._kind = element, kind
        self.number, self._lines = number, lines
        self._top: Row | None = None
        self._values: dict[str, str | None] | None = None

    @property
    def values(self) -> dict[str, str | None]:
        """Texts by the names of the file."""
        if self._values is None:
            self._values = {LOCAL_NAMES[child.tag]: child.text for child in self.element}
        return self._values

    def part(self, element: Element) -> Row:
        """An element inside of this one, as a row; messages name the outermost."""
        part = Row(element, self._kind, self.number, self._lines)
        part._top = self._top or self
        return part

    @property
    def place(self) -> Place:
        """Where the outermost row stands."""
        top = self._top or self
        if not top.number:
            return Place(top._kind)
        uid = top.text("ID") or top.text("UID")
        return Place(top._kind, uid, top.text("Name"), top.number, top._lines)

    def refuse(self, code: str, name: str, reason: str) -> NoReturn:
        """Raise with line, row and field."""
        within = (self._top or self).element
        part = next(n for n, at in enumerate(within.iter()) if at is self.element)
        self.place.refuse(code, name, reason, part)

    def notice(self, name: str, message: str) -> Notice:
        """A notice about one field of this row."""
        return self.place.notice(name, message)

    def text(self, name: str) -> str:
        """Text without blanks around it; empty where the field is missing."""
        text = self.values.get(name)
        return text.strip() if text else ""

    def of(self, kinds: Kinds) -> list[dict[str, Any]]:
        """All values, by our names, in groups."""
        groups: list[dict[str, Any]] = [kinds.whole.copy()]
        groups += [{} for _ in kinds.others]
        child = self.element
        try:
            for child in self.element:
                group, ours, known = kinds[child.tag]
                if known is None:
                    groups[group].setdefault(ours, []).append(child)
                else:
                    groups[group][ours] = known[child.text]
        except Malformed as error:
            self.refuse(error.code, LOCAL_NAMES[child.tag], error.reason)
        for name, ours in kinds.needed:
            if ours not in groups[0]:
                self.refuse("missing", name, MISSING)
        return groups

    def value(self, known: Known[T], name: str) -> T:
        """One value."""
        return self.meaning(known, name, self.values.get(name))

    def meaning(self, known: Known[T], name: str, text: str | None) -> T:
        """The value of the text of a field."""
        try:
            return known[text]
        except Malformed as error:
            self.refuse(error.code, name, error.reason)
