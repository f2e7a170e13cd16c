# SPDX-License-Identifier: Apache-2.0
"""A small plan as Microsoft Project would save it, and in the other formats; hostile files."""

from __future__ import annotations

from io import BytesIO

from pilothouse.engine.formats.mspdi import read_mspdi
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.formats.xer import write_xer

WEEK = "".join(
    f"<WeekDay><DayType>{day}</DayType>"
    + (
        "<DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime>"
        "<ToTime>12:00:00</ToTime></WorkingTime><WorkingTime><FromTime>13:00:00</FromTime>"
        "<ToTime>17:00:00</ToTime></WorkingTime></WorkingTimes>"
        if 2 <= day <= 6
        else "<DayWorking>0</DayWorking>"
    )
    + "</WeekDay>"
    for day in range(1, 8)
)


def link(uid, kind=1, lag=0, unit=7):
    return (
        f"<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>{kind}</Type>"
        f"<LinkLag>{lag}</LinkLag><LagFormat>{unit}</LagFormat></PredecessorLink>"
    )


def task(uid, name, level=1, hours=8, more="", start="", finish=""):
    dates = (f"<Start>{start}</Start>" if start else "") + (
        f"<Finish>{finish}</Finish>" if finish else ""
    )
    return (
        f"<Task><UID>{uid}</UID><ID>{uid}</ID><Name>{name}</Name><WBS>{uid}</WBS>"
        f"<OutlineLevel>{level}</OutlineLevel>{dates}<Duration>PT{hours}H0M0S</Duration>"
        f"<Milestone>{int(hours == 0)}</Milestone>{more}</Task>"
    )


def document(tasks, rest=""):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Project xmlns="http://schemas.microsoft.com/project"><Title>Quay 7</Title>'
        "<StartDate>2026-03-02T08:00:00</StartDate><CalendarUID>1</CalendarUID>"
        "<Calendars><Calendar><UID>1</UID><Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar>"
        f"<BaseCalendarUID>-1</BaseCalendarUID><WeekDays>{WEEK}</WeekDays></Calendar></Calendars>"
        f"<Tasks>{tasks}</Tasks>{rest}</Project>"
    )


PEOPLE = (
    "<Resources><Resource><UID>1</UID><ID>1</ID><Name>Dredger</Name><Type>1</Type></Resource>"
    "</Resources><Assignments><Assignment><UID>1</UID><TaskUID>2</TaskUID>"
    "<ResourceUID>1</ResourceUID><Units>1</Units><Work>PT40H0M0S</Work></Assignment></Assignments>"
)
NIGHT = (
    "<Calendar><UID>2</UID><Name>Night</Name><IsBaseCalendar>1</IsBaseCalendar>"
    f"<BaseCalendarUID>-1</BaseCalendarUID><WeekDays>{WEEK}</WeekDays></Calendar>"
)
"""A calendar on which nothing runs."""
BASELINE = (
    "<Baseline><Number>0</Number><Start>2026-03-09T08:00:00</Start>"
    "<Finish>2026-03-11T17:00:00</Finish></Baseline>"
)
QUAY = document(
    task(1, "Quay wall", hours=64)
    + task(2, "Dredge", 2, 40, start="2026-03-02T08:00:00", finish="2026-03-06T17:00:00")
    + task(
        3,
        "Drive piles",
        2,
        24,
        link(2, lag=4800) + BASELINE,
        start="2026-03-09T08:00:00",
        finish="2026-03-11T17:00:00",
    )
    + task(4, "Survey", 2, 8, start="2026-03-02T08:00:00", finish="2026-03-02T17:00:00")
    + task(5, "Quay ready", 1, 0, link(3) + link(4), start="2026-03-12T17:00:00"),
    PEOPLE,
)
"""Dredge five days, a day of lag, piles three days; the file forgets the lag."""


TASKS = """UID,Level,Task,Duration,Notes
1,1,Quay wall,,
2,2,Dredge,8d,Mind the eels
3,2,Drive the piles,3d,
4,2,Survey,1d,
5,1,Quay ready,0d,
6,1,Fence,2d,
"""
"""The same plan as a table, with a task more, one that takes longer, and one renamed."""


def upload(text=QUAY):
    return BytesIO(text if isinstance(text, bytes) else text.encode())


def as_xer(text=QUAY):
    """The same plan as Primavera XER."""
    return write_xer(read_mspdi(upload(text)))


def as_json(text=QUAY):
    """The same plan as JSON of our own."""
    return write_plan_json(read_mspdi(upload(text)))


def _two_projects():
    lines = as_xer().decode().split("\r\n")
    project = next(place for place, line in enumerate(lines) if line == "%T\tPROJECT") + 2
    lines.insert(project + 1, lines[project].replace("%R\t1\tQuay 7", "%R\t8\tPier 8"))
    return "\r\n".join(lines).encode()


TWO_PROJECTS = _two_projects()
"""A Primavera file of Quay 7 with its tasks, and Pier 8 without any."""
_JSON = as_json()
OTHER_HOSTILE = {
    "xer cut": (as_xer()[:-200], "xer.truncated"),
    "xer of zeros": (b"ERMHDR\t8.2\n" + b"\0" * 100_000, "xer.truncated"),
    "xer without columns": (b"ERMHDR\t8.2\n%T\tTASK\n%R\t1\n%E\n", "xer.fields"),
    "xer of a year that is none": (
        as_xer().replace(b"2026-03-02 08:00", b"9999-03-02 08:00"),
        "xer.date_range",
    ),
    "xer with a lag of a billion hours": (
        as_xer().replace(b"\tPR_FS\t8\r\n", b"\tPR_FS\t1000000000\r\n"),
        "xer.value",
    ),
    "xer of two projects": (TWO_PROJECTS, "xer.projects"),
    "json that is nested": (b'{"plan":' * 100_000, "planjson.limit"),
    "json that is cut": (_JSON[:-40], "planjson.not_json"),
    "json of something else": (b'{"a": 1}', "planjson.not_a_plan"),
    "json with a huge number": (_JSON.replace(b"480", b"1e400", 1), "planjson.value"),
    "json with a negative duration": (
        _JSON.replace(b'"duration_minutes": 2400', b'"duration_minutes": -1'),
        "planjson.range",
    ),
    "json that gives a uid twice": (_JSON.replace(b'"uid": 3', b'"uid": 2'), "planjson.duplicate"),
    "json of a name beyond the column": (
        _JSON.replace(b'"Dredge"', b'"' + b"x" * 501 + b'"'),
        "planjson.limit",
    ),
    "json of a ring": (
        _JSON.replace(b'{"predecessor": 2, "successor": 3', b'{"predecessor": 5, "successor": 3'),
        "schedule.cycle",
    ),
    "mpp": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "mpxj."),
    "primavera xml": (b"<APIBusinessObjects/>", "mpxj."),
    "none of them": (b"Dredge, then drive the piles.", "files.unknown"),
    "a table": (b"name;start\nDredge;2026-03-02\n", "files.unknown"),
}
"""Files that are no Microsoft Project XML, and how the code of each refusal begins."""
