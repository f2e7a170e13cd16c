# SPDX-License-Identifier: Apache-2.0
"""Reading and writing Microsoft Project XML: plain files, dialects, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import (
    STANDARD_DAY,
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    WorkWeek,
)
from pilothouse.engine.formats.mspdi import read_mspdi, write_mspdi
from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    StoredDates,
    TaskBaseline,
    WorkType,
)

START = "<StartDate>2027-03-01T08:00:00</StartDate><CalendarUID>1</CalendarUID>"
DAY = (
    "<DayWorking>1</DayWorking><WorkingTimes>"
    "<WorkingTime><FromTime>08:00:00</FromTime><ToTime>12:00:00</ToTime></WorkingTime>"
    "<WorkingTime><FromTime>13:00:00</FromTime><ToTime>17:00:00</ToTime></WorkingTime>"
    "</WorkingTimes>"
)
WEEK = "".join(
    f"<WeekDay><DayType>{day}</DayType>"
    + (DAY if 2 <= day <= 6 else "<DayWorking>0</DayWorking>")
    + "</WeekDay>"
    for day in range(1, 8)
)


def calendar(extra_days="", extra="", uid=1):
    return (
        f"<Calendar><UID>{uid}</UID><Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar>"
        f"<BaseCalendarUID>-1</BaseCalendarUID><WeekDays>{WEEK}{extra_days}</WeekDays>{extra}"
        "</Calendar>"
    )


def document(tasks="", *, head=START, calendars=None, rest=""):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Project xmlns="http://schemas.microsoft.com/project">{head}'
        f"<Calendars>{calendar() if calendars is None else calendars}</Calendars>"
        f"<Tasks>{tasks}</Tasks>{rest}</Project>"
    )


def task(uid, name="Task", level=1, more="", duration="PT8H0M0S"):
    return (
        f"<Task><UID>{uid}</UID><ID>{uid}</ID><Name>{name}</Name><WBS>{uid}</WBS>"
        f"<OutlineLevel>{level}</OutlineLevel><Duration>{duration}</Duration>{more}</Task>"
    )


def read(text):
    return read_mspdi(BytesIO(text.encode()))


def test_a_small_plan_comes_over_whole():
    plan = read(
        document(
            task(1, "Dredge", more="<Summary>1</Summary>")
            + task(2, "Survey", 2)
            + task(
                3,
                "Dig",
                2,
                "<DurationFormat>39</DurationFormat><Estimated>1</Estimated>"
                "<ConstraintType>4</ConstraintType>"
                "<ConstraintDate>2027-03-08T08:00:00</ConstraintDate>"
                "<Deadline>2027-04-01T17:00:00</Deadline><PercentComplete>40</PercentComplete>"
                "<PredecessorLink><PredecessorUID>2</PredecessorUID><Type>1</Type>"
                "<LinkLag>4800</LinkLag><LagFormat>7</LagFormat></PredecessorLink>",
                "PT80H0M0S",
            ),
            head="<Title>Quay 7</Title>" + START,
        )
    )

    assert plan.name == "Quay 7"
    assert plan.start == datetime(2027, 3, 1, 8)
    assert [t.summary for t in plan.tasks] == [True, False, False]
    dig = plan.tasks[2]
    assert (dig.duration_minutes, dig.estimated, dig.elapsed_duration) == (4800, True, False)
    assert (dig.constraint, dig.constraint_hard) == (ConstraintType.SNET, False)
    assert dig.deadline == datetime(2027, 4, 1, 17)
    assert dig.percent_complete == 40
    assert plan.links == (Link(2, 3, LinkType.FS, 480),)
    assert plan.notices == ()


def test_the_project_summary_and_empty_rows_are_no_tasks():
    plan = read(
        document(
            "<Task><UID>0</UID><ID>0</ID><Name>Whole</Name><OutlineLevel>0</OutlineLevel></Task>"
            + task(1)
            + "<Task><UID>2</UID><ID>2</ID><IsNull>1</IsNull></Task>"
        )
    )

    assert [t.uid for t in plan.tasks] == [1]
    assert plan.name == "Whole"
    assert [n.message for n in plan.notices] == ["1 empty row is left out."]


@pytest.mark.parametrize(
    ("unit", "lag", "expected"),
    [
        (7, "-4800", Link(1, 2, LinkType.SS, -480)),
        (8, "14400", Link(1, 2, LinkType.SS, 1440, LagKind.ELAPSED)),
        (19, "50", Link(1, 2, LinkType.SS, 0, LagKind.PERCENT, Decimal(50))),
        (52, "-25", Link(1, 2, LinkType.SS, 0, LagKind.ELAPSED_PERCENT, Decimal(-25))),
    ],
)
def test_lags_are_read_in_each_unit(unit, lag, expected):
    plan = read(
        document(
            task(1)
            + task(
                2,
                more="<PredecessorLink><PredecessorUID>1</PredecessorUID><Type>3</Type>"
                f"<LinkLag>{lag}</LinkLag><LagFormat>{unit}</LagFormat></PredecessorLink>",
            )
        )
    )

    assert plan.links == (expected,)


def test_text_in_place_of_dates_and_durations_is_kept():
    long = "T" * 300
    plan = read(
        document(
            task(
                1,
                "Sketch",
                more="<Manual>1</Manual><StartText> As soon\nas we may </StartText><FinishText/>",
            )
            + task(2, "Draft", more=f"<Manual>1</Manual><DurationText>{long}</DurationText>")
            + task(3, "Build")
        )
    )

    entered = [found.entered for found in plan.tasks]
    assert entered == [
        EnteredText("As soon as we may", "", None),
        EnteredText(duration=long[:255]),
        EnteredText(),
    ]
    assert [found.placeholder for found in plan.tasks] == [True, False, False]
    assert [(n.field, n.message) for n in plan.notices] == [
        ("DurationText", "Cut to 255 characters.")
    ]


def test_elapsed_durations_and_seconds_are_read():
    plan = read(
        document(
            task(1, more="<DurationFormat>8</DurationFormat>", duration="PT48H0M0S")
            + task(2, duration="PT1H29M30S")
            + task(3, duration="P1DT2H")
        )
    )

    assert [(t.elapsed_duration, t.duration_minutes) for t in plan.tasks] == [
        (True, 2880),
        (False, 90),
        (False, 1560),
    ]


def exception(first, last, body, name="x", occurrences=0):
    entered = f"<EnteredByOccurrences>{int(occurrences > 0)}</EnteredByOccurrences>"
    return (
        f"<Exceptions><Exception>{entered}<TimePeriod><FromDate>{first}T00:00:00</FromDate>"
        f"<ToDate>{last}T23:59:00</ToDate></TimePeriod><Occurrences>{occurrences}</Occurrences>"
        f"<Name>{name}</Name>{body}<DayWorking>0</DayWorking></Exception></Exceptions>"
    )


def test_exceptions_of_project_2003_are_days_of_type_0():
    days = (
        "<WeekDay><DayType>0</DayType><DayWorking>0</DayWorking><TimePeriod>"
        "<FromDate>2027-12-24T00:00:00</FromDate><ToDate>2027-12-31T23:59:00</ToDate>"
        "</TimePeriod></WeekDay>"
    )

    plan = read(document(calendars=calendar(days)))

    assert plan.calendars[0].exceptions == (
        CalendarException(date(2027, 12, 24), date(2027, 12, 31), ()),
    )


def test_the_list_of_exceptions_wins_over_days_of_type_0():
    days = (
        "<WeekDay><DayType>0</DayType><DayWorking>0</DayWorking><TimePeriod>"
        "<FromDate>2027-12-24T00:00:00</FromDate><ToDate>2027-12-24T23:59:00</ToDate>"
        "</TimePeriod></WeekDay>"
    )

    plan = read(
        document(
            calendars=calendar(days, exception("2027-12-24", "2027-12-24", "<Type>1</Type>", "Eve"))
        )
    )

    assert plan.calendars[0].exceptions == (
        CalendarException(date(2027, 12, 24), date(2027, 12, 24), (), "Eve"),
    )


@pytest.mark.parametrize(
    ("body", "first", "last", "times", "expected"),
    [
        ("<Type>7</Type><Period>3</Period>", "2027-01-01", "2027-01-09", 0, [1, 4, 7]),
        ("<Type>8</Type><Period>2</Period>", "2027-01-01", "2027-01-08", 0, [1, 5, 7]),
        (
            "<Type>6</Type><Period>2</Period><DaysOfWeek>34</DaysOfWeek>",
            "2027-01-01",
            "2027-01-31",
            0,
            [1, 11, 15, 25, 29],
        ),
        (
            "<Type>6</Type><Period>1</Period><DaysOfWeek>2</DaysOfWeek>",
            "2027-01-01",
            "2027-01-31",
            2,
            [4, 11],
        ),
        (
            "<Type>4</Type><Period>1</Period><MonthDay>31</MonthDay>",
            "2027-01-01",
            "2027-02-28",
            0,
            [31],
        ),
        (
            "<Type>5</Type><Period>1</Period><MonthItem>8</MonthItem><MonthPosition>4</MonthPosition>",
            "2027-01-01",
            "2027-01-31",
            0,
            [29],
        ),
        (
            "<Type>5</Type><MonthItem>1</MonthItem><MonthPosition>0</MonthPosition>",
            "2027-01-01",
            "2027-01-31",
            0,
            [1],
        ),
        (
            "<Type>5</Type><MonthItem>2</MonthItem><MonthPosition>1</MonthPosition>",
            "2027-01-01",
            "2027-01-31",
            0,
            [3],
        ),
        (
            "<Type>2</Type><Month>0</Month><MonthDay>6</MonthDay>",
            "2027-01-01",
            "2027-12-31",
            0,
            [6],
        ),
        (
            "<Type>3</Type><Month>0</Month><MonthItem>3</MonthItem><MonthPosition>2</MonthPosition>",
            "2027-01-01",
            "2027-12-31",
            0,
            [17],
        ),
    ],
)
def test_recurring_exceptions_are_written_out(body, first, last, times, expected):
    plan = read(document(calendars=calendar(extra=exception(first, last, body, occurrences=times))))

    found = [(e.first, e.last) for e in plan.calendars[0].exceptions]
    assert found == [(date(2027, 1, day),) * 2 for day in expected]


def test_midnight_ends_a_shift():
    shift = (
        "<WeekDay><DayType>2</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime>"
        "<FromTime>22:00:00</FromTime><ToTime>00:00:00</ToTime></WorkingTime></WorkingTimes>"
        "</WeekDay>"
    )

    plan = read(document(calendars=calendar(shift)))

    assert plan.calendars[0].week[0] == ((1320, 1440),)


def test_without_calendars_the_default_is_taken_and_told():
    own = CalendarSpec(9, "Harbour", STANDARD_WEEK)

    plan = read_mspdi(
        BytesIO(document(calendars="", head=START.split("<Cal")[0]).encode()),
        default_calendar=own,
    )

    assert (plan.calendars, plan.default_calendar_uid) == ((own,), 9)
    assert [n.message for n in plan.notices] == ["There are none; ‘Harbour’ is taken."]


def test_gaps_in_the_outline_are_closed_and_told():
    plan = read(document(task(1) + task(2, level=4) + task(3, level=2)))

    assert [t.outline_level for t in plan.tasks] == [1, 2, 2]
    assert [n.place for n in plan.notices] == ["task 2 ‘Task’"]


def test_what_is_not_known_becomes_a_notice_with_row_field_and_reason():
    plan = read(
        document(
            task(
                1,
                "Odd",
                more="<ConstraintType>12</ConstraintType><Type>7</Type>"
                "<ExtendedAttribute><FieldID>1</FieldID></ExtendedAttribute>",
            )
        )
    )

    assert {(n.place, n.field) for n in plan.notices} == {
        ("task 1 ‘Odd’", "ConstraintType"),
        ("task 1 ‘Odd’", "Type"),
        ("plan", "custom field values"),
    }


def test_dates_that_cannot_be_as_they_stand_are_kept_and_told():
    plan = read(
        document(
            task(
                1,
                "Dig",
                more="<Start>2027-03-03T08:00:00</Start><Finish>2027-03-01T17:00:00</Finish>"
                "<ActualStart>2027-03-09T08:00:00</ActualStart>",
            ),
            head=START + "<StatusDate>2027-03-05T17:00:00</StatusDate>",
        )
    )

    assert plan.tasks[0].actual_start == datetime(2027, 3, 9, 8)
    assert [(n.place, n.field, n.message) for n in plan.notices] == [
        ("task 1 ‘Dig’", "Finish", "It lies before the start of the task."),
        (
            "task 1 ‘Dig’",
            "ActualStart",
            "2027-03-09 lies after the status date 2027-03-05; it is kept.",
        ),
    ]


def test_a_split_task_is_told():
    plan = read(
        document(
            task(
                1,
                "Cure",
                more="<Start>2027-03-01T08:00:00</Start><Finish>2027-03-03T17:00:00</Finish>",
            )
        )
    )

    assert [(n.place, n.field) for n in plan.notices] == [("task 1 ‘Cure’", "Finish")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1", "windows-1252"])
def test_every_encoding_of_xml_is_read(encoding):
    text = document(task(1, "Köln £")).replace("UTF-8", encoding.replace("-sig", ""))

    plan = read_mspdi(BytesIO(text.encode(encoding)))

    assert plan.tasks[0].name == "Köln £"


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda value: value.replace(second=0, microsecond=0)
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
MINUTES = st.integers(0, 1_000_000)
WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn"), max_codepoint=0xFFFF),
    max_size=20,
).filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
CENTS = st.decimals(0, 10**9, places=2)
SHARES = st.decimals(0, 100, places=2)
PATTERNS = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2]))
) | st.just(())


@st.composite
def spans(draw):
    first, last = sorted((draw(DAYS), draw(DAYS)))
    return first, last


@st.composite
def specs(draw):
    weeks = st.tuples(*[PATTERNS] * 7)
    count = draw(st.integers(1, 3))
    result = []
    for uid in range(1, count + 1):
        base = draw(st.none() | st.just(1)) if uid > 1 else None
        week = draw(weeks) if base is None else draw(st.tuples(*[st.none() | PATTERNS] * 7))
        exceptions = tuple(
            CalendarException(*draw(spans()), draw(PATTERNS), draw(WORDS))
            for _ in range(draw(st.integers(0, 3)))
        )
        work_weeks = tuple(
            WorkWeek(*draw(spans()), draw(st.tuples(*[st.none() | PATTERNS] * 7)), draw(WORDS))
            for _ in range(draw(st.integers(0, 2)))
        )
        result.append(CalendarSpec(uid, f"Calendar {uid}", week, exceptions, work_weeks, base))
    return tuple(result)


@st.composite
def plan_tasks(draw, calendars):
    maybe = st.none() | MOMENTS
    level, result = 0, []
    for uid in draw(st.lists(st.integers(1, 2**31 - 1), unique=True, max_size=6)):
        level = draw(st.integers(1, level + 1))
        constraint = draw(st.sampled_from(ConstraintType))
        dated = constraint not in (ConstraintType.ASAP, ConstraintType.ALAP)
        baselines = tuple(
            TaskBaseline(
                number, draw(maybe), draw(maybe), draw(MINUTES), draw(MINUTES), draw(CENTS)
            )
            for number in sorted(draw(st.sets(st.integers(0, 10), max_size=3)))
        )
        result.append(
            PlanTask(
                uid=uid,
                name=draw(WORDS),
                outline_level=level,
                wbs=draw(WORDS),
                milestone=draw(st.booleans()),
                duration_minutes=draw(MINUTES),
                elapsed_duration=draw(st.booleans()),
                estimated=draw(st.booleans()),
                calendar_uid=draw(st.none() | st.sampled_from([c.uid for c in calendars])),
                ignore_resource_calendar=draw(st.booleans()),
                constraint=constraint,
                constraint_date=draw(MOMENTS) if dated else None,
                constraint_hard=constraint in (ConstraintType.MSO, ConstraintType.MFO),
                deadline=draw(maybe),
                manual=draw(st.booleans()),
                active=draw(st.booleans()),
                external=draw(st.booleans()),
                priority=draw(st.integers(0, 1000)),
                work_type=draw(st.sampled_from(WorkType)),
                effort_driven=draw(st.booleans()),
                work_minutes=draw(MINUTES),
                actual_work_minutes=draw(MINUTES),
                cost=draw(st.none() | CENTS),
                percent_complete=draw(SHARES),
                physical_percent=draw(st.none() | SHARES),
                actual_start=draw(maybe),
                actual_finish=draw(maybe),
                actual_duration_minutes=draw(st.none() | MINUTES),
                remaining_minutes=draw(st.none() | MINUTES),
                stop=draw(maybe),
                resume=draw(maybe),
                leveling_delay_minutes=draw(MINUTES),
                notes=draw(WORDS),
                stored=StoredDates(
                    draw(maybe),
                    None,
                    draw(maybe),
                    draw(maybe),
                    draw(maybe),
                    draw(maybe),
                    draw(st.none() | st.integers(-(10**6), 10**6)),
                    draw(st.none() | st.integers(-(10**6), 10**6)),
                    draw(st.none() | st.booleans()),
                ),
                baselines=baselines,
                entered=EnteredText(*(draw(st.none() | WORDS) for _ in range(3))),
            )
        )
    return tuple(
        replace(item, summary=True)
        if index + 1 < len(result) and result[index + 1].outline_level > item.outline_level
        else item
        for index, item in enumerate(result)
    )


@st.composite
def links_between(draw, uids):
    link = Link(
        draw(st.sampled_from(uids)),
        draw(st.sampled_from(uids)),
        draw(st.sampled_from(LinkType)),
        lag_kind=draw(st.sampled_from(LagKind)),
    )
    if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
        return replace(link, lag_percent=draw(st.decimals(-500, 500, places=1)))
    return replace(link, lag_minutes=draw(st.integers(-(10**6), 10**6)))


@st.composite
def plans(draw):
    calendars = draw(specs())
    tasks = draw(plan_tasks(calendars))
    uids = [item.uid for item in tasks]
    links = draw(st.lists(links_between(uids), max_size=6)) if uids else []
    links.sort(key=lambda link: uids.index(link.successor))
    resources = tuple(
        PlanResource(
            uid,
            f"Crew {draw(WORDS)}".strip(),
            draw(st.sampled_from(["work", "material", "cost"])),
            draw(st.none() | st.sampled_from([c.uid for c in calendars])),
            draw(SHARES),
            draw(WORDS),
            draw(WORDS),
        )
        for uid in draw(st.lists(st.integers(0, 2**31 - 1), unique=True, max_size=3))
    )
    assignments = tuple(
        PlanAssignment(
            uid,
            draw(st.sampled_from(uids)),
            draw(st.none() | st.sampled_from([r.uid for r in resources] or [None])),
            draw(SHARES),
            draw(MINUTES),
            draw(MINUTES),
            draw(MINUTES),
            draw(st.none() | MOMENTS),
            draw(st.none() | MOMENTS),
        )
        for uid in (range(draw(st.integers(0, 4))) if uids else ())
    )
    per_day = draw(st.integers(60, 1440))
    return Plan(
        name=f"Plan {draw(WORDS)}".strip(),
        start=draw(MOMENTS),
        calendars=calendars,
        default_calendar_uid=1,
        tasks=tasks,
        links=tuple(links),
        resources=resources,
        assignments=assignments,
        status_date=draw(st.none() | MOMENTS),
        finish=draw(st.none() | MOMENTS),
        schedule_from_finish=draw(st.booleans()),
        critical_threshold_minutes=draw(st.integers(-9, 9)) * per_day,
        minutes_per_day=per_day,
        minutes_per_week=draw(st.integers(1, 10080)),
        days_per_month=draw(st.integers(1, 31)),
        currency=draw(st.sampled_from(["", "EUR", "GBP"])),
        source="Microsoft Project XML",
    )


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_what_is_written_reads_back_identically(plan):
    again = read_mspdi(BytesIO(write_mspdi(plan)))

    assert replace(again, notices=()) == plan


def test_a_standard_day_survives_the_way_out_and_back():
    plan = Plan("P", datetime(2027, 3, 1, 8), (CalendarSpec(1, "S", STANDARD_WEEK),), 1, ())

    again = read_mspdi(BytesIO(write_mspdi(plan)))

    assert again.calendars[0].week[0] == STANDARD_DAY
