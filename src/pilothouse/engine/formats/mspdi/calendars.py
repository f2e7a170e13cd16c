# SPDX-License-Identifier: Apache-2.0
"""Calendars: week days, exceptions of both dialects, recurrence, work weeks.

Project 2002 and 2003 write an exception as a week day of type 0 with a period. Since 2007
there is a list of exceptions with rules of recurrence, and the old form is written beside
it for old readers; where both stand, the new one is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count, islice, pairwise
from xml.etree.ElementTree import Element

from pilothouse.engine.calendars import (
    STANDARD_DAY,
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    DayPattern,
    Interval,
    WorkWeek,
)
from pilothouse.engine.formats.bounds import LAST_YEAR
from pilothouse.engine.formats.mspdi.scan import Limits, local_name
from pilothouse.engine.formats.mspdi.values import (
    FLAG,
    MOMENT,
    OPTIONAL_UID,
    OPTIONAL_WHOLE,
    UID,
    WHOLE,
    WHOLE_OR_1,
    Row,
)
from pilothouse.engine.network.plan import Notice

_Choose = Callable[[date], date | None]
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?")
_ONCE, _YEARLY_DAY, _YEARLY_POSITION, _MONTHLY_DAY = 1, 2, 3, 4
_MONTHLY_POSITION, _WEEKLY, _EVERY_DAYS, _EVERY_WEEKDAYS, _NO_RULE = 5, 6, 7, 8, 9


def read_calendar(row: Row, limits: Limits, notices: list[Notice]) -> CalendarSpec:
    """One calendar; days that a calendar without base leaves out are days off."""
    element = row.element
    uid = row.value(UID, "UID")
    name = row.text("Name") or f"Calendar {uid}"
    if len(name) > limits.name_length:
        row.refuse("limit", "Name", f"has {len(name):,} characters")
    base = row.value(OPTIONAL_UID, "BaseCalendarUID")
    if row.value(FLAG, "IsBaseCalendar") or base == uid or not base:
        base = None
    week, old = _week_days(_child(element, "WeekDays"), row, notices)
    listed = _child(element, "Exceptions")
    new = [] if listed is None else _exceptions(listed, row, limits, notices)
    work_weeks = _work_weeks(_child(element, "WorkWeeks"), row, limits, notices)
    if base is None:
        if all(day is None for day in week):
            notices.append(
                row.notice("WeekDays", "The week is missing; Monday to Friday is taken.")
            )
            week = list(STANDARD_WEEK)
        elif any(day is None for day in week):
            notices.append(row.notice("WeekDays", "Days that the week leaves out are days off."))
            for index, day in enumerate(week):
                week[index] = day or ()
    return CalendarSpec(uid, name, tuple(week), tuple(new or old), tuple(work_weeks), base)


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local_name(child) == name), None)


def _children(element: Element | None, name: str) -> Iterator[Element]:
    if element is not None:
        yield from (child for child in element if local_name(child) == name)


def _week_days(
    element: Element | None, calendar: Row, notices: list[Notice]
) -> tuple[list[DayPattern | None], list[CalendarException]]:
    week: list[DayPattern | None] = [None] * 7
    exceptions: list[CalendarException] = []
    for day in _children(element, "WeekDay"):
        row = calendar.part(day)
        kind = row.value(OPTIONAL_WHOLE, "DayType")
        pattern = _pattern(day, row, notices)
        if kind is not None and 1 <= kind <= 7:
            week[(kind - 2) % 7] = pattern
        elif kind == 0:
            first, last = _period(day, calendar)
            exceptions.append(CalendarException(first, last, pattern))
        else:
            notices.append(row.notice("DayType", f"Day type {kind} is not known; left out."))
    return week, exceptions


def _pattern(element: Element, row: Row, notices: list[Notice]) -> DayPattern:
    if not row.value(FLAG, "DayWorking"):
        return ()
    spans: list[Interval] = []
    for time in _children(_child(element, "WorkingTimes"), "WorkingTime"):
        span = row.part(time)
        if not span.text("FromTime") and not span.text("ToTime"):
            continue
        start, end = _clock(span, "FromTime"), _clock(span, "ToTime") or 1440
        if end <= start:
            notices.append(
                row.notice("ToTime", "Working time over midnight; read up to midnight only.")
            )
            end = 1440
        spans.append((start, end))
    if not spans:
        notices.append(row.notice("WorkingTimes", "Times of a working day are missing; 8 hours."))
        return STANDARD_DAY
    spans.sort()
    for before, after in pairwise(spans):
        if after[0] < before[1]:
            row.refuse("calendar", "WorkingTimes", "overlap")
    return tuple(spans)


def _clock(row: Row, name: str) -> int:
    text = row.text(name)
    found = _CLOCK.fullmatch(text.rpartition("T")[2])
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if found is None or int(found[2]) > 59 or minutes > 1440:
        row.refuse("value", name, f"is ‘{text[:40]}’, which is no time of day")
    return minutes


def _period(element: Element, calendar: Row) -> tuple[date, date]:
    part = _child(element, "TimePeriod")
    row = calendar if part is None else calendar.part(part)
    first, last = row.value(MOMENT, "FromDate"), row.value(MOMENT, "ToDate")
    if first is None or last is None:
        row.refuse("missing", "TimePeriod", "of an exception is missing")
    if last < first:
        row.refuse("calendar", "TimePeriod", f"ends on {last:%d.%m.%Y}, before it begins")
    return first.date(), last.date()


def _work_weeks(
    element: Element | None, calendar: Row, limits: Limits, notices: list[Notice]
) -> list[WorkWeek]:
    weeks: list[WorkWeek] = []
    for part in _children(element, "WorkWeek"):
        if len(weeks) == limits.work_weeks:
            calendar.refuse("limit", "WorkWeeks", f"has more than {limits.work_weeks:,} rows")
        first, last = _period(part, calendar)
        week, _ = _week_days(_child(part, "WeekDays"), calendar, notices)
        weeks.append(WorkWeek(first, last, tuple(week), calendar.part(part).text("Name")[:200]))
    return weeks


def _exceptions(
    element: Element, calendar: Row, limits: Limits, notices: list[Notice]
) -> list[CalendarException]:
    result: list[CalendarException] = []
    for part in _children(element, "Exception"):
        row = calendar.part(part)
        first, last = _period(part, calendar)
        pattern = _pattern(part, row, notices)
        name = row.text("Name")[:200]
        for start, end in _occurrences(row, first, last, notices):
            result.append(CalendarException(start, end, pattern, name))
            if len(result) > limits.exceptions:
                row.refuse("limit", "the exceptions", f"give more than {limits.exceptions:,} days")
    return result


def _occurrences(
    row: Row, first: date, last: date, notices: list[Notice]
) -> Iterator[tuple[date, date]]:
    """Spans of days of one exception; the last date and the number of times both bound it."""
    kind = row.value(WHOLE_OR_1, "Type")
    step = max(row.value(WHOLE_OR_1, "Period"), 1)
    if kind in (_ONCE, _NO_RULE) or (kind == _EVERY_DAYS and step == 1):
        yield first, last
        return
    rule = _rule(row, kind, step, first, last)
    if rule is None:
        notices.append(
            row.notice("Type", f"Recurrence {kind} is not known; every day of the span is taken.")
        )
        yield first, last
        return
    times = row.value(WHOLE, "Occurrences") if row.value(FLAG, "EnteredByOccurrences") else 0
    for day in islice(rule, times if times > 0 else None):
        yield day, day


def _rule(row: Row, kind: int, step: int, first: date, last: date) -> Iterator[date] | None:
    if kind == _EVERY_DAYS:
        return _every_days(first, last, step)
    if kind == _EVERY_WEEKDAYS:
        return _every_weekdays(first, last, step)
    if kind == _WEEKLY:
        return _weekly(first, last, step, row.value(WHOLE, "DaysOfWeek"))
    item, position, number = (
        row.value(WHOLE, "MonthItem"),
        row.value(WHOLE, "MonthPosition"),
        row.value(WHOLE, "MonthDay"),
    )
    if kind in (_YEARLY_DAY, _YEARLY_POSITION):
        begin = date(first.year, row.value(WHOLE, "Month") % 12 + 1, 1)
        step = 12
    else:
        begin = first.replace(day=1)
    if kind in (_YEARLY_DAY, _MONTHLY_DAY):
        return _in_months(begin, first, last, step, lambda month: _nth_day(month, number))
    if kind in (_YEARLY_POSITION, _MONTHLY_POSITION):
        return _in_months(
            begin, first, last, step, lambda month: _positioned(month, item, position)
        )
    return None


def _every_days(first: date, last: date, step: int) -> Iterator[date]:
    for offset in range(0, (last - first).days + 1, step):
        yield first + timedelta(days=offset)


def _every_weekdays(first: date, last: date, step: int) -> Iterator[date]:
    days = (day for day in _every_days(first, last, 1) if day.weekday() < 5)
    return islice(days, 0, None, step)


def _weekly(first: date, last: date, step: int, mask: int) -> Iterator[date]:
    """Weeks are counted from the Sunday on or before the first day; bit 0 is Sunday."""
    sunday = first - timedelta(days=(first.weekday() + 1) % 7)
    for start in _every_days(sunday, last, 7 * step):
        for offset in range(7):
            day = start + timedelta(days=offset)
            if mask >> offset & 1 and first <= day <= last:
                yield day


def _in_months(begin: date, first: date, last: date, step: int, choose: _Choose) -> Iterator[date]:
    for number in count(begin.year * 12 + begin.month - 1, step):
        year, month = divmod(number, 12)
        if year > LAST_YEAR or date(year, month + 1, 1) > last:
            return
        day = choose(date(year, month + 1, 1))
        if day is not None and first <= day <= last:
            yield day


def _nth_day(month: date, number: int) -> date | None:
    day = month + timedelta(days=number - 1) if 1 <= number <= 31 else None
    return day if day is not None and day.month == month.month else None


def _positioned(month: date, item: int, position: int) -> date | None:
    """First to fourth (0 to 3) or last (4) day of a kind: any, weekday, weekend, Sunday …"""
    kinds = {0: range(7), 1: range(5), 2: (5, 6)}
    wanted = kinds.get(item, ((item - 4) % 7,))
    days = [
        day
        for day in (month + timedelta(days=offset) for offset in range(31))
        if day.month == month.month and day.weekday() in wanted
    ]
    if position == 4:
        return days[-1]
    return days[position] if 0 <= position < len(days) else None
