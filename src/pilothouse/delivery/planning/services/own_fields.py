# SPDX-License-Identifier: Apache-2.0
"""Values of the fields that an office added to tasks, as an edit gives them."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.queries import custom_fields
from pilothouse.foundation.organisation.services import clean_custom


def with_own_fields(project: Project, steps: Sequence[bridge.Step]) -> Sequence[bridge.Step]:
    """The steps with each value written as its field is; no query where none gives one.

    Raises: Invalid naming the step where there is no such field, or its value is of another kind.
    """
    if not any(step.get("do") == "custom" for step in steps):
        return steps
    rows = custom_fields([project.office_id], CustomField.Of.TASK)
    fields = {row.key: row for row in rows}
    return [
        {**step, "value": _value(fields, step, number)} if step.get("do") == "custom" else step
        for number, step in enumerate(steps)
    ]


def _value(fields: dict[str, CustomField], step: bridge.Step, number: int) -> str:
    key = str(step.get("key"))
    try:
        value = clean_custom(fields, {key: step.get("value")}).get(key, "")
    except Invalid as refused:
        message = f"This is no value of the field ‘{key[:40]}’. {refused.message}"
        fault = {f"steps.{number}": message}
        raise Invalid("planning.own_field", message, fields=fault) from None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
