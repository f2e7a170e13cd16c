# SPDX-License-Identifier: Apache-2.0
"""Files that Primavera P6 8.2 and 20.12 wrote (data/primavera)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest

from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.network.plan import ConstraintType, LagCalendar
from pilothouse.engine.schedule import Dialect, ScheduleOptions, schedule_plan

pytestmark = pytest.mark.shared_data


def read(folder, name):
    with (folder / "primavera" / f"{name}.xer").open("rb") as source:
        return read_xer(source)


def test_every_file_is_read_and_written_back_the_same(shared_data):
    files = sorted((shared_data / "primavera").glob("*.xer"))

    assert len(files) == 4
    for path in files:
        plan = read(shared_data, path.stem)
        again = read_xer(BytesIO(write_xer(plan)))
        assert again == replace(plan, notices=()), path.stem


@pytest.mark.parametrize(
    ("name", "calendar"),
    [
        ("PredecessorCalendar", LagCalendar.PREDECESSOR),
        ("ProjectDefaultCalendar", LagCalendar.PROJECT),
        ("TwentyFourHourCalendar", None),
    ],
)
def test_the_lag_calendar_and_the_finished_task_of_the_small_projects(shared_data, name, calendar):
    plan = read(shared_data, name)
    (task,) = plan.tasks
    (days,) = plan.calendars

    assert plan.lag_calendar is calendar
    assert (plan.name, plan.start) == ("TEST PROJECT", datetime(2019, 5, 6, 8))
    assert (task.constraint, task.percent_complete) == (ConstraintType.SNET, 100)
    assert (task.actual_start, task.actual_finish) == (
        datetime(2019, 6, 10, 8),
        datetime(2019, 6, 12, 17),
    )
    assert task.duration_minutes == 3 * 480
    assert sum((item.last - item.first).days + 1 for item in days.exceptions) == 14
    assert plan.notices == ()


def test_what_primavera_calls_a_task_for_good_is_read_and_written(shared_data):
    plan = read(shared_data, "PredecessorCalendar")
    guids = {task.name: task.guid for task in plan.tasks}

    assert guids["Test"] == "00902B77-650D-3642-9449-A4D8AC58CAF8"
    assert {task.name: task.guid for task in read_xer(BytesIO(write_xer(plan))).tasks} == guids


def test_rates_and_costs_of_a_resource(shared_data):
    plan = read(shared_data, "resource-rates-test")
    (task,), (resource,) = plan.tasks, plan.resources

    assert [(rate.start.year, rate.cost_per_hour) for rate in resource.rates] == [
        (2022, Decimal(1)),
        (2023, Decimal(21)),
    ]
    assert task.cost == 27_600
    assert len(plan.assignments) == 5
    assert [notice.field for notice in plan.notices] == ["cost_per_qty2", "ROLERATE"]


def test_our_dates_are_those_of_primavera(shared_data):
    options = ScheduleOptions(dialect=Dialect.PRIMAVERA)
    for path in sorted((shared_data / "primavera").glob("*.xer")):
        plan = read(shared_data, path.stem)
        dates = schedule_plan(plan, options).tasks
        for task in plan.tasks:
            ours = dates[task.uid]
            assert (ours.start, ours.finish) == (task.stored.start, task.stored.finish), path.stem
