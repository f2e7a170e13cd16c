# SPDX-License-Identifier: Apache-2.0
"""Templates: kept from a plan, named, retired; and plans begun or filled from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import PlanEdit, PlanResource, PlanTemplate, ProjectPlan
from pilothouse.delivery.planning.queries import existing_plan, own_fields_of, roles_of
from pilothouse.delivery.planning.services.edits import EditOutcome, begun, save_edit
from pilothouse.delivery.planning.services.plans import locked_plan
from pilothouse.delivery.planning.services.stored import as_stored, stored
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.queries import office_people

TEMPLATE_NAME = 120
People = Mapping[int, User]
"""Uid of a role → who fills it."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A row of a template as it is read."""

    number: int
    name: str
    level: int
    summary: bool
    milestone: bool
    duration_days: Decimal
    waits_for: str
    roles: str
    offset_days: Decimal | None
    deadline_days: Decimal | None


@dataclass(frozen=True, slots=True)
class TemplateTold:
    """What a template holds: its rows, and its roles by uid; ``work`` are those of people."""

    rows: Sequence[TemplateRow]
    roles: Mapping[int, str]
    work: Mapping[int, str]


@transaction.atomic
def keep_template(
    *,
    actor: Actor,
    project: Project,
    name: str,
    kind: str = "",
    purpose: str = "",
    root: int | None = None,
    roles: Mapping[int, str] | None = None,
) -> PlanTemplate:
    """Keep the plan of a project, or the branch of a row, as a template of its office.

    A template of the same name is retired, and this is its next version. ``roles`` name the
    roles that resources become; others are called as ``roles_of`` says.

    Who: C on template of the office, and R on task. Writes: PlanTemplate. Raises: Invalid.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    actor = rules.require_templates(actor, project, "C")
    name = _named(name)
    office = project.office_id
    core.lock(Project.objects.all(), project.pk)
    known = PlanTemplate.objects.select_for_update().filter(office_id=office, name=name)
    number = (known.aggregate(last=Max("number"))["last"] or 0) + 1
    for row in known.filter(retired=False):
        _change(actor, row, {"retired": True}, None, "plantemplate.retire")
    plan = existing_plan(project)
    called = {uid: role for uid, _name, role in roles_of(plan)} | dict(roles or {})
    values = bridge.templated(as_stored(plan), root, called)
    return core.create(
        actor=actor,
        obj=PlanTemplate(
            office_id=office,
            name=name,
            number=number,
            kind=kind.strip()[:80],
            purpose=purpose.strip(),
            source=f"{project.code} {project.name}"[:200],
            **values,
        ),
        names=("name", "number", "kind", "source"),
        office_id=office,
    )


@transaction.atomic
def change_template(
    *,
    actor: Actor,
    project: Project,
    template: PlanTemplate,
    name: str,
    kind: str,
    purpose: str,
    retired: bool,
    version: int | None,
) -> PlanTemplate:
    """Name a template anew, say what it is for, retire it or bring it back.

    Who: U on template of the office. Writes: PlanTemplate. Raises: Invalid, Conflict.
    """
    actor = rules.require_templates(actor, project, "U")
    name = _named(name)
    others = PlanTemplate.objects.filter(office_id=template.office_id, name=name)
    others = others.exclude(pk=template.pk)
    if name == template.name:
        others = others.none() if retired else others.filter(retired=False)
    if others.exists():
        message = "Another template of this office has this name."
        raise Invalid("planning.template_name", message, fields={"name": message})
    values = {
        "name": name,
        "kind": kind.strip()[:80],
        "purpose": purpose.strip(),
        "retired": retired,
    }
    _change(actor, template, values, version, "plantemplate.update")
    return template


def read_template(template: PlanTemplate) -> TemplateTold:
    """What a template holds, to be shown to whoever may see it."""
    made = bridge.template_of(template)
    per_day = made.plan.minutes_per_day
    return TemplateTold(
        [
            TemplateRow(
                number,
                task.name,
                task.outline_level,
                task.summary,
                task.milestone,
                Decimal(task.duration_minutes) / per_day,
                waits,
                roles,
                _days(made.offsets.get(task.uid, {}).get("constraint_date"), per_day),
                _days(made.offsets.get(task.uid, {}).get("deadline"), per_day),
            )
            for number, (task, waits, roles) in enumerate(bridge.rows_in(made), 1)
        ],
        {role.uid: role.name for role in made.plan.resources},
        {role.uid: role.name for role in made.plan.resources if role.kind == "work"},
    )


@transaction.atomic
def begin_from_template(
    *, actor: Actor, project: Project, template: PlanTemplate, start: date, people: People
) -> ProjectPlan:
    """Give a project without a plan one from a template, from a day on.

    Who: C on task. Writes: as ``begin_plan``. Publishes: PlanChanged. Raises: Invalid.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.IMPORT)
    made = _usable(project, template, people)
    names = {uid: person.full_name for uid, person in people.items()}
    first: dict[int, int] = {}
    same = {uid: first.setdefault(person.pk, uid) for uid, person in people.items()}
    plan = bridge.from_template(made, datetime.combine(start, time()), names, same)
    row = begun(actor, project, plan)
    for uid, person in people.items():
        PlanResource.objects.filter(plan=row, uid=uid).update(user=person)
    return row


@transaction.atomic
def insert_template(
    *,
    actor: Actor,
    project: Project,
    template: PlanTemplate,
    start: date,
    after: int | None,
    people: People,
) -> EditOutcome:
    """Put the rows of a template below a row of the plan, as one edit.

    Who: U on task. Writes: as ``edit_plan``, and resources that are new.
    Publishes: PlanChanged. Raises: Invalid, NotFound without a plan.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    made = _usable(project, template, people)
    row = locked_plan(project)
    resources = _resources(row, made, people)
    core.touch(actor=actor, obj=row)
    known = stored(row)
    last = max([row.last_task_uid, *(task.uid for task in known.scheduled.plan.tasks)])
    begin = datetime.combine(start, time())
    plan = bridge.with_template(known.scheduled.plan, made, begin, after, resources, last)
    found = bridge.settled(known.scheduled, plan, row.work_after_status_date)
    words = f"Template ‘{template.name}’ inserted"
    return save_edit(actor, project, row, known, found, PlanEdit.Kind.EDIT, words)


def _resources(row: ProjectPlan, made: bridge.Template, people: People) -> dict[int, int]:
    """Each role → a resource of the plan: that of the person, of the same name, or a new one."""
    known = list(PlanResource.objects.filter(plan=row))
    last = max((item.uid for item in known), default=0)
    found: dict[int, int] = {}
    for role in made.plan.resources:
        person = people.get(role.uid)
        name = person.full_name if person else role.name
        there = next(
            (
                item
                for item in known
                if (item.user_id == person.pk if person else item.name == name)
            ),
            None,
        )
        if there is None:
            last += 1
            there = PlanResource.objects.create(
                plan=row,
                uid=last,
                name=name,
                kind=role.kind,
                max_units=role.max_units,
                user=person,
            )
            known.append(there)
        found[role.uid] = there.uid
    return found


def _usable(project: Project, template: PlanTemplate, people: People) -> bridge.Template:
    """The template as this project takes it. Raises Invalid where it or who fills it is not."""
    if template.retired:
        raise Invalid("planning.template_retired", "This template is retired; use another one.")
    wanted = {person.pk for person in people.values()}
    if wanted and office_people(project.office_id).filter(pk__in=wanted).distinct().count() < len(
        wanted
    ):
        raise Invalid("planning.person", "Choose somebody of the office of this project.")
    made = bridge.template_of(template, {row.key for row in own_fields_of(project)})
    work = {role.uid for role in made.plan.resources if role.kind == "work"}
    if not people.keys() <= work:
        strange = ", ".join(str(uid) for uid in sorted(people.keys() - work))
        message = f"The template has no role {strange} that a person fills; see its roles."
        raise Invalid("planning.template_role", message, fields={"people": message})
    return made


def _named(name: str) -> str:
    if not 0 < len(name.strip()) <= TEMPLATE_NAME:
        message = f"Give the template a name of at most {TEMPLATE_NAME} characters."
        raise Invalid("planning.template_name", message, fields={"name": message})
    return name.strip()


def _change(
    actor: Actor,
    row: PlanTemplate,
    values: Mapping[str, object],
    version: int | None,
    action: str,
) -> None:
    core.change(
        actor=actor,
        obj=row,
        values=dict(values),
        version=version,
        action=action,
        office_id=row.office_id,
    )


def _days(minutes: int | None, per_day: int) -> Decimal | None:
    return None if minutes is None else Decimal(minutes) / per_day
