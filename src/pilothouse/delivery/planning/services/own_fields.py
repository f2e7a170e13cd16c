# SPDX-License-Identifier: Apache-2.0
"""Values of the fields that an office added to tasks, as an edit gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.queries import own_fields_of
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.network.plan import Notice, Plan, PlanTask
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.services import clean_custom

_MOST_TOLD = 20


def with_own_fields(project: Project, steps: Sequence[bridge.Step]) -> Sequence[bridge.Step]:
    """The steps with each value written as its field is; no query where none gives one.

    Raises: Invalid naming the step where there is no such field, or its value is of another kind.
    """
    if not any(step.get("do") == "custom" for step in steps):
        return steps
    fields = _fields_of(project)
    return [
        {**step, "value": _value(fields, step, number)} if step.get("do") == "custom" else step
        for number, step in enumerate(steps)
    ]


def values_taken(project: Project, plan: Plan, present: Plan | None = None) -> Plan:
    """The plan of a file with the values of own fields as their kinds are written.

    What is in the plan that is present stays as it is; what names no field of the office is left
    out, with a notice. Raises: Invalid naming the task where a value is of another kind.
    """
    held = {task.uid: dict(task.custom) for task in present.tasks} if present else {}
    new = {task.uid: task for task in plan.tasks if dict(task.custom) != held.get(task.uid, {})}
    if not any(task.custom for task in new.values()):
        return plan
    fields = _fields_of(project)
    unknown: Counter[str] = Counter()
    taken: dict[int, dict[str, str]] = {}
    for uid, task in new.items():
        there, taken[uid] = held.get(uid, {}), {}
        for key, value in task.custom:
            if there.get(key) == value:
                taken[uid][key] = value
            elif key in fields:
                taken[uid][key] = _of_task(fields, task, key, value)
            else:
                unknown[key] += 1
    return bridge.with_own_values(plan, taken, list(_left_out(unknown)))


def _fields_of(project: Project) -> dict[str, CustomField]:
    return {row.key: row for row in own_fields_of(project)}


def _of_task(fields: dict[str, CustomField], task: PlanTask, key: str, value: str) -> str:
    try:
        return _written(fields, key, value)
    except Invalid as refused:
        message = (
            f"Task {task.uid} ‘{task.name[:100]}’ has no value of the field ‘{key[:40]}’. "
            f"{refused.message}"
        )
        raise Invalid("planning.own_field", message, fields={"file": message}) from None


def _left_out(unknown: Counter[str]) -> Iterator[Notice]:
    for key, count in unknown.most_common(_MOST_TOLD):
        what = f"The office has no field ‘{key[:100]}’ of tasks; left out, {count:,} in all."
        yield Notice("plan", "custom", what)
    if len(unknown) > _MOST_TOLD:
        what = f"{len(unknown) - _MOST_TOLD:,} more such fields are left out."
        yield Notice("plan", "custom", what)


def _value(fields: dict[str, CustomField], step: bridge.Step, number: int) -> str:
    key = str(step.get("key"))
    try:
        return _written(fields, key, step.get("value"))
    except Invalid as refused:
        message = f"This is no value of the field ‘{key[:40]}’. {refused.message}"
        fault = {f"steps.{number}": message}
        raise Invalid("planning.own_field", message, fields=fault) from None


def _written(fields: dict[str, CustomField], key: str, value: object) -> str:
    """A value as its field is written. Raises: Invalid."""
    clean = clean_custom(fields, {key: value}).get(key, "")
    if isinstance(clean, bool):
        return "yes" if clean else "no"
    return f"{clean:.15g}" if isinstance(clean, float) else str(clean)
