# SPDX-License-Identifier: Apache-2.0
"""Templates as stored ↔ the engine's; a plan, or rows of one, from a template."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pilothouse.delivery.planning.bridge.engine import Scheduled, archive, read_archive, schedule
from pilothouse.delivery.planning.patterns import PlanTemplate
from pilothouse.engine.blueprints import Template, inserted, instantiate, make_template
from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import Plan, PlanTask
from pilothouse.foundation.core.errors import Invalid


def templated(scheduled: Scheduled, root: int | None, roles: Mapping[int, str]) -> dict[str, Any]:
    """The columns of a template of a plan, or of the branch of a row. Raises Invalid.

    ``roles`` are the names of roles by the uid of the resource.
    """
    dates = scheduled.result.tasks
    start = dates[root].start if root in dates and root is not None else scheduled.plan.start
    try:
        made = make_template(scheduled.plan, start, root)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"root": error.message}) from error
    plan = instantiate(made, start, roles)
    bare = make_template(plan, plan.start).plan
    time = compile_calendars(bare.calendars)[bare.default_calendar_uid]
    finish = schedule(plan, work_after_status_date=False).result.finish
    return {
        "plan": zlib.compress(archive(bare), 6),
        "offsets": {str(uid): dict(found) for uid, found in made.offsets.items()},
        "tasks": sum(not task.summary for task in bare.tasks),
        "roles": len(bare.resources),
        "length_minutes": time.diff(plan.start, finish),
        "minutes_per_day": bare.minutes_per_day,
    }


def template_of(row: PlanTemplate, fields: Collection[str] = ()) -> Template:
    """A template as the engine takes it, with the own fields of tasks that there still are."""
    offsets = {int(uid): found for uid, found in row.offsets.items()}
    plan = read_archive(zlib.decompress(bytes(row.plan)))
    tasks = tuple(
        replace(task, custom=tuple(pair for pair in task.custom if pair[0] in fields))
        for task in plan.tasks
    )
    return Template(replace(plan, tasks=tasks), offsets)


def from_template(
    template: Template, start: datetime, names: Mapping[int, str], same: Mapping[int, int]
) -> Plan:
    """The plan that a template gives from a day on."""
    return instantiate(template, start, names, same)


def with_template(
    plan: Plan,
    template: Template,
    start: datetime,
    after: int | None,
    resources: Mapping[int, int],
    last_uid: int,
) -> Plan:
    """A plan with the rows of a template below one of its rows. Raises Invalid."""
    try:
        return inserted(plan, template, start, after, resources, last_uid)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"after": error.message}) from error


def rows_in(template: Template) -> list[tuple[PlanTask, str, str]]:
    """Rows with what they wait for and who does them, to be read."""
    plan = template.plan
    place = {task.uid: number for number, task in enumerate(plan.tasks, 1)}
    roles = {role.uid: role.name for role in plan.resources}
    waits: dict[int, list[str]] = {}
    for link in plan.links:
        kind = "" if link.type.value == "fs" else link.type.value.upper()
        days = link.lag_minutes / plan.minutes_per_day
        lag = f"{days:+g}d" if days else ""
        text = f"{place[link.predecessor]}{kind or ('FS' if lag else '')}{lag}"
        waits.setdefault(link.successor, []).append(text)
    does: dict[int, list[str]] = {}
    for item in plan.assignments:
        if item.resource_uid is not None:
            does.setdefault(item.task_uid, []).append(roles[item.resource_uid])
    return [
        (task, "; ".join(waits.get(task.uid, [])), ", ".join(does.get(task.uid, [])))
        for task in plan.tasks
    ]
