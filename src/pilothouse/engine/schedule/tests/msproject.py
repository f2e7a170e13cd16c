# SPDX-License-Identifier: Apache-2.0
"""Plans with the dates that Microsoft Project stored in them, and how far ours agree.

Reads the JSON extracts described in the data folder's README.
"""

import gzip
import json
from datetime import date, datetime
from pathlib import Path

from pilothouse.engine.calendars import (
    CalendarException,
    CalendarSpec,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    StoredDates,
)
from pilothouse.engine.schedule import ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.agreement import Difference, compare

WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
CONSTRAINTS = {
    "AS_SOON_AS_POSSIBLE": ConstraintType.ASAP,
    "AS_LATE_AS_POSSIBLE": ConstraintType.ALAP,
    "START_NO_EARLIER_THAN": ConstraintType.SNET,
    "START_NO_LATER_THAN": ConstraintType.SNLT,
    "FINISH_NO_EARLIER_THAN": ConstraintType.FNET,
    "FINISH_NO_LATER_THAN": ConstraintType.FNLT,
    "MUST_START_ON": ConstraintType.MSO,
    "MUST_FINISH_ON": ConstraintType.MFO,
}
HARD = {ConstraintType.SNLT, ConstraintType.FNLT, ConstraintType.MSO, ConstraintType.MFO}
FIELDS = ("early_start", "early_finish", "late_start", "late_finish")


def read_plan(path: Path) -> Plan:
    """One extract as a neutral plan; stored dates are kept beside each task."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)
    names = {calendar["name"]: calendar["uid"] for calendar in data["calendars"]}
    tasks = [task for task in data["tasks"] if task["outline"] > 0]
    uids = {task["uid"] for task in tasks}
    return Plan(
        data["source"],
        _moment(data["start"]),
        tuple(_calendar(calendar, names) for calendar in data["calendars"]),
        names[data["default_calendar"]],
        tuple(_task(task, names, data["honor_constraints"]) for task in tasks),
        tuple(
            _link(task["uid"], pred) for task in tasks for pred in task["preds"] if pred[0] in uids
        ),
        tuple(
            PlanResource(
                resource["uid"],
                resource["name"],
                resource["type"].lower(),
                names.get(resource["calendar"]),
            )
            for resource in data["resources"]
        ),
        tuple(
            PlanAssignment(number, task["uid"], resource)
            for number, (task, resource) in enumerate(
                (task, item[0]) for task in tasks for item in task["assignments"]
            )
        ),
        finish=_moment(data["finish"]),
        minutes_per_day=int(data["minutes_per_day"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _pattern(hours):
    spans = [(_minutes(first), _minutes(last) or 1440) for first, last in hours or ()]
    return tuple(sorted(span for span in spans if span[0] < span[1]))


def _calendar(data, names) -> CalendarSpec:
    week = tuple(
        None if data["days"][day]["type"] == "DEFAULT" else _pattern(data["days"][day]["hours"])
        for day in WEEK
    )
    exceptions = tuple(
        CalendarException(
            date.fromisoformat(item["from"][:10]),
            date.fromisoformat(item["to"][:10]),
            _pattern(item["hours"]),
        )
        for item in data["exceptions"]
    )
    base = names.get(data["parent"]) if data["parent"] else None
    return CalendarSpec(data["uid"], data["name"], week, exceptions, (), base)


def _task(data, names, honours: bool) -> PlanTask:
    kind = CONSTRAINTS[data["constraint"]]
    delay = data["leveling_delay"] or "0"
    return PlanTask(
        data["uid"],
        data["name"],
        data["outline"],
        data["wbs"] or "",
        summary=data["summary"],
        milestone=data["milestone"],
        duration_minutes=int(data["duration_min"] or 0),
        elapsed_duration="e" in (data["duration_text"] or ""),
        calendar_uid=names.get(data["calendar"]),
        constraint=kind,
        constraint_date=_moment(data["constraint_date"]),
        constraint_hard=honours and kind in HARD,
        deadline=_moment(data["deadline"]),
        manual=data["mode"] == "MANUALLY_SCHEDULED",
        active=data["active"],
        leveling_delay_minutes=int(float(delay.rstrip("edwhm")) * 1440),
        actual_start=_moment(data["actual_start"]),
        actual_finish=_moment(data["actual_finish"]),
        stored=StoredDates(
            _moment(data["start"]),
            _moment(data["finish"]),
            *(_moment(data[name]) for name in FIELDS),
            data["total_slack_min"],
            data["free_slack_min"],
            data["critical"],
        ),
    )


def _link(successor: int, written) -> Link:
    predecessor, kind, minutes, text = written
    elapsed = text.rstrip("dwhm").endswith("e")
    if elapsed:
        unit = {"d": 1440, "w": 10080, "h": 60, "m": 1}[text[-1]]
        minutes = float(text[:-2]) * unit
    return Link(
        predecessor,
        successor,
        LinkType(kind.lower()),
        int(minutes),
        LagKind.ELAPSED if elapsed else LagKind.WORKING,
    )


def agreement(path: Path) -> tuple[int, int, list[Difference]]:
    """Tasks, tasks that agree in every field, and the differences of one file."""
    plan = read_plan(path)
    found = list(compare(plan, schedule_plan(plan, ScheduleOptions())))
    return len(plan.tasks), len(plan.tasks) - len({item.uid for item in found}), found
