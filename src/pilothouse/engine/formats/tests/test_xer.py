# SPDX-License-Identifier: Apache-2.0
"""Reading and writing Primavera XER: each part, the dialects, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarException, CalendarSpec, WorkWeek
from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.tests import xer_files as xer
from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    EnteredText,
    FloatKind,
    LagCalendar,
    LagKind,
    LagOrigin,
    Link,
    LinkType,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ProgressMode,
    ResourceRate,
    ScheduleRules,
    StoredDates,
    TaskBaseline,
    WorkType,
)
from pilothouse.engine.testing import plan_chart


def one(**more):
    (found,) = xer.read(xer.document(xer.task(1, **more))).tasks
    return found


def test_a_small_project_comes_over_whole():
    plan = xer.read(
        xer.document(
            xer.task(1, task_name="Dredge", wbs_id=101),
            xer.task(2, task_name="Pour", wbs_id=102, remain_drtn_hr_cnt="12,5"),
            wbs=(
                xer.ROOT,
                {
                    "wbs_id": 102,
                    "proj_id": 7,
                    "seq_num": 2,
                    "parent_wbs_id": 100,
                    "wbs_name": "Slab",
                },
                {
                    "wbs_id": 101,
                    "proj_id": 7,
                    "seq_num": 1,
                    "parent_wbs_id": 100,
                    "wbs_name": "Bed",
                },
            ),
            more=[("TASKPRED", xer.link(1, 2, "PR_SS", 4))],
        )
    )

    assert (plan.name, plan.start, plan.currency) == ("Quay 7", datetime(2027, 3, 1, 8), "EUR")
    assert plan.status_date == datetime(2027, 3, 1, 8)
    assert [(t.uid, t.name, t.outline_level, t.summary) for t in plan.tasks] == [
        (101, "Bed", 1, True),
        (1, "Dredge", 2, False),
        (102, "Slab", 1, True),
        (2, "Pour", 2, False),
    ]
    assert plan.tasks[3].duration_minutes == 750
    assert plan.links == (Link(1, 2, LinkType.SS, 240),)
    assert plan.calendars == (CalendarSpec(1, "Five days", STANDARD_WEEK),)
    assert plan.notices == ()


@pytest.mark.parametrize(
    ("kind", "milestone", "effort", "own_calendar"),
    [
        ("TT_Task", False, False, True),
        ("TT_Rsrc", False, False, False),
        ("TT_Mile", True, False, True),
        ("TT_FinMile", True, False, True),
        ("TT_LOE", False, True, True),
    ],
)
def test_types_of_activities(kind, milestone, effort, own_calendar):
    found = one(task_type=kind)

    assert (found.milestone, found.level_of_effort) == (milestone, effort)
    assert found.ignore_resource_calendar is own_calendar
    assert found.calendar_uid == (1 if own_calendar else None)


def test_a_wbs_summary_becomes_the_row_of_its_wbs():
    inside = {"wbs_id": 101, "proj_id": 7, "parent_wbs_id": 100, "wbs_name": "Bed"}
    plan = xer.read(
        xer.document(
            xer.task(1, wbs_id=101, task_type="TT_WBS", early_start_date="2027-03-02 08:00"),
            xer.task(2, wbs_id=101),
            xer.task(3, task_type="TT_WBS"),
            wbs=(xer.ROOT, inside),
            more=[("TASKPRED", xer.link(1, 3)), ("TASKRSRC", {"taskrsrc_id": 5, "task_id": 1})],
        )
    )

    assert [(t.uid, t.summary, t.level_of_effort) for t in plan.tasks] == [
        (3, False, True),
        (101, True, False),
        (2, False, False),
    ]
    assert plan.tasks[1].stored.early_start == datetime(2027, 3, 2, 8)
    assert plan.links == ()
    assert plan.assignments[0].task_uid == 101
    assert [n.message for n in plan.notices] == [
        "A WBS summary without a row of its own is read as level of effort.",
        "The WBS summary is read as the row of its WBS.",
        "A link of a WBS summary is left out.",
    ]


def test_a_wbs_without_activities_is_left_out_and_a_number_that_is_taken_is_replaced():
    plan = xer.read(
        xer.document(
            xer.task(101, wbs_id=101),
            wbs=(
                xer.ROOT,
                {"wbs_id": 101, "proj_id": 7, "parent_wbs_id": 100, "wbs_name": "Bed"},
                {"wbs_id": 102, "proj_id": 7, "parent_wbs_id": 100, "wbs_name": "Idle"},
            ),
        )
    )

    assert [(t.uid, t.name) for t in plan.tasks] == [(102, "Bed"), (101, "Task 101")]
    assert [n.message for n in plan.notices] == ["It holds no activities; left out."]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("CS_MSOA", "", (ConstraintType.SNET, 8, False, None)),
        ("CS_MSOB", "", (ConstraintType.SNLT, 8, False, None)),
        ("CS_MEOA", "", (ConstraintType.FNET, 8, False, None)),
        ("CS_MEOB", "", (ConstraintType.FNLT, 8, False, None)),
        ("CS_MSO", "", (ConstraintType.MSO, 8, False, None)),
        ("CS_MEO", "", (ConstraintType.MFO, 8, False, None)),
        ("CS_MANDSTART", "", (ConstraintType.MSO, 8, True, None)),
        ("CS_MANDFIN", "", (ConstraintType.MFO, 8, True, None)),
        ("CS_ALAP", "", (ConstraintType.ALAP, None, False, None)),
        ("CS_MSOA", "CS_MEOB", (ConstraintType.SNET, 8, False, 9)),
        ("CS_MEOB", "CS_MSOA", (ConstraintType.SNET, 9, False, 8)),
        ("", "CS_MEOB", (ConstraintType.FNLT, 9, False, None)),
    ],
)
def test_constraints_and_the_second_one_as_deadline(first, second, expected):
    found = one(
        cstr_type=first,
        cstr_date="2027-03-08 08:00" if first else "",
        cstr_type2=second,
        cstr_date2="2027-03-09 08:00" if second else "",
    )

    constraint, day, hard, deadline = expected
    assert (found.constraint, found.constraint_hard) == (constraint, hard)
    assert found.constraint_date == (day and datetime(2027, 3, day, 8))
    assert found.deadline == (deadline and datetime(2027, 3, deadline, 8))


def test_two_constraints_that_pin_one_date_are_one_and_others_are_told():
    date8, date9 = "2027-03-08 08:00", "2027-03-09 08:00"
    pinned = one(cstr_type="CS_MSOB", cstr_date=date8, cstr_type2="CS_MSOA", cstr_date2=date8)
    plan = xer.read(
        xer.document(
            xer.task(
                1, cstr_type="CS_MSOA", cstr_date=date8, cstr_type2="CS_MSOB", cstr_date2=date9
            ),
            xer.task(2, cstr_type="CS_MSOA"),
            xer.task(3, cstr_type="CS_NEW"),
        )
    )

    assert (pinned.constraint, pinned.deadline) == (ConstraintType.MSO, None)
    assert [(n.field, n.message) for n in plan.notices] == [
        ("cstr_type2", "A second constraint, SNLT 2027-03-09 08:00:00, is left out."),
        ("cstr_date", "CS_MSOA has no date; left out."),
        ("cstr_type", "Constraint ‘CS_NEW’ is not known; left out."),
    ]


def begun(**more):
    row = {
        "status_code": "TK_Active",
        "act_start_date": "2027-02-25 08:00",
        "target_drtn_hr_cnt": 40,
        "remain_drtn_hr_cnt": 30,
        "act_work_qty": 5,
        "remain_work_qty": 15,
        "phys_complete_pct": 60,
    }
    return one(**{**row, **more})


@pytest.mark.parametrize(
    ("kind", "percent", "ours"),
    [
        ("CP_Drtn", 25, PercentType.DURATION),
        ("CP_Units", 25, PercentType.WORK),
        ("CP_Phys", 60, PercentType.PHYSICAL),
    ],
)
def test_percentages_by_their_type(kind, percent, ours):
    found = begun(complete_pct_type=kind)

    assert (found.percent_type, found.percent_complete) == (ours, percent)
    assert found.physical_percent == 60
    assert (found.work_minutes, found.actual_work_minutes) == (1200, 300)


def test_progress_of_begun_suspended_and_finished_work():
    active = begun()
    suspended = begun(suspend_date="2027-02-25 17:00", resume_date="2027-03-04 08:00")
    done = one(
        status_code="TK_Complete",
        act_start_date="2027-02-25 08:00",
        act_end_date="2027-02-26 12:00",
        remain_drtn_hr_cnt=0,
        early_start_date="2027-03-01 08:00",
        total_float_hr_cnt=16,
    )

    assert (active.actual_duration_minutes, active.remaining_minutes) == (960, 1800)
    assert active.duration_minutes == 2760
    assert suspended.actual_duration_minutes == 480
    assert suspended.stop == datetime(2027, 2, 25, 17)
    assert suspended.resume == datetime(2027, 3, 4, 8)
    assert (done.percent_complete, done.duration_minutes) == (100, 720)
    assert done.stored == StoredDates(datetime(2027, 2, 25, 8), datetime(2027, 2, 26, 12))


def test_stored_dates_and_what_the_file_calls_critical():
    dates = {
        "early_start_date": "2027-03-02 08:00",
        "early_end_date": "2027-03-02 17:00",
        "late_start_date": "2027-03-03 08:00",
        "late_end_date": "2027-03-03 17:00",
        "total_float_hr_cnt": 8,
        "free_float_hr_cnt": 4,
        "driving_path_flag": "Y",
    }
    longest = {**xer.PROJECT, "critical_path_type": "CT_DrivPath"}
    by_path = xer.read(xer.document(xer.task(1, **dates), projects=(longest,)))

    assert one(**dates).stored == StoredDates(
        datetime(2027, 3, 2, 8),
        datetime(2027, 3, 2, 17),
        datetime(2027, 3, 2, 8),
        datetime(2027, 3, 2, 17),
        datetime(2027, 3, 3, 8),
        datetime(2027, 3, 3, 17),
        480,
        240,
        critical=False,
        longest_path=True,
    )
    assert by_path.tasks[0].stored.critical is True
    assert by_path.rules == ScheduleRules(critical_by=CriticalKind.LONGEST_PATH)
    assert by_path.notices == ()


@pytest.mark.parametrize(
    ("code", "calendar", "kind"),
    [
        ("rcal_Predecessor", LagCalendar.PREDECESSOR, LagKind.WORKING),
        ("rcal_Successor", LagCalendar.SUCCESSOR, LagKind.WORKING),
        ("rcal_ProjDefault", LagCalendar.PROJECT, LagKind.WORKING),
        ("rcal_24Hour", None, LagKind.ELAPSED),
    ],
)
def test_the_calendar_of_lags(code, calendar, kind):
    plan = xer.read(
        xer.document(
            xer.task(1),
            xer.task(2),
            more=[
                ("TASKPRED", xer.link(1, 2, lag=-8)),
                (
                    "SCHEDOPTIONS",
                    {"proj_id": 7, "sched_calendar_on_relationship_lag": code},
                ),
            ],
        )
    )

    assert plan.lag_calendar is calendar
    assert plan.links == (Link(1, 2, LinkType.FS, -480, kind),)
    assert read_xer(BytesIO(write_xer(plan))).links == plan.links
    assert plan.notices == ()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("FT_Min", FloatKind.SMALLEST), ("FT_SS", FloatKind.START), ("FT_FF", FloatKind.FINISH)],
)
def test_the_options_of_the_schedule_are_read_and_written(code, kind):
    options = {
        "proj_id": 7,
        "sched_retained_logic": "N",
        "sched_progress_override": "Y",
        "sched_open_critical_flag": "Y",
        "sched_lag_early_start_flag": "N",
        "sched_float_type": code,
        "sched_use_expect_end_flag": "Y",
        "sched_outer_depend_type": "SD_None",
    }
    plan = xer.read(xer.document(xer.task(1), more=[("SCHEDOPTIONS", options)]))

    assert plan.notices == ()
    assert plan.rules == ScheduleRules(
        ProgressMode.PROGRESS_OVERRIDE,
        kind,
        open_ends_critical=True,
        start_lag_from=LagOrigin.ACTUAL_START,
        expected_finishes=True,
        external_dates=False,
    )
    assert read_xer(BytesIO(write_xer(plan))).rules == plan.rules


@pytest.mark.parametrize(
    ("options", "expected_finishes", "external_dates"),
    [
        ({"sched_use_expect_end_flag": "N", "sched_outer_depend_type": "SD_Both"}, False, True),
        ({"sched_use_expect_end_flag": "Y"}, True, True),
        ({"sched_outer_depend_type": "SD_None"}, False, False),
    ],
)
def test_expected_finishes_and_dates_of_other_projects_are_read_with_their_options(
    options, expected_finishes, external_dates
):
    dates = {
        "expect_end_date": "2027-03-05 17:00",
        "external_early_start_date": "2027-03-02 08:00",
        "external_late_end_date": "2027-03-04 17:00",
    }
    plan = xer.read(
        xer.document(xer.task(1, **dates), more=[("SCHEDOPTIONS", {"proj_id": 7, **options})])
    )

    (found,) = plan.tasks
    assert (found.expected_finish, found.external_early_start, found.external_late_finish) == (
        datetime(2027, 3, 5, 17),
        datetime(2027, 3, 2, 8),
        datetime(2027, 3, 4, 17),
    )
    assert plan.rules.expected_finishes is expected_finishes
    assert plan.rules.external_dates is external_dates
    assert plan.notices == ()


def test_options_that_we_do_not_follow_are_told():
    options = {"proj_id": 7, "sched_retained_logic": "N", "sched_float_type": "FT_Odd"}
    plan = xer.read(xer.document(xer.task(1), more=[("SCHEDOPTIONS", options)]))

    assert [n.field for n in plan.notices] == ["sched_float_type", "sched_retained_logic"]
    assert plan.rules == ScheduleRules()


def calendar(text, **more):
    row = {**xer.CALENDAR, "clndr_data": text, **more}
    (spec,) = xer.read(xer.document(calendars=(row,))).calendars
    return spec


def test_exceptions_are_days_from_1899_12_30_and_neighbours_are_joined():
    spec = calendar(
        xer.data(
            exceptions="(0||0(d|46380)())(0||1(d|46381)())"
            "(0||2(d|46386)((0||0(s|09:00|f|12:00)())))"
        )
    )

    assert spec.exceptions == (
        CalendarException(date(2026, 12, 24), date(2026, 12, 25), ()),
        CalendarException(date(2026, 12, 30), date(2026, 12, 30), ((540, 720),)),
    )


def test_blanks_and_breaks_between_the_parts_of_a_calendar_mean_nothing():
    text = xer.data().replace("(0||", "\x7f\x7f  (0||")

    assert calendar(text).week == STANDARD_WEEK


def test_midnight_is_the_end_of_a_day_and_shifts_over_it_belong_to_two():
    night = "((0||0(s|22:00|f|06:00)()))"
    always = calendar(xer.data(dict.fromkeys(range(1, 8), "((0||0(s|00:00|f|00:00)()))")))
    spec = calendar(xer.data({2: night, 3: night}, exceptions="(0||0(d|46454)())"))

    assert always.week == (((0, 1440),),) * 7
    assert spec.week == (
        ((1320, 1440),),
        ((0, 360), (1320, 1440)),
        ((0, 360),),
        (),
        (),
        (),
        (),
    )
    # Monday 2027-03-08 is off: so is its night, which ends on Tuesday.
    assert spec.exceptions == (
        CalendarException(date(2027, 3, 8), date(2027, 3, 8), ()),
        CalendarException(date(2027, 3, 9), date(2027, 3, 9), ((1320, 1440),)),
    )


def test_a_calendar_on_another_inherits_the_days_it_does_not_name():
    own = {
        "clndr_id": 2,
        "clndr_name": "Crew",
        "base_clndr_id": 1,
        "clndr_data": "(0||CalendarData()((0||DaysOfWeek()((0||7()((0||0(s|08:00|f|12:00)())))))))",
    }
    plan = xer.read(xer.document(calendars=(xer.CALENDAR, own)))

    crew = plan.calendars[1]
    assert crew.base_uid == 1
    assert crew.week == (None, None, None, None, None, ((480, 720),), None)


def test_overlapping_shifts_are_joined_and_a_missing_week_is_told():
    plan = xer.read(
        xer.document(
            calendars=(
                {
                    **xer.CALENDAR,
                    "clndr_data": xer.data(
                        {2: "((0||0(s|08:00|f|12:00)())(0||1(s|11:00|f|13:00)()))"}
                    ),
                },
                {"clndr_id": 2, "clndr_name": "Empty", "clndr_data": ""},
            )
        )
    )

    assert plan.calendars[0].week[0] == ((480, 780),)
    assert plan.calendars[1].week == STANDARD_WEEK
    assert [n.message for n in plan.notices] == [
        "Shifts of a day overlap; they are joined.",
        "The week is missing; Monday to Friday is taken.",
    ]


def test_resources_roles_rates_and_assignments():
    plan = xer.read(
        xer.document(
            xer.task(1),
            more=[
                (
                    "RSRC",
                    {
                        "rsrc_id": 3,
                        "clndr_id": 1,
                        "rsrc_name": "Mason",
                        "rsrc_short_name": "MAS",
                        "rsrc_type": "RT_Labor",
                        "email_addr": "m@example.org",
                    },
                    {"rsrc_id": 4, "rsrc_name": "Sand", "rsrc_type": "RT_Mat", "clndr_id": 9},
                ),
                ("ROLES", {"role_id": 3, "role_name": "Diver", "role_short_name": "DIV"}),
                (
                    "RSRCRATE",
                    {
                        "rsrc_id": 3,
                        "max_qty_per_hr": 2,
                        "cost_per_qty": "31.50",
                        "start_date": "2027-01-01 00:00",
                    },
                    {
                        "rsrc_id": 3,
                        "max_qty_per_hr": 3,
                        "cost_per_qty": 33,
                        "start_date": "2028-01-01 00:00",
                    },
                ),
                (
                    "TASKRSRC",
                    {
                        "taskrsrc_id": 1,
                        "task_id": 1,
                        "proj_id": 7,
                        "rsrc_id": 3,
                        "remain_qty": 12,
                        "act_reg_qty": 3,
                        "act_ot_qty": 1,
                        "remain_qty_per_hr": "0.5",
                        "remain_cost": 100,
                        "target_start_date": "2027-03-01 08:00",
                    },
                    {
                        "taskrsrc_id": 2,
                        "task_id": 1,
                        "proj_id": 7,
                        "rsrc_id": 4,
                        "remain_qty": 40,
                        "act_reg_qty": 2,
                    },
                    {"taskrsrc_id": 3, "task_id": 1, "proj_id": 7, "role_id": 3, "remain_qty": 1},
                ),
                ("PROJCOST", {"task_id": 1, "proj_id": 7, "act_cost": 5, "remain_cost": 2}),
                ("TASKACTV", {"task_id": 1}),
            ],
        )
    )

    rates = (
        ResourceRate(datetime(2027, 1, 1), Decimal("31.50")),
        ResourceRate(datetime(2028, 1, 1), Decimal(33)),
    )
    assert plan.resources == (
        PlanResource(3, "Mason", "work", 1, Decimal(2), "MAS", "m@example.org", rates),
        PlanResource(4, "Sand", "material"),
        PlanResource(5, "Diver", initials="DIV"),
    )
    assert plan.assignments == (
        PlanAssignment(1, 1, 3, Decimal("0.5"), 960, 240, 720, start=datetime(2027, 3, 1, 8)),
        PlanAssignment(2, 1, 4, Decimal(42)),
        PlanAssignment(3, 1, 5, Decimal(1), 60, 0, 60),
    )
    assert plan.tasks[0].cost == 107
    assert [n.message for n in plan.notices] == [
        "There is no calendar 9; the plan's is taken.",
        "The role is read as a resource.",
        "1 rows are not read.",
    ]


def test_costs_that_add_up_to_more_than_a_number_can_be_are_refused():
    rows = [{"task_id": 1, "proj_id": 7, "remain_cost": "9" * 15} for _ in range(2)]
    text = xer.document(xer.task(1), more=[("PROJCOST", *rows)])

    with pytest.raises(FormatError, match="remain_cost makes a sum that is out of range"):
        xer.read(text)


def test_copies_of_the_project_are_its_baselines():
    copies = tuple(
        {**xer.PROJECT, "proj_id": uid, "orig_proj_id": 7, "proj_short_name": f"B{uid}"}
        for uid in (8, 9)
    )
    plan = xer.read(
        xer.document(
            xer.task(1, task_code="A10"),
            xer.task(2, task_code="A20"),
            xer.task(
                3,
                proj_id=8,
                task_code="A10",
                early_start_date="2027-03-01 08:00",
                early_end_date="2027-03-01 17:00",
            ),
            xer.task(4, proj_id=9, task_code="A10", remain_drtn_hr_cnt=16),
            projects=({**xer.PROJECT, "sum_base_proj_id": 9}, *copies),
        )
    )

    assert [task.uid for task in plan.tasks] == [1, 2]
    assert plan.tasks[0].baselines == (
        TaskBaseline(0, None, None, 960, 0, None),
        TaskBaseline(1, datetime(2027, 3, 1, 8), datetime(2027, 3, 1, 17), 480, 0, None),
    )
    assert plan.tasks[1].baselines == ()


def with_baselines(*of_tasks):
    """A plan of a summary with two tasks below it, which have these baselines."""
    plan = plan_chart("A 2 | |\nB 0 | | A").plan
    first, second = plan.tasks
    top = PlanTask(9, "Quay", 1, "1", summary=True)
    tasks = (
        top,
        replace(first, outline_level=2, wbs="A1", baselines=of_tasks[0]),
        replace(second, outline_level=2, baselines=of_tasks[1]),
    )
    return replace(plan, tasks=tasks)


def test_baselines_come_back_and_are_no_projects_to_choose_from():
    planned = (datetime(2027, 3, 1, 8), datetime(2027, 3, 2, 17), 960, 600, Decimal("12.5"))
    moved = (datetime(2027, 3, 8, 8), None, 480, 0, None)
    plan = with_baselines(
        (TaskBaseline(0, *planned), TaskBaseline(1, *moved)), (TaskBaseline(1, *moved),)
    )
    notices = []

    again = read_xer(BytesIO(write_xer(plan, notices)))

    assert notices == []
    assert [task.name for task in again.tasks] == ["Quay", "A", "B"]
    assert [task.baselines for task in again.tasks] == [
        (),
        *(task.baselines for task in plan.tasks[1:]),
    ]
    assert [task.cost for task in again.tasks] == [None, None, None]
    assert write_xer(again) == write_xer(plan)


def test_numbers_of_baselines_close_up_and_those_of_summaries_are_left_out():
    plan = with_baselines((TaskBaseline(3, work_minutes=60),), (TaskBaseline(7),))
    top = replace(plan.tasks[0], baselines=(TaskBaseline(0),))
    plan = replace(plan, tasks=(top, *plan.tasks[1:]))
    notices = []

    again = read_xer(BytesIO(write_xer(plan, notices)))

    assert [notice.message for notice in notices] == [
        "Those of 1 summaries are left out.",
        "Baseline 3 comes back as 1.",
        "Baseline 7 comes back as 2.",
    ]
    assert [task.baselines for task in again.tasks] == [
        (),
        (TaskBaseline(1, None, None, 0, 60, None),),
        (TaskBaseline(2, None, None, 0, 0, None),),
    ]


def test_baselines_need_numbers_that_are_free():
    plan = with_baselines((TaskBaseline(0),), ())
    top = replace(plan.tasks[0], uid=2**31 - 1)

    with pytest.raises(FormatError, match="too many numbers") as caught:
        write_xer(replace(plan, tasks=(top, *plan.tasks[1:])))

    assert caught.value.code == "xer.limit"


def test_one_of_several_projects_is_read_by_number_or_short_name():
    other = {**xer.PROJECT, "proj_id": 8, "proj_short_name": "PIER"}
    text = xer.document(
        xer.task(1),
        xer.task(2, proj_id=8, wbs_id=200),
        projects=(xer.PROJECT, other),
        wbs=(xer.ROOT, {**xer.ROOT, "wbs_id": 200, "proj_id": 8, "wbs_name": "Pier 8"}),
        more=[("TASKPRED", xer.link(2, 1, pred_proj_id=8))],
    )

    quay, pier = xer.read(text, project="7"), xer.read(text, project="PIER")

    assert (quay.name, [t.uid for t in quay.tasks]) == ("Quay 7", [1])
    assert (pier.name, [t.uid for t in pier.tasks]) == ("Pier 8", [2])
    assert [n.message for n in quay.notices] == ["A link to another project is left out."]


def test_projects_that_were_not_exported_are_not_offered():
    other = {**xer.PROJECT, "proj_id": 8, "export_flag": "N"}
    plan = xer.read(
        xer.document(xer.task(1), projects=({**xer.PROJECT, "export_flag": "Y"}, other))
    )

    assert [t.uid for t in plan.tasks] == [1]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_text_is_read_in_both_encodings(encoding):
    text = xer.document(xer.task(1, task_name="Überbau – Größe"))

    assert xer.read(text.encode(encoding)).tasks[0].name == "Überbau – Größe"


def test_another_encoding_is_named_and_bytes_without_meaning_are_told():
    text = xer.document(xer.task(1, task_name="Причал"))

    assert xer.read(text.encode("cp1251"), encoding="cp1251").tasks[0].name == "Причал"
    doubtful = xer.read(
        xer.document(xer.task(1, task_name="x")).encode().replace(b"x\t", b"\x81\t")
    )
    assert [n.field for n in doubtful.notices] == ["encoding"]


def test_a_row_broken_over_lines_is_one_row():
    text = xer.document(xer.task(1, task_name="Pour\r\nslab"), xer.task(2))

    assert [t.name for t in xer.read(text).tasks] == ["Pour slab", "Task 2"]


def test_notes_lose_their_marks_and_keep_their_lines():
    memo = {
        "memo_id": 1,
        "task_id": 1,
        "proj_id": 7,
        "task_memo": "<HTML><BODY>Tide &lt; 2 m\x7f\x7fAsk Tess</BODY></HTML>",
    }
    plan = xer.read(xer.document(xer.task(1), more=[("TASKMEMO", memo)]))

    assert plan.tasks[0].notes == "Tide < 2 m\nAsk Tess"
    assert read_xer(BytesIO(write_xer(plan))).tasks[0].notes == "Tide < 2 m\nAsk Tess"


def whole_plan():
    """A plan with everything that XER can hold as we write it."""
    at = datetime(2027, 3, 1, 8)
    summary = PlanTask(10, "Bed", 1, "BED", summary=True)
    dig = PlanTask(
        1,
        "Dig – deep",
        2,
        "A1",
        duration_minutes=960,
        calendar_uid=1,
        ignore_resource_calendar=True,
        constraint=ConstraintType.MSO,
        constraint_date=at,
        constraint_hard=True,
        deadline=datetime(2027, 3, 5, 17),
        priority=700,
        work_type=WorkType.FIXED_WORK,
        work_minutes=480,
        actual_work_minutes=100,
        cost=Decimal("12.5"),
        percent_complete=Decimal(50),
        actual_start=at,
        actual_duration_minutes=480,
        remaining_minutes=480,
        notes="Mind the cable",
        expected_finish=datetime(2027, 3, 2, 17),
        stored=StoredDates(
            at, datetime(2027, 3, 2, 17), at, datetime(2027, 3, 2, 17), at, at, 0, 0, True, True
        ),
    )
    pour = PlanTask(
        2,
        "Pour",
        2,
        "A2",
        duration_minutes=125,
        work_type=WorkType.FIXED_UNITS,
        percent_type=PercentType.PHYSICAL,
        percent_complete=Decimal(30),
        physical_percent=Decimal(30),
        external_early_start=datetime(2027, 3, 2, 8),
        external_late_finish=datetime(2027, 3, 9, 17),
    )
    done = PlanTask(
        3, "Sound", 1, "A3", milestone=True, calendar_uid=1, ignore_resource_calendar=True
    )
    return Plan(
        "Quay 7",
        at,
        (
            CalendarSpec(
                1,
                "Office",
                STANDARD_WEEK,
                (CalendarException(date(2027, 12, 24), date(2027, 12, 31), ()),),
            ),
            CalendarSpec(2, "Crew", (None,) * 7, base_uid=1),
        ),
        1,
        (done, summary, dig, pour),
        (Link(1, 2, LinkType.SS, 60), Link(2, 3, LinkType.FS)),
        (
            PlanResource(
                1, "Mason", calendar_uid=2, initials="MAS", rates=(ResourceRate(at, Decimal(30)),)
            ),
        ),
        (PlanAssignment(1, 2, 1, Decimal("0.5"), 125, 25, 100, at, at),),
        status_date=datetime(2027, 3, 1, 17),
        finish=datetime(2027, 3, 3, 17),
        imposed_finish=datetime(2027, 3, 31, 17),
        critical_threshold_minutes=60,
        currency="EUR",
        source="Primavera XER",
        lag_calendar=LagCalendar.PREDECESSOR,
        rules=ScheduleRules(
            ProgressMode.PROGRESS_OVERRIDE,
            FloatKind.FINISH,
            CriticalKind.LONGEST_PATH,
            open_ends_critical=True,
            start_lag_from=LagOrigin.EARLY_START,
            expected_finishes=True,
            external_dates=False,
        ),
    )


def test_a_plan_that_the_format_can_hold_comes_back_the_same():
    plan = whole_plan()
    told = []

    again = read_xer(BytesIO(write_xer(plan, told)))

    assert told == []
    assert again == plan


def test_what_the_format_cannot_hold_is_told():
    plan = whole_plan()
    tasks = (
        *plan.tasks,
        PlanTask(
            20, "Whole", 1, summary=True, constraint=ConstraintType.SNET, constraint_date=plan.start
        ),
        PlanTask(
            21, "By hand", 2, manual=True, duration_minutes=60, entered=EnteredText(start="Soon")
        ),
        PlanTask(22, "Maybe", 2, active=False),
        PlanTask(23, "Cure", 2, elapsed_duration=True, duration_minutes=1440),
    )
    links = (
        *plan.links,
        Link(10, 20, LinkType.FS),
        Link(20, 3, LinkType.SS),
        Link(21, 23, LinkType.FS, lag_kind=LagKind.PERCENT, lag_percent=Decimal(50)),
        Link(23, 3, LinkType.FS, 720, LagKind.ELAPSED),
    )
    told = []

    again = read_xer(
        BytesIO(write_xer(replace(plan, tasks=tasks, links=links, schedule_from_finish=True), told))
    )

    assert [(n.place, n.field) for n in told] == [
        ("task 3 ‘Whole’", "links"),
        ("task 3.3 ‘Cure’", "links"),
        ("plan", "schedule_from_finish"),
        ("task 3 ‘Whole’", "constraint"),
        ("task 3.1 ‘By hand’", "manual"),
        ("task 3.1 ‘By hand’", "entered"),
        ("task 3.2 ‘Maybe’", "active"),
    ]
    assert {
        (link.predecessor, link.successor, link.type, link.lag_minutes) for link in again.links
    } == {
        (1, 2, LinkType.SS, 60),
        (2, 3, LinkType.FS, 0),
        (1, 21, LinkType.FS, 0),
        (2, 21, LinkType.FS, 0),
        (21, 23, LinkType.FS, 30),
        (23, 3, LinkType.FS, 720),
    }
    cure = next(t for t in again.tasks if t.uid == 23)
    assert again.calendars[-1].name == "24 hours"
    assert cure.calendar_uid == again.calendars[-1].uid


def test_work_weeks_are_written_out_day_by_day():
    summer = WorkWeek(date(2027, 7, 5), date(2027, 7, 6), (((420, 720),),) * 5 + (None, None))
    plan = replace(
        whole_plan(),
        calendars=(CalendarSpec(1, "Office", STANDARD_WEEK, (), (summer,)),),
        resources=(),
        assignments=(),
    )

    (office,) = read_xer(BytesIO(write_xer(plan))).calendars

    assert office.exceptions == (
        CalendarException(date(2027, 7, 5), date(2027, 7, 6), ((420, 720),)),
    )


def test_text_beyond_windows_1252_is_written_as_utf_8():
    plan = whole_plan()
    odd = replace(plan, tasks=(*plan.tasks, PlanTask(30, "桟橋 Ã©\tx", 1)))

    data = write_xer(odd)

    assert read_xer(BytesIO(data)).tasks[1].name == "桟橋 Ã© x"
    assert write_xer(plan).decode("cp1252").count("Dig – deep") == 1
