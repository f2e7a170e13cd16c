# SPDX-License-Identifier: Apache-2.0
"""Planning, starting and closing sprints; what was committed and completed is written once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.events import SprintClosed
from pilothouse.delivery.agile.ledger import moves_of, standing_of
from pilothouse.delivery.agile.models import BacklogItem, Sprint, SprintItem
from pilothouse.delivery.agile.services.backlog import entered, locked
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish

State = Sprint.State
NAMES = ("number", "name", "goal", "start", "finish", "capacity", "state")
ENTERED = ("name", "goal", "start", "finish", "capacity")


@transaction.atomic
def plan_sprint(*, actor: Actor, project: Project, values: Mapping[str, Any]) -> Sprint:
    """Plan the next sprint; without a name it is called by its number.

    Who: C on backlog. Writes: Sprint. Raises: Invalid, also where it overlaps another one.
    """
    locked(project)
    allowed = rules.require_on_backlog(actor, project, "C")
    rules.require_open(project)
    rows = Sprint.objects.filter(project=project)
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    chosen = {name: values[name] for name in ENTERED if name in values}
    row = Sprint(project=project, number=number, **chosen)
    row.name = row.name.strip() or f"Sprint {number}"
    core.create(actor=allowed, obj=row, names=NAMES, office_id=project.office_id)
    _require_apart(row)
    return row


@transaction.atomic
def change_sprint(
    *, actor: Actor, sprint: Sprint, values: Mapping[str, Any], version: int | None
) -> Sprint:
    """Change name, goal, dates or capacity of a sprint that is not over.

    Who: U on backlog. Writes: Sprint. Raises: Invalid, Conflict.
    """
    row, allowed = _taken_up(actor, sprint, version, State.PLANNED, State.ACTIVE)
    chosen = {name: values[name] for name in ENTERED if name in values}
    office = row.project.office_id
    core.change(actor=allowed, obj=row, values=chosen, version=version, office_id=office)
    _require_apart(row)
    return row


@transaction.atomic
def start_sprint(*, actor: Actor, sprint: Sprint, version: int | None, today: date) -> Sprint:
    """Start a planned sprint: the points of its items are what the team commits to.

    Who: U on backlog. Writes: Sprint, SprintItem. Raises: Invalid where another one runs, or
    where it holds nothing; Conflict.
    """
    row, allowed = _taken_up(actor, sprint, version, State.PLANNED)
    running = Sprint.objects.filter(project=row.project, state=State.ACTIVE).first()
    if running is not None:
        raise Invalid("agile.sprint_runs", f"‘{running}’ runs; close it before ‘{row}’ starts.")
    items = [item for item in row.items.all() if item.is_open]
    if not items:
        raise Invalid("agile.sprint_empty", f"‘{row}’ holds no open item; plan some into it.")
    SprintItem.objects.bulk_create(
        SprintItem(sprint=row, item=item, points=item.points, committed=True) for item in items
    )
    core.change(
        actor=allowed,
        obj=row,
        values={
            "state": State.ACTIVE,
            "started_on": today,
            "committed": sum((item.points or Decimal(0) for item in items), Decimal(0)),
        },
        version=version,
        action="sprint.start",
        office_id=row.project.office_id,
    )
    return row


@transaction.atomic
def close_sprint(
    *,
    actor: Actor,
    sprint: Sprint,
    version: int | None,
    today: date,
    forward: Sprint | None = None,
) -> Sprint:
    """Close the running sprint; what is not done goes back to the backlog, or into ``forward``.

    Who: U on backlog. Writes: Sprint, SprintItem, BacklogItem, the ledger.
    Publishes: SprintClosed, PointsChanged. Raises: Invalid, Conflict.
    """
    row, allowed = _taken_up(actor, sprint, version, State.ACTIVE)
    if forward is not None and (forward.project_id, forward.state) != (
        row.project_id,
        State.PLANNED,
    ):
        message = f"‘{forward}’ is no planned sprint of this project."
        raise Invalid("agile.forward", message, fields={"forward": message})
    items = list(row.items.select_related("project").order_by("rank"))
    done = [item for item in items if item.state == BacklogItem.State.DONE]
    _write_results(row, items, forward)
    _leave(allowed, [item for item in items if item not in done], row, forward, today)
    core.change(
        actor=allowed,
        obj=row,
        values={
            "state": State.CLOSED,
            "closed_on": today,
            "completed": sum((item.points or Decimal(0) for item in done), Decimal(0)),
        },
        version=version,
        action="sprint.close",
        office_id=row.project.office_id,
    )
    publish(SprintClosed(row.project_id, row.pk))
    return row


@transaction.atomic
def cancel_sprint(*, actor: Actor, sprint: Sprint, version: int | None, today: date) -> Sprint:
    """Take a planned sprint out; its items go back to the backlog.

    Who: U on backlog. Writes: Sprint, BacklogItem, the ledger. Raises: Invalid, Conflict.
    """
    row, allowed = _taken_up(actor, sprint, version, State.PLANNED)
    _leave(allowed, list(row.items.select_related("project")), row, None, today)
    core.change(
        actor=allowed,
        obj=row,
        values={"state": State.CANCELLED},
        version=version,
        action="sprint.cancel",
        office_id=row.project.office_id,
    )
    return row


def _taken_up(
    actor: Actor, sprint: Sprint, version: int | None, *states: State
) -> tuple[Sprint, Actor]:
    """The sprint, locked and in one of these states, and as whom the actor changes it."""
    locked(sprint.project)
    row = core.lock(Sprint.objects.select_related("project__portfolio__org_unit"), sprint.pk)
    core.require_version(row, version)
    allowed = rules.require_on_backlog(actor, row.project, "U")
    rules.require_open(row.project)
    if row.state not in states:
        wanted = " or ".join(state.label.lower() for state in states)
        raise Invalid(
            "agile.sprint_state",
            f"‘{row}’ is {row.get_state_display().lower()}; for this it must be {wanted}.",
        )
    return row, allowed


def _require_apart(row: Sprint) -> None:
    """Two sprints of a team never run on the same day."""
    others = Sprint.objects.filter(
        project=row.project, start__lte=row.finish, finish__gte=row.start
    )
    other = others.exclude(pk=row.pk).exclude(state=State.CANCELLED).first()
    if other is not None:
        message = (
            f"‘{other}’ lies from {other.start} to {other.finish}, on the same days; "
            "choose other ones."
        )
        raise Invalid("agile.sprint_overlap", message, fields={"start": message})


def _write_results(row: Sprint, items: list[BacklogItem], forward: Sprint | None) -> None:
    """Write what became of each item, once and for all."""
    result = SprintItem.Result
    there = {item.pk: item for item in items}
    known = {known.item_id: known for known in row.rows.all()}
    left = result.BACK if forward is None else result.FORWARD
    for number, known_row in known.items():
        item = there.get(number)
        if item is None:
            known_row.result = result.OUT
        else:
            known_row.result = result.DONE if item.state == BacklogItem.State.DONE else left
    core.save_many(list(known.values()), ("result",))
    SprintItem.objects.bulk_create(
        SprintItem(
            sprint=row,
            item=item,
            points=item.points,
            committed=False,
            result=result.DONE if item.state == BacklogItem.State.DONE else left,
        )
        for item in items
        if item.pk not in known
    )


def _leave(
    allowed: Actor, items: list[BacklogItem], row: Sprint, forward: Sprint | None, today: date
) -> None:
    """Take items out of a sprint that ends."""
    moves = []
    for item in items:
        before = standing_of(item)
        core.change(
            actor=allowed,
            obj=item,
            values={"sprint": forward},
            version=None,
            action="backlogitem.left_sprint",
            reason=f"‘{row}’ ended",
            office_id=row.project.office_id,
        )
        moves += moves_of(item, before, today, closing=True)
    entered(row.project, moves)
