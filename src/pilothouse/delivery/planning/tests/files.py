# SPDX-License-Identifier: Apache-2.0
"""A small plan as Microsoft Project would save it, written for these tests."""

from __future__ import annotations

from io import BytesIO

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


def upload(text=QUAY):
    return BytesIO(text if isinstance(text, bytes) else text.encode())
