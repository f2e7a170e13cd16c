# SPDX-License-Identifier: Apache-2.0
"""Calendars as people type them: spans of a day, and exceptions one to a line.

A line is a day or two, perhaps ``yearly until 2035``, perhaps spans, and a name::

    2026-12-24 to 2026-12-26 Christmas
    2026-05-01 yearly until 2030 Labour day
    2026-12-31 08:00-12:00 New year's eve
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Sequence
from datetime import date

from pilothouse.engine.calendars.spec import CalendarException, DayPattern
from pilothouse.engine.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 1984, 2100
MOST_LINES = 2_000
MOST_SPANS = 20
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_LINE = re.compile(
    r"(?P<first>\d{4}-\d{2}-\d{2})"
    r"(?:\s*(?:to|–|\.\.|;|-(?=\s))\s*(?P<last>\d{4}-\d{2}-\d{2}))?"
    r"(?:\s+yearly\s+until\s+(?P<until>\d{4}))?"
    r"(?P<spans>(?:[\s,;]+\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2})*)"
    r"(?:[\s,;]+(?P<name>.*))?"
)


def read_day(text: str) -> DayPattern:
    """Working time of one day; empty is a day off.

    Raises
    ------
    InvalidInput
        ``calendar.intervals``, which quotes the span.

    Examples
    --------
    >>> read_day("08:00-12:00, 13:00-17:00")
    ((480, 720), (780, 1020))
    """
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,;]|(?<=\d)\s+(?=\d{1,2}:)", text.strip()):
        bare = part.strip()
        if not bare:
            continue
        found = _SPAN.fullmatch(bare)
        if found is None:
            raise _wrong(f"‘{bare[:40]}’ is no span of time; write 08:00-12:00, 13:00-17:00.")
        hours = [int(value) for value in found.groups()]
        start, end = 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]
        if hours[1] > 59 or hours[3] > 59 or end > 1440:
            raise _wrong(f"‘{bare}’ is no time of a day.")
        if end <= start:
            raise _wrong(f"‘{bare}’ ends before it starts; write a night as two days.")
        if spans and start < spans[-1][1]:
            raise _wrong(f"‘{bare}’ overlaps the span before it.")
        spans.append((start, end))
    if len(spans) > MOST_SPANS:
        raise _wrong(f"A day has {len(spans)} spans; at most {MOST_SPANS} are kept.")
    return tuple(spans)


def write_day(pattern: DayPattern) -> str:
    """The day as text that ``read_day`` gives back."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in pattern)


def read_exceptions(text: str) -> tuple[CalendarException, ...]:
    """Days that do not follow the week, from lines.

    Raises
    ------
    InvalidInput
        ``calendar.exceptions``, which names the line and says what is wrong.

    Examples
    --------
    >>> [str(item.first) for item in read_exceptions("2026-05-01 yearly until 2028 May day")]
    ['2026-05-01', '2027-05-01', '2028-05-01']
    """
    found: list[CalendarException] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            found += _line(raw.strip())
        except (InvalidInput, ValueError) as error:
            reason = error.message if isinstance(error, InvalidInput) else str(error)
            raise InvalidInput(
                "calendar.exceptions", f"Line {number}, ‘{raw.strip()[:60]}’: {reason}", (raw[:60],)
            ) from None
        if len(found) > MOST_LINES:
            raise InvalidInput(
                "calendar.exceptions", f"A calendar has {MOST_LINES:,} exceptions at most."
            )
    return tuple(sorted(found, key=lambda item: (item.first, item.last)))


def write_exceptions(exceptions: Sequence[CalendarException]) -> str:
    """Exceptions as lines that ``read_exceptions`` gives back."""
    return "\n".join(
        " ".join(
            filter(
                None,
                (
                    item.first.isoformat(),
                    f"to {item.last}" if item.last != item.first else "",
                    write_day(item.intervals),
                    " ".join(item.name.split()),
                ),
            )
        )
        for item in exceptions
    )


def _line(text: str) -> list[CalendarException]:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError("write a day such as 2026-12-24, then perhaps to 2026-12-26, and a name.")
    first = _day(found["first"])
    last = _day(found["last"]) if found["last"] else first
    if last < first:
        raise ValueError(f"{last} lies before {first}.")
    pattern = read_day(found["spans"].strip(" ,;\t"))
    name = (found["name"] or "").strip()[:120]
    until = int(found["until"]) if found["until"] else first.year
    if not first.year <= until <= LAST_YEAR:
        raise ValueError(f"the year {until} is not between {first.year} and {LAST_YEAR}.")
    return [
        CalendarException(_in_year(first, years), _in_year(last, years), pattern, name)
        for years in range(until - first.year + 1)
    ]


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"‘{text}’ is no day of the calendar.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def _in_year(day: date, shift: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    year = day.year + shift
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _wrong(message: str) -> InvalidInput:
    return InvalidInput("calendar.intervals", message)
