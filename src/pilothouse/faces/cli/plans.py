# SPDX-License-Identifier: Apache-2.0
"""Dates, reasons and quality of a plan file."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pilothouse.engine._compile import run_uncompiled
from pilothouse.engine.assess import Assessment, Point, assess
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.formats.files import (
    format_of,
    read_plan_file,
    write_plan_file,
    written_format,
)
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule import (
    Bound,
    Dialect,
    Explanation,
    FloatReason,
    ScheduleOptions,
    ScheduleResult,
    TaskDates,
    dialect_of,
    explain,
    moves_work,
    schedule_plan,
)
from pilothouse.engine.schedule.agreement import Difference, comparable, compare
from pilothouse.faces.cli.output import missed, moment, noted, number, print_json, print_table, tell

DIALECTS = {
    "ms": Dialect.MICROSOFT_PROJECT,
    "p6": Dialect.PRIMAVERA,
    "standard": Dialect.STANDARD,
}
SMALL = 5_000
"""Tasks up to which the loops run sooner as they stand than the compiler is loaded."""
COUNTED = ("tasks", "links", "resources", "assignments", "calendars")
"""Lists of a plan that ``convert`` counts."""
SHOWN = 20
"""Differences, tasks and notices that are printed of many; JSON has them all."""


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan of the file, at the status date that was asked for."""
    plan = read_plan_file(options.file, project=options.project)
    if options.status_date is not None:
        plan = replace(plan, status_date=options.status_date)
    return plan


def rules_of(options: argparse.Namespace, plan: Plan) -> ScheduleOptions:
    """The options of the calculation, by default those of the tool that the plan comes from.

    Work that is not done moves behind a status date that is asked for, and behind the plan's own
    where ``moves_work`` says so.
    """
    return ScheduleOptions(
        dialect=DIALECTS[options.dialect] if options.dialect else dialect_of(plan),
        work_after_status_date=options.status_date is not None or moves_work(plan),
    )


def scheduled(options: argparse.Namespace) -> tuple[Plan, ScheduleOptions, ScheduleResult]:
    """The plan of the file with its dates."""
    plan = plan_of(options)
    rules = rules_of(options, plan)
    if len(plan.tasks) <= SMALL:
        run_uncompiled()
    return plan, rules, schedule_plan(plan, rules)


def run_schedule(options: argparse.Namespace) -> int:
    """Print the dates of every task, and with ``--compare`` how they agree with the file."""
    plan, _, result = scheduled(options)
    differences = list(compare(plan, result)) if options.compare else None
    notices = (*plan.notices, *result.notices)
    if options.json:
        document = _schedule(plan, result, differences) | _found(result)
        print_json("pilothouse.schedule/1", document | {"notices": noted(notices)})
        return 0
    print_table(
        ("UID", "Early start", "Early finish", "Late start", "Late finish", "Float", "", "Task"),
        (_row(plan, result.labels[uid], uid, dates) for uid, dates in result.tasks.items()),
    )
    print(f"\n{moment(result.start)} to {moment(result.finish)}, {len(result.tasks)} tasks.")
    for found in (result.logic_conflicts, result.out_of_sequence, result.missed_deadlines):
        for item in found:
            print(item.message)
    if differences is not None:
        _print_agreement(plan, result, differences)
    tell(notices, SHOWN)
    return 0


def _row(plan: Plan, label: str, uid: int, dates: TaskDates) -> tuple[str, ...]:
    spare = dates.total_float_minutes
    days = "" if spare is None else f"{spare / plan.minutes_per_day:g} d"
    at = (dates.early_start, dates.early_finish, dates.late_start, dates.late_finish)
    return (str(uid), *map(moment, at), days, "critical" if dates.critical else "", label)


def _schedule(
    plan: Plan, result: ScheduleResult, differences: Sequence[Difference] | None
) -> dict[str, object]:
    document: dict[str, object] = {
        "project": {"start": result.start, "finish": result.finish},
        "tasks": [
            {
                "uid": task.uid,
                "name": task.name,
                "early_start": dates.early_start,
                "early_finish": dates.early_finish,
                "late_start": dates.late_start,
                "late_finish": dates.late_finish,
                "total_float_minutes": dates.total_float_minutes,
                "free_float_minutes": dates.free_float_minutes,
                "critical": dates.critical,
                "driving": list(dates.driving),
            }
            for task, dates in zip(plan.tasks, result.tasks.values(), strict=True)
        ],
    }
    if differences is not None:
        compared, agreeing = _agreement(plan, differences)
        document["agreement"] = {
            "compared": compared,
            "agreeing": agreeing,
            "differences": [
                {
                    "uid": item.uid,
                    "name": item.name,
                    "field": item.field,
                    "stored": item.stored,
                    "ours": item.ours,
                }
                for item in differences
            ],
        }
    return document


def _found(result: ScheduleResult) -> dict[str, object]:
    """What a schedule says beside its dates."""
    return {
        "critical_paths": [list(path) for path in result.critical_paths],
        "logic_conflicts": [
            {
                "predecessor": item.predecessor,
                "successor": item.successor,
                "type": item.type.value,
                "minutes": item.minutes,
                "message": item.message,
            }
            for item in result.logic_conflicts
        ],
        "out_of_sequence": [
            {
                "predecessor": item.predecessor,
                "successor": item.successor,
                "type": item.type.value,
                "message": item.message,
            }
            for item in result.out_of_sequence
        ],
        "missed_deadlines": missed(result.missed_deadlines),
    }


def _agreement(plan: Plan, differences: Sequence[Difference]) -> tuple[int, int]:
    """Tasks that could be compared, and those that agree in everything."""
    compared = comparable(plan)
    return compared, compared - len({item.uid for item in differences})


def _print_agreement(plan: Plan, result: ScheduleResult, differences: Sequence[Difference]) -> None:
    compared, agreeing = _agreement(plan, differences)
    print(f"\n{agreeing} of {compared} tasks agree with the file.")
    for name, count in Counter(item.field for item in differences).most_common():
        print(f"  {name.replace('_', ' ')} differs on {count}")
    for item in differences[:SHOWN]:
        label, field = result.labels[item.uid], item.field.replace("_", " ")
        print(f"  {label}: {field} {item.ours}, file {item.stored}")


def run_convert(options: argparse.Namespace) -> int:
    """Write the plan of one file in the format of another; tell what has no place there."""
    plan = read_plan_file(options.file, project=options.project)
    notices = (*plan.notices, *write_plan_file(plan, options.target))
    if options.json:
        document = {
            "read": format_of(options.file).name,
            "written": written_format(options.target).name,
            **{name: len(getattr(plan, name)) for name in COUNTED},
            "notices": noted(notices),
        }
        print_json("pilothouse.convert/1", document)
        return 0
    print(f"{options.target}: {len(plan.tasks)} tasks, {len(plan.links)} links.")
    tell(notices)
    return 0


def run_explain(options: argparse.Namespace) -> int:
    """Print the chains of reasons for the dates and floats of one task."""
    _, _, result = scheduled(options)
    if options.uid not in result.tasks:
        raise InvalidInput(
            "cli.task", f"The plan has no task with the uid {options.uid}; see `schedule`."
        )
    found = explain(result, options.uid)
    if not options.json:
        print(found.text)
        return 0
    print_json("pilothouse.explain/1", _explanation(found))
    return 0


def _explanation(found: Explanation) -> dict[str, object]:
    return {
        "uid": found.uid,
        "steps": [
            {
                "uid": step.uid,
                "task": step.label,
                "start": step.start,
                "finish": step.finish,
                "cause": step.cause.value,
                "sentence": step.sentence,
            }
            for step in found.steps
        ],
        "late": [
            {
                "uid": step.uid,
                "task": step.label,
                "late_start": step.late_start,
                "late_finish": step.late_finish,
                "bounds": [_bound(bound) for bound in step.bounds],
                "sentence": step.sentence,
            }
            for step in found.late
        ],
        "total_float": _float(found.total_float),
        "free_float": _float(found.free_float),
    }


def _bound(bound: Bound) -> dict[str, object]:
    return {
        "kind": bound.kind.value,
        "uid": bound.uid,
        "end": "start" if bound.at_start else "finish",
        "date": bound.date,
        "holder": bound.holder,
        "holder_date": bound.holder_date,
        "link_type": bound.link_type,
        "lag_minutes": bound.lag_minutes,
        "sentence": bound.sentence,
    }


def _float(reason: FloatReason) -> dict[str, object]:
    return {
        "minutes": reason.minutes,
        "kind": reason.kind.value,
        "uid": reason.uid,
        "date": reason.date,
        "link_type": reason.link_type,
        "lag_minutes": reason.lag_minutes,
        "sentence": reason.sentence,
    }


def run_assess(options: argparse.Namespace) -> int:
    """Print the fourteen points."""
    plan, rules, result = scheduled(options)
    found = assess(plan, rules, result=result)
    notices = (*plan.notices, *result.notices)
    if options.json:
        print_json("pilothouse.assess/1", _assessment(found) | {"notices": noted(notices)})
        return 0
    print_table(
        ("#", "Point", "", "Limit", "", ""), (_point(point, result) for point in found.points)
    )
    print(f"\n{found.passed} of {found.applicable} points pass.")
    tell(notices, SHOWN)
    return 0


def _point(point: Point, result: ScheduleResult) -> tuple[str, ...]:
    verdict = {None: "–", True: "passes", False: "fails"}[point.passed]
    value = "" if point.value is None else f"{number(point.value)} {point.unit}".strip()
    names = ", ".join(result.labels[uid] for uid in point.offenders[:3])
    more = len(point.offenders) - 3
    tail = f"{names} and {more} more" if more > 0 else names
    return str(point.number), point.name, value, point.limit, verdict, tail or point.note


def _assessment(found: Assessment) -> dict[str, object]:
    return {
        "passed": found.passed,
        "applicable": found.applicable,
        "points": [
            {
                "number": point.number,
                "name": point.name,
                "value": point.value,
                "unit": point.unit,
                "count": point.count,
                "population": point.population,
                "limit": point.limit,
                "passed": point.passed,
                "offenders": list(point.offenders),
                "also": list(point.also),
                "note": point.note,
            }
            for point in found.points
        ],
    }
