# SPDX-License-Identifier: Apache-2.0
"""Calls of the engine: read a file, schedule, explain, write a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from uuid import UUID, uuid5

from django.conf import settings

from pilothouse.delivery.planning.calendars import office_calendar
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.errors import EngineError, InvalidInput
from pilothouse.engine.formats.files import PlanFormat, format_of, read_plan_file, write_plan_file
from pilothouse.engine.formats.mspdi import read_mspdi
from pilothouse.engine.formats.plan_json import Limits, read_plan_json, write_plan_json
from pilothouse.engine.network.plan import Notice, Plan
from pilothouse.engine.schedule import (
    Dialect,
    Explanation,
    ScheduleOptions,
    ScheduleResult,
    dialect_of,
    explain,
    schedule_plan,
    stand,
    stand_again,
)
from pilothouse.foundation.core.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from pilothouse.engine.network import Outline
    from pilothouse.engine.schedule.standing import Standing

_Result = TypeVar("_Result")
_OURS = UUID("6f0c2c0e-5d5b-4e0c-9a57-5c1f5f0f7a11")
"""The name space of GUIDs that are made here."""
_CONVERTING, _PATIENCE = BoundedSemaphore(2), 10
_ARCHIVED = Limits(bytes=2**31, brackets=10**9, values=10**9)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A plan with its computed dates and what was noticed on the way.

    ``standing`` is what the next schedule after an edit starts from, where one is expected.
    ``summed`` says that its summaries hold the sums of what lies inside them.
    """

    plan: Plan
    result: ScheduleResult
    notices: tuple[Notice, ...]
    standing: Standing | None = None
    summed: bool = False


def read_file(
    source: BinaryIO, project: Project, file_name: str = "", file_project: str = ""
) -> tuple[Plan, PlanFormat]:
    """The plan in a file of any kind that is known, and the kind.

    ``file_project`` names one of several projects in a Primavera file. Raises Invalid, which says
    what is wrong and where. Rates of resources are not kept here, and a notice says so.
    """
    try:
        kind = format_of(source, file_name)
        with nullcontext() if kind.own else _a_place_to_convert():
            plan = read_plan_file(
                source,
                file_name,
                project=file_project,
                formats=(kind,),
                most_bytes=settings.PILOTHOUSE_UPLOAD_MAX_BYTES,
                default_calendar=office_calendar(project),
            )
    except EngineError as error:
        raise refused(error) from error
    priced = sum(bool(row.rates) for row in plan.resources)
    if priced:
        notice = Notice("plan", "rates", f"The rates of {priced:,} resources are left out.")
        plan = replace(plan, notices=(*plan.notices, notice))
    return plan, kind


@contextmanager
def _a_place_to_convert() -> Iterator[None]:
    """A converter takes half a gigabyte and a processor; more than two at once are refused."""
    if not _CONVERTING.acquire(timeout=_PATIENCE):
        raise Unavailable(
            "planning.busy",
            "Other files are being converted; nothing was read. Send the file again in a minute, "
            "or save the plan as Microsoft Project XML.",
        )
    try:
        yield
    finally:
        _CONVERTING.release()


def schedule(plan: Plan, *, work_after_status_date: bool) -> Scheduled:
    """Dates of the plan by the rules of the tool that it comes from, to compare with its file.

    Where resources of one task have no common working time, those of Microsoft Project give no
    date; then every task runs on its own calendar, and a notice says so.
    """
    result, notices = by_rules_of(
        plan, work_after_status_date, lambda options: schedule_plan(plan, options)
    )
    return Scheduled(plan, result, (*notices, *result.notices))


def schedule_to_edit(
    plan: Plan,
    *,
    work_after_status_date: bool,
    before: Scheduled | None = None,
    outline: Outline | None = None,
) -> Scheduled:
    """As ``schedule``, kept for the next edit, and after one started from the schedule before.

    Critical paths are not listed. ``outline`` is that of the plan, where it is known.
    """
    if not plan.tasks:
        return schedule(plan, work_after_status_date=work_after_status_date)
    then = None if before is None else before.standing

    def calculate(options: ScheduleOptions) -> Standing | None:
        return stand(plan, options) if then is None else stand_again(then, plan, options, outline)

    standing, notices = by_rules_of(plan, work_after_status_date, calculate)
    assert standing is not None
    return Scheduled(plan, standing.result, (*notices, *standing.result.notices), standing)


def by_rules_of(
    plan: Plan, work_after_status_date: bool, calculate: Callable[[ScheduleOptions], _Result]
) -> tuple[_Result, tuple[Notice, ...]]:
    """What is calculated by the rules of the plan's tool, and what had to be left out of them."""
    options = ScheduleOptions(
        dialect=dialect_of(plan), work_after_status_date=work_after_status_date
    )
    try:
        return calculate(options), ()
    except InvalidInput as error:
        if error.code != "calendar.no_working_time":
            raise refused(error) from error
        reason = error.message
    except EngineError as error:
        raise refused(error) from error
    options = replace(options, dialect=Dialect.STANDARD)
    try:
        result = calculate(options)
    except EngineError as error:
        raise refused(error) from error
    notice = Notice(
        "plan",
        "calendars",
        f"{reason} Resource calendars are therefore not used for any task of this plan.",
    )
    return result, (notice,)


def end_of(scheduled: Scheduled, row: int) -> tuple[datetime, int | None]:
    """Finish and total float of the task in a row, where nobody asks why."""
    standing = scheduled.standing
    if standing is not None:
        return standing.finish_of(row), standing.float_of(row)
    dates = scheduled.result.tasks[scheduled.plan.tasks[row].uid]
    return dates.finish, dates.total_float_minutes


def explain_task(scheduled: Scheduled, uid: int) -> Explanation:
    """The chain of reasons for the dates of one task."""
    if uid not in scheduled.result.tasks:
        raise NotFound("planning.task", "There is no such task in this plan.")
    return explain(scheduled.result, uid)


def with_guids(plan: Plan, mark: str) -> Plan:
    """The plan with a GUID of each task; where no tool gave one, it follows from mark and uid.

    The same mark gives the same GUIDs ever after, so that a file that left here is known when it
    comes back.
    """
    tasks = tuple(
        task if task.guid else replace(task, guid=str(uuid5(_OURS, f"{mark} {task.uid}")).upper())
        for task in plan.tasks
    )
    return replace(plan, tasks=tasks)


def without_costs(plan: Plan) -> Plan:
    """The plan as those see it to whom the budget is not open."""
    tasks = tuple(
        replace(
            task,
            cost=None,
            baselines=tuple(replace(baseline, cost=None) for baseline in task.baselines),
        )
        for task in plan.tasks
    )
    return replace(plan, tasks=tasks)


def without_addresses(plan: Plan) -> Plan:
    """The plan as those see it to whom people are not open as resource."""
    return replace(plan, resources=tuple(replace(row, email="") for row in plan.resources))


def write_file(plan: Plan, kind: str = "xml") -> bytes:
    """The plan as a file: ``xml`` of Microsoft Project, ``xer`` of Primavera, ``json``."""
    target = BytesIO()
    write_plan_file(plan, target, f"plan.{kind}")
    return target.getvalue()


def archive(plan: Plan) -> bytes:
    """The plan as a file that loses nothing; `read_archive` gives it back."""
    return write_plan_json(plan)


def read_archive(data: bytes) -> Plan:
    """The plan that was kept, however large it is; earlier ones are Microsoft Project XML."""
    if data.startswith(b"{"):
        return read_plan_json(BytesIO(data), limits=_ARCHIVED)
    return read_mspdi(BytesIO(data))


def refused(error: EngineError) -> Invalid:
    """What the engine refuses, as pages and API tell it."""
    return Invalid(error.code, error.message, fields={"file": error.message})
