# SPDX-License-Identifier: Apache-2.0
"""The nested text in which a calendar keeps its week and its exceptions.

A node is ``(0||name(key|value|…)(children))``. ``DaysOfWeek`` holds nodes 1 (Sunday) to 7 with a
node for each shift; ``Exceptions`` holds a node for each day, with the day counted from 1899-12-30.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    DayPattern,
    Interval,
)
from pilothouse.engine.formats.bounds import FIRST_YEAR, LAST_YEAR
from pilothouse.engine.formats.xer.values import Row
from pilothouse.engine.network.plan import Notice

_EPOCH = date(1899, 12, 30)
_SERIALS = range(
    (date(FIRST_YEAR, 1, 1) - _EPOCH).days, (date(LAST_YEAR, 12, 31) - _EPOCH).days + 1
)
_OPENING = re.compile(r"\( ?\d* ?\|\|([^()|]*)\(([^()]*)\) ?\(")
_CLOSING = re.compile(r"\) ?\)")
"""A node is closed twice: its children, then itself."""
_BLANK = re.compile(r"[\s\x7f]+")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
_DEPTH = 8
_DAY = 1440


@dataclass(slots=True)
class _Node:
    name: str
    values: dict[str, str]
    children: list[_Node] = field(default_factory=list)

    def child(self, name: str) -> _Node | None:
        return next((child for child in self.children if child.name == name), None)


def read_calendar(
    row: Row, uid: int, base: int | None, name: str, notices: list[Notice]
) -> CalendarSpec:
    """One calendar; days that a calendar without base leaves out are days off."""
    root = _parse(row)
    days = root.child("DaysOfWeek")
    week: list[DayPattern | None] = [None] * 7
    for node in () if days is None else days.children:
        if node.name.isdecimal() and 1 <= int(node.name[:3]) <= 7:
            week[(int(node.name) - 2) % 7] = _shifts(node, row, notices)
        else:
            notices.append(row.notice("clndr_data", f"Day ‘{node.name[:20]}’ is not known."))
    if base is None and all(day is None for day in week):
        notices.append(row.notice("clndr_data", "The week is missing; Monday to Friday is taken."))
        week = list(STANDARD_WEEK)
    elif base is None:
        week = [day or () for day in week]
    excepted: dict[date, DayPattern] = {}
    listed = root.child("Exceptions")
    for node in () if listed is None else listed.children:
        excepted[_day(node, row)] = _shifts(node, row, notices)
    return CalendarSpec(uid, name, *_within_days(week, excepted), (), base)


def _parse(row: Row) -> _Node:
    text = _BLANK.sub(" ", row.record.text("clndr_data"))
    root = _Node("", {})
    open_ = [root]
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        opening, closing = _OPENING.match(text, place), _CLOSING.match(text, place)
        if closing and len(open_) > 1:
            place = closing.end()
            open_.pop()
        elif opening:
            place = opening.end()
            if len(open_) > _DEPTH:
                row.refuse("calendar", "clndr_data", f"is nested more than {_DEPTH} deep")
            parts = [part.strip() for part in opening[2].split("|")]
            node = _Node(opening[1].strip(), dict(zip(parts[::2], parts[1::2])))
            open_[-1].children.append(node)
            open_.append(node)
        else:
            said = text[place : place + 30]
            row.refuse("calendar", "clndr_data", f"cannot be read at ‘{said}’")
    if len(open_) > 1:
        row.refuse("calendar", "clndr_data", "ends in the middle")
    return root.children[0] if len(root.children) == 1 else root


def _shifts(node: _Node, row: Row, notices: list[Notice]) -> DayPattern:
    """Shifts in order and apart; an end beyond 1440 lies on the next day."""
    spans: list[Interval] = []
    for shift in node.children:
        start, end = _clock(shift, "s", row), _clock(shift, "f", row)
        if start is None or end is None:
            continue
        spans.append((start, end if end > start else end + _DAY))
    merged = tuple(_merged(spans))
    if sum(end - start for start, end in merged) < sum(end - start for start, end in spans):
        notices.append(row.notice("clndr_data", "Shifts of a day overlap; they are joined."))
    return merged


def _merged(spans: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _clock(shift: _Node, key: str, row: Row) -> int | None:
    text = shift.values.get(key, "")
    if not text:
        return None
    found = _CLOCK.match(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _DAY + 1
    if minutes > _DAY or (found and int(found[2]) > 59):
        row.refuse("calendar", "clndr_data", f"has the time ‘{text[:20]}’")
    return minutes


def _day(node: _Node, row: Row) -> date:
    text = node.values.get("d", "")
    serial = int(text) if text.isdecimal() and len(text) <= 6 else -1
    if serial not in _SERIALS:
        row.refuse("calendar", "clndr_data", f"has an exception on day ‘{text[:20]}’")
    return _EPOCH + timedelta(days=serial)


def _within_days(
    week: list[DayPattern | None], excepted: dict[date, DayPattern]
) -> tuple[tuple[DayPattern | None, ...], tuple[CalendarException, ...]]:
    """Cut shifts at midnight: what lies beyond belongs to the next day.

    The end of a shift goes with the day on which the shift began: a day off takes its whole
    night off, and the next morning is an exception then.
    """
    crossing = [day for day in (*week, *excepted.values()) if day and day[-1][1] > _DAY]
    if not crossing:
        return tuple(week), tuple(_spans(excepted))
    affected = {day + timedelta(days=more) for day in excepted for more in (0, 1)}

    def own(day: date) -> DayPattern:
        found = excepted.get(day)
        return found if found is not None else week[day.weekday()] or ()

    days = {
        day: _joined(own(day - timedelta(days=1)), own(day))
        for day in sorted(affected)
        if day.year <= LAST_YEAR
    }
    cut: list[DayPattern | None] = [
        None if week[index] is None else _joined(week[index - 1] or (), week[index] or ())
        for index in range(7)
    ]
    return tuple(cut), tuple(_spans(days))


def _joined(before: DayPattern, own: DayPattern) -> DayPattern:
    spans = [(max(start - _DAY, 0), end - _DAY) for start, end in before if end > _DAY]
    spans += [(start, min(end, _DAY)) for start, end in own if start < _DAY]
    return tuple(_merged(spans))


def _spans(days: dict[date, DayPattern]) -> Iterator[CalendarException]:
    """Neighbouring days with the same times as one exception."""
    first = last = None
    for day in sorted(days):
        if last is not None and day == last + timedelta(days=1) and days[day] == days[last]:
            last = day
            continue
        if first is not None and last is not None:
            yield CalendarException(first, last, days[last])
        first = last = day
    if first is not None and last is not None:
        yield CalendarException(first, last, days[last])


def write_calendar(spec: CalendarSpec, exceptions: dict[date, DayPattern]) -> str:
    """The nested text of one calendar; ``exceptions`` by day."""
    days = "".join(
        f"(0||{number}()({_shift_text(pattern)}))"
        for number in range(1, 8)
        if (pattern := spec.week[(number - 2) % 7]) is not None
    )
    rows = "".join(
        f"(0||{row}(d|{(day - _EPOCH).days})({_shift_text(exceptions[day])}))"
        for row, day in enumerate(sorted(exceptions))
    )
    return f"(0||CalendarData()((0||DaysOfWeek()({days}))(0||Exceptions()({rows}))))"


def _shift_text(pattern: DayPattern) -> str:
    return "".join(
        f"(0||{row}(s|{_time(start)}|f|{_time(end % _DAY)})())"
        for row, (start, end) in enumerate(pattern)
    )


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
