# SPDX-License-Identifier: Apache-2.0
"""A plan that leaves as a file: for another planning tool, or for a spreadsheet."""

from __future__ import annotations

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.queries import existing_plan
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import can_on_project, sees_budget
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import TYPES, write_csv, write_xlsx

FILES = {
    "xml": "application/xml",
    "xer": "application/octet-stream",
    "json": "application/json",
    **TYPES,
}
"""Kinds of file in which a plan leaves, and what they are called on the way."""


def plan_file(*, actor: Actor, project: Project, kind: str = "xml") -> tuple[str, bytes]:
    """The plan as it stands now as a file of one of ``FILES``, with a name for it.

    Who: R on task; costs only with R on budget, mail addresses only with R on resource.
    Raises: NotFound, Invalid for a kind that is not written.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = existing_plan(project)
    code = "".join(char if char.isalnum() and char.isascii() else "-" for char in project.code)
    name = f"{code}-plan-{row.plan_version}.{kind}"
    if kind in TYPES:
        return name, _table(row, kind)
    if kind not in FILES:
        message = f"A plan leaves as {', '.join(FILES)}; ‘{kind[:20]}’ is none of these."
        raise Invalid("planning.file", message, fields={"as": message})
    plan = bridge.with_guids(bridge.load_plan(row), mark_of(row))
    if not sees_budget(actor, project):
        plan = bridge.without_costs(plan)
    if not can_on_project(actor, project, "R", "resource"):
        plan = bridge.without_addresses(plan)
    return name, bridge.write_file(plan, kind)


def whole_plan(row: ProjectPlan) -> Plan:
    """The plan as it stands now, complete, for calculations of the floors above.

    Who: whoever was let in by them; it holds costs and addresses.
    """
    return bridge.load_plan(row)


def mark_of(row: ProjectPlan) -> str:
    """What tells this plan from any other, in other installations too."""
    return f"{row.pk} {row.created_at.isoformat()}"


def _table(row: ProjectPlan, kind: str) -> bytes:
    """The rows as a spreadsheet; there is neither money nor an address in it."""
    columns = "uid", "baseline_start", "baseline_finish", "finish_variance_minutes"
    promised = {
        uid: (bridge.wall(start), bridge.wall(finish), late)
        for uid, start, finish, late in Task.objects.filter(plan=row).values_list(*columns)
    }
    rows = bridge.plan_table(as_stored(row), promised, mark_of(row))
    if kind == "csv":
        return write_csv(rows, bridge.HEADER)
    note = f"{row.name}, version {row.plan_version} of the plan, computed by engine "
    return write_xlsx(rows, bridge.HEADER, sheet="Plan", notes=[note + row.engine_version])
