# SPDX-License-Identifier: Apache-2.0
"""Tasks, links, resources and assignments from their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.formats.bounds import MAX_MEASURED_DAYS, MAX_UNITS, MAX_WORK_MINUTES
from pilothouse.engine.formats.guids import read_short_guid
from pilothouse.engine.formats.xer.scan import Limits
from pilothouse.engine.formats.xer.values import Row
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    Notice,
    PercentType,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ResourceRate,
    StoredDates,
    WorkType,
)

CONSTRAINTS = {
    "CS_ALAP": (ConstraintType.ALAP, False),
    "CS_MSOA": (ConstraintType.SNET, False),
    "CS_MSOB": (ConstraintType.SNLT, False),
    "CS_MEOA": (ConstraintType.FNET, False),
    "CS_MEOB": (ConstraintType.FNLT, False),
    "CS_MSO": (ConstraintType.MSO, False),
    "CS_MEO": (ConstraintType.MFO, False),
    "CS_MANDSTART": (ConstraintType.MSO, True),
    "CS_MANDFIN": (ConstraintType.MFO, True),
}
"""Code → our constraint, and whether it holds against the links."""

LINK_TYPES = {
    "PR_FS": LinkType.FS,
    "PR_SS": LinkType.SS,
    "PR_FF": LinkType.FF,
    "PR_SF": LinkType.SF,
}
WORK_TYPES = {
    "DT_FixedDrtn": WorkType.FIXED_DURATION,
    "DT_FixedDUR2": WorkType.FIXED_DURATION,
    "DT_FixedQty": WorkType.FIXED_WORK,
    "DT_FixedRate": WorkType.FIXED_UNITS,
}
PERCENT_TYPES = {
    "CP_Drtn": PercentType.DURATION,
    "CP_Units": PercentType.WORK,
    "CP_Phys": PercentType.PHYSICAL,
}
PRIORITIES = {
    "PT_Top": 900,
    "PT_High": 700,
    "PT_Normal": 500,
    "PT_Low": 300,
    "PT_Lowest": 100,
}
RESOURCE_KINDS = {"RT_Labor": "work", "RT_Equip": "work", "RT_Mat": "material"}
MILESTONES = frozenset({"TT_Mile", "TT_FinMile"})
TASK_TYPES = MILESTONES | {"TT_Task", "TT_Rsrc", "TT_LOE", "TT_WBS"}
NOT_STARTED, STARTED, COMPLETE = "TK_NotStart", "TK_Active", "TK_Complete"

Pair = tuple[ConstraintType, datetime | None, bool]
_NONE: Pair = (ConstraintType.ASAP, None, False)


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows of tasks need to know of the rest of the file."""

    limits: Limits
    notices: list[Notice]
    status_date: datetime | None
    calendars: Mapping[int, WorkingTime]
    default_calendar: int
    threshold_minutes: int
    by_longest_path: bool
    costs: Mapping[int, Decimal]
    memos: Mapping[int, str]

    def known(self, row: Row, name: str, table: Mapping[str, object], default: str) -> str:
        """A code of the table; an unknown one becomes the default, with a notice."""
        code = row.text(name)
        if code in table:
            return code
        if code:
            self.notices.append(
                row.notice(name, f"‘{code[:40]}’ is not known; {default} is taken.")
            )
        return default


def read_task(row: Row, uid: int, level: int, around: Around) -> PlanTask:
    """One activity; its dates are bounded, its state is that of the file."""
    kind = row.text("task_type")
    if kind not in TASK_TYPES:
        row.refuse("value", "task_type", f"is ‘{kind[:40]}’, which is not known")
    status = row.text("status_code")
    if status not in (NOT_STARTED, STARTED, COMPLETE):
        row.refuse("value", "status_code", f"is ‘{status[:40]}’, which is not known")
    calendar = _calendar(row, kind, around)
    actual_start, actual_finish = row.moment("act_start_date"), row.moment("act_end_date")
    actual_start, actual_finish = _state(row, status, actual_start, actual_finish, around)
    planned = _duration(row, "target_drtn_hr_cnt") or 0
    remaining = _duration(row, "remain_drtn_hr_cnt")
    left = planned if remaining is None else remaining
    done = _worked(row, actual_start, actual_finish, calendar, planned - left, around)
    constraint, date, hard, deadline = _constraints(row, around)
    percent_type = PERCENT_TYPES[around.known(row, "complete_pct_type", PERCENT_TYPES, "CP_Drtn")]
    work, actual_work = _work(row)
    return PlanTask(
        uid=uid,
        name=row.name("task_name", around.limits.name_length),
        outline_level=level,
        wbs=row.text("task_code")[:100],
        milestone=kind in MILESTONES,
        duration_minutes=done + (0 if actual_finish else left),
        calendar_uid=calendar,
        ignore_resource_calendar=kind != "TT_Rsrc",
        constraint=constraint,
        constraint_date=date,
        constraint_hard=hard,
        deadline=deadline,
        level_of_effort=kind in ("TT_LOE", "TT_WBS"),
        priority=PRIORITIES[around.known(row, "priority_type", PRIORITIES, "PT_Normal")],
        work_type=WORK_TYPES[around.known(row, "duration_type", WORK_TYPES, "DT_FixedDUR2")],
        work_minutes=work,
        actual_work_minutes=actual_work,
        cost=around.costs.get(row.uid("task_id")),
        percent_complete=_percent(row, percent_type, actual_start, actual_finish),
        physical_percent=_physical(row, percent_type),
        actual_start=actual_start,
        actual_finish=actual_finish,
        actual_duration_minutes=done if actual_start else None,
        remaining_minutes=0 if actual_finish else left if actual_start else None,
        stop=row.moment("suspend_date"),
        resume=row.moment("resume_date"),
        notes=around.memos.get(row.uid("task_id"), ""),
        stored=_stored(row, actual_start, actual_finish, around),
        percent_type=percent_type,
        expected_finish=row.moment("expect_end_date"),
        external_early_start=row.moment("external_early_start_date"),
        external_late_finish=row.moment("external_late_end_date"),
        guid=read_short_guid(row.text("guid")),
    )


def _calendar(row: Row, kind: str, around: Around) -> int | None:
    uid = row.optional_uid("clndr_id")
    if uid is None:
        uid = around.default_calendar
    if uid not in around.calendars:
        row.refuse("missing_calendar", "clndr_id", f"is {uid}, but there is no such calendar")
    return None if kind == "TT_Rsrc" and uid == around.default_calendar else uid


def _state(
    row: Row,
    status: str,
    start: datetime | None,
    finish: datetime | None,
    around: Around,
) -> tuple[datetime | None, datetime | None]:
    """Actual dates that fit the state; the state of the file decides."""
    if status == NOT_STARTED and (start or finish):
        around.notices.append(
            row.notice("act_start_date", "The task is not started; its actual dates are left out.")
        )
        return None, None
    if status == STARTED and finish:
        around.notices.append(
            row.notice("act_end_date", "The task is not finished; the date is left out.")
        )
        finish = None
    if status == STARTED and start is None:
        row.refuse("missing", "act_start_date", "is missing, but the task has started")
    if status == COMPLETE and finish is None:
        row.refuse("missing", "act_end_date", "is missing, but the task is complete")
    if start and finish and finish < start:
        row.refuse("date", "act_end_date", f"is {finish}, before the actual start {start}")
    return start or finish, finish


def _duration(row: Row, name: str) -> int | None:
    minutes = row.minutes(name)
    if minutes is not None and minutes < 0:
        row.refuse("value", name, f"is {minutes / 60:g} hours; a duration is 0 or more")
    return minutes


def _worked(
    row: Row,
    start: datetime | None,
    finish: datetime | None,
    calendar: int | None,
    otherwise: int,
    around: Around,
) -> int:
    """Working minutes from the actual start to the actual finish, else to the data date."""
    until = finish or row.moment("suspend_date") or around.status_date
    if start is None:
        return 0
    if until is None or (until - start).days > MAX_MEASURED_DAYS:
        return max(0, otherwise)
    working = around.calendars[around.default_calendar if calendar is None else calendar]
    return max(0, working.diff(start, until))


def _constraints(
    row: Row, around: Around
) -> tuple[ConstraintType, datetime | None, bool, datetime | None]:
    """Both constraints of the file as our constraint and deadline.

    A finish no later than a date bounds only the late finish, as our deadline does; and two
    that pin the same date from both sides are one.
    """
    first = _constraint(row, "cstr_type", "cstr_date", around)
    second = _constraint(row, "cstr_type2", "cstr_date2", around)
    if second[0] is ConstraintType.ASAP:
        return (*first, None)
    if first[0] is ConstraintType.ASAP:
        return (*second, None)
    if second[0] is ConstraintType.FNLT:
        return (*first, second[1])
    if first[0] is ConstraintType.FNLT:
        return (*second, first[1])
    kinds = {first[0], second[0]}
    if first[1] == second[1] and kinds == {ConstraintType.SNET, ConstraintType.SNLT}:
        return ConstraintType.MSO, first[1], False, None
    around.notices.append(
        row.notice(
            "cstr_type2",
            f"A second constraint, {second[0].upper()} {second[1] or ''}, is left out.",
        )
    )
    return (*first, None)


def _constraint(row: Row, kind: str, date: str, around: Around) -> Pair:
    code = row.text(kind)
    if not code:
        return _NONE
    found = CONSTRAINTS.get(code)
    if found is None:
        around.notices.append(row.notice(kind, f"Constraint ‘{code[:40]}’ is not known; left out."))
        return _NONE
    constraint, hard = found
    if constraint is ConstraintType.ALAP:
        return constraint, None, False
    moment = row.moment(date)
    if moment is None:
        around.notices.append(row.notice(date, f"{code} has no date; left out."))
        return _NONE
    return constraint, moment, hard


def _work(row: Row) -> tuple[int, int]:
    """Work of labour and equipment in minutes: in all at completion, and done."""
    done, left = Decimal(0), Decimal(0)
    for kind in ("work", "equip"):
        done += row.number(f"act_{kind}_qty") or 0
        left += row.number(f"remain_{kind}_qty") or 0
    return _whole_minutes(row, done + left), _whole_minutes(row, done)


def _whole_minutes(row: Row, hours: Decimal) -> int:
    minutes = int((hours * 60).to_integral_value(ROUND_HALF_UP))
    if abs(minutes) > MAX_WORK_MINUTES:
        row.refuse("value", "act_work_qty", f"is {hours} hours in all, which is out of range")
    return max(0, minutes)


def _percent(
    row: Row,
    kind: PercentType,
    start: datetime | None,
    finish: datetime | None,
) -> Decimal:
    if finish is not None:
        return Decimal(100)
    if kind is PercentType.PHYSICAL:
        return _share(row, "phys_complete_pct")
    if start is None:
        return Decimal(0)
    if kind is PercentType.WORK:
        work, done = _work(row)
        return _part(done, work)
    planned = row.number("target_drtn_hr_cnt") or Decimal(0)
    left = row.number("remain_drtn_hr_cnt")
    return _part(planned - (planned if left is None else left), planned)


def _part(done: Decimal | int, whole: Decimal | int) -> Decimal:
    if whole <= 0:
        return Decimal(0)
    share = min(max(100 * Decimal(done) / whole, Decimal(0)), Decimal(100))
    return share.quantize(Decimal("0.01"), ROUND_HALF_UP).normalize() + 0


def _share(row: Row, name: str) -> Decimal:
    value = row.number(name) or Decimal(0)
    if not 0 <= value <= 100:
        row.refuse("value", name, f"is {value}, which is not between 0 and 100")
    return value


def _physical(row: Row, kind: PercentType) -> Decimal | None:
    value = _share(row, "phys_complete_pct")
    return value if value or kind is PercentType.PHYSICAL else None


def _stored(
    row: Row, start: datetime | None, finish: datetime | None, around: Around
) -> StoredDates:
    """Of finished work there are no early and late dates: Primavera shows the data date there."""
    longest = {"Y": True, "N": False}.get(row.text("driving_path_flag"))
    if finish is not None:
        return StoredDates(start=start, finish=finish, longest_path=longest)
    early_start, early_finish = row.moment("early_start_date"), row.moment("early_end_date")
    total = row.minutes("total_float_hr_cnt")
    critical = None if total is None else total <= around.threshold_minutes
    return StoredDates(
        start=start or early_start or row.moment("target_start_date"),
        finish=early_finish or row.moment("target_end_date"),
        early_start=early_start,
        early_finish=early_finish,
        late_start=row.moment("late_start_date"),
        late_finish=row.moment("late_end_date"),
        total_float_minutes=total,
        free_float_minutes=row.minutes("free_float_hr_cnt"),
        critical=longest if around.by_longest_path else critical,
        longest_path=longest,
    )


def read_link(row: Row, elapsed: bool) -> Link:
    """One relationship; with ``elapsed`` every lag runs 24 hours a day."""
    kind = LINK_TYPES.get(row.text("pred_type"))
    if kind is None:
        row.refuse("value", "pred_type", f"is ‘{row.text('pred_type')[:40]}’, which is not known")
    lag = row.minutes("lag_hr_cnt") or 0
    return Link(
        row.uid("pred_task_id"),
        row.uid("task_id"),
        kind,
        lag,
        LagKind.ELAPSED if elapsed and lag else LagKind.WORKING,
    )


def read_resource(
    row: Row, uid: int, rates: list[Row], day: datetime | None, around: Around
) -> PlanResource:
    """A resource; its most units are those of the rate that holds on the day, else of the first."""
    calendar = row.optional_uid("clndr_id")
    if calendar is not None and calendar not in around.calendars:
        around.notices.append(
            row.notice("clndr_id", f"There is no calendar {calendar}; the plan's is taken.")
        )
        calendar = None
    dated = sorted(
        ((start, rate) for rate in rates if (start := rate.moment("start_date"))),
        key=lambda pair: pair[0],
    )
    holding = [rate for start, rate in dated if day and start <= day] or [
        rate for _, rate in dated[:1]
    ]
    units = _units(holding[-1], "max_qty_per_hr") if holding else _units(row, "def_qty_per_hr")
    return PlanResource(
        uid,
        row.name("rsrc_name", around.limits.name_length) or f"Resource {uid}",
        RESOURCE_KINDS[around.known(row, "rsrc_type", RESOURCE_KINDS, "RT_Labor")],
        calendar,
        Decimal(1) if units is None else units,
        row.text("rsrc_short_name")[:20],
        row.text("email_addr")[:254],
        tuple(
            ResourceRate(start, cost)
            for start, rate in dated
            if (cost := rate.number("cost_per_qty")) is not None
        ),
    )


def _units(row: Row, name: str) -> Decimal | None:
    value = row.number(name)
    if value is not None and not 0 <= value <= MAX_UNITS:
        row.refuse("value", name, f"is {value}, which is out of range")
    return value


def read_assignment(row: Row, uid: int, task: int, resource: PlanResource | None) -> PlanAssignment:
    """An assignment; of material the units are the whole quantity, and there is no work."""
    done = (row.number("act_reg_qty") or Decimal(0)) + (row.number("act_ot_qty") or Decimal(0))
    left = row.number("remain_qty") or Decimal(0)
    start = row.moment("act_start_date") or row.moment("restart_date")
    finish = row.moment("act_end_date") or row.moment("reend_date")
    start, finish = (
        start or row.moment("target_start_date"),
        finish or row.moment("target_end_date"),
    )
    resource_uid = None if resource is None else resource.uid
    if resource is not None and resource.kind == "material":
        quantity = min(max(done + left, Decimal(0)), MAX_UNITS)
        return PlanAssignment(uid, task, resource_uid, quantity, start=start, finish=finish)
    units = _units(row, "remain_qty_per_hr") or _units(row, "target_qty_per_hr")
    return PlanAssignment(
        uid,
        task,
        resource_uid,
        Decimal(1) if units is None else units,
        _whole_minutes(row, done + left),
        _whole_minutes(row, done),
        _whole_minutes(row, left),
        start,
        finish,
    )


def cost_of(row: Row) -> Decimal | None:
    """What an assignment or an expense costs at completion; None where no amount is given."""
    amounts = [
        amount
        for name in ("act_reg_cost", "act_ot_cost", "act_cost", "remain_cost")
        if (amount := row.number(name)) is not None
    ]
    return sum(amounts, Decimal(0)) if amounts else None
