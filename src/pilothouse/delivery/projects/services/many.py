# SPDX-License-Identifier: Apache-2.0
"""Entering and revising many projects at once, by the same rules as one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.events import ProjectsChanged
from pilothouse.delivery.projects.models import (
    Placement,
    Portfolio,
    Project,
    StateChange,
)
from pilothouse.delivery.projects.queries import held_among
from pilothouse.delivery.projects.services.projects import PROJECT_FIELDS, STATED_FIELDS
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import allowed_as, grants_of, in_place_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.services import differing, plain, record_many, save_many
from pilothouse.foundation.organisation.queries import custom_fields
from pilothouse.foundation.organisation.services import clean_custom, person_problems

BATCH = 500
BULK_FIELDS = (*PROJECT_FIELDS, "programme", "stated_on")


@dataclass(frozen=True, slots=True)
class Stay:
    """Where a project stood from a day on, until the next stay."""

    portfolio: Portfolio
    from_day: date


@dataclass(frozen=True, slots=True)
class Stage:
    """A state a project reached on a day (None is now), and why."""

    state: str
    reason: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One project to enter.

    ``stays`` is its past in the tree and ``stages`` its past states, the last being the present.
    """

    portfolio: Portfolio
    values: Mapping[str, Any]
    stays: tuple[Stay, ...] = ()
    stages: tuple[Stage, ...] = ()

    @property
    def state(self) -> str:
        """The present state."""
        return self.stages[-1].state if self.stages else Project.State.AUTHORISED


@dataclass(frozen=True, slots=True)
class Revision:
    """New values of one project; ``version`` is what the change was based on."""

    project: Project
    values: Mapping[str, Any]
    version: int | None = None
    stay: Stay | None = None
    stage: Stage | None = None


def problems_of(row: Project) -> dict[str, str]:
    """Every rule a project breaks by itself, without asking the database."""
    found: dict[str, str] = {}
    relations = {f.name for f in Project._meta.fields if f.is_relation}
    try:
        row.clean_fields(exclude=relations | {"office_id"})
    except ValidationError as error:
        found |= {name: " ".join(messages) for name, messages in error.message_dict.items()}
    found = rules.dates_out_of_order(row) | found
    if row.programme is not None and row.programme.portfolio_id != row.portfolio_id:
        found["programme"] = f"Programme {row.programme} belongs to another portfolio."
    return found


@transaction.atomic
def enter_projects(
    *, actor: Actor, entries: Sequence[Entry], reason: str = "", announce: bool = True
) -> list[Project]:
    """Enter many projects in the register; all or none.

    Who: C on project in every portfolio named. Writes: Project, Placement, StateChange.
    Publishes: ProjectsChanged, unless the caller publishes snapshots of its own.
    Raises: Invalid naming every row and field (``fields`` has keys such as ``3.code``).
    """
    acting = _may_enter(actor, {entry.portfolio.pk: entry.portfolio for entry in entries}.values())
    _may_set_states(actor, entries)
    day = clock.today()
    rows = [_row(entry, actor, day) for entry in entries]
    found = _person_problems(actor, {i: (e.portfolio, e.values) for i, e in enumerate(entries)})
    for index, entry in enumerate(entries):
        if closed := rules.closed_place(entry.portfolio, entry.values.get("programme")):
            found[f"{index}.portfolio"] = closed
    found |= _two_people(dict(enumerate(map(rules.sides_of, rows))))
    _raise_problems(rows, found)
    Project.objects.bulk_create(rows, batch_size=BATCH)
    placements: list[Placement] = []
    changes: list[StateChange] = []
    for row, entry in zip(rows, entries, strict=True):
        stays = entry.stays or (Stay(entry.portfolio, day),)
        for number, stay in enumerate(stays):
            last = number + 1 == len(stays)
            placements.append(
                Placement(
                    project=row,
                    portfolio=stay.portfolio,
                    programme=row.programme if last else None,
                    valid_from=stay.from_day,
                    valid_to=None if last else stays[number + 1].from_day,
                    reason=reason[:300],
                )
            )
        by = acting[entry.portfolio.pk]
        changes += steps(by, row, Project.State.AUTHORISED, entry.stages)
    Placement.objects.bulk_create(placements, batch_size=BATCH)
    StateChange.objects.bulk_create(changes, batch_size=BATCH)
    record_many(
        [
            audit_of(
                acting[entry.portfolio.pk],
                row,
                "project.create",
                {},
                plain(row, PROJECT_FIELDS),
                reason,
            )
            for row, entry in zip(rows, entries, strict=True)
        ]
    )
    if announce and rows:
        publish(ProjectsChanged(tuple(row.pk for row in rows), "entered"))
    return rows


@transaction.atomic
def revise_projects(
    *, actor: Actor, revisions: Sequence[Revision], reason: str = "", announce: bool = True
) -> list[Project]:
    """Change named fields of many projects; all or none. Returns those that changed.

    Who: as for one, field by field (``rules.fields``). Raises: NotAllowed naming every row and
    field, Conflict if one changed since its ``version``, Invalid naming every row and field or
    for an approved value changed without a reason.
    """
    wanted = {revision.project.pk: revision for revision in revisions}
    rows = {
        row.pk: row
        for row in Project.objects.select_for_update(of=("self",))
        .select_related("portfolio__org_unit", "programme")
        .filter(pk__in=list(wanted))
        .order_by("pk")
    }
    rights = rules.FieldRights(actor)
    refused: dict[str, str] = {}
    named: dict[int, tuple[Portfolio, Mapping[str, Any]]] = {}
    sides: dict[int, rules.Sides] = {}
    written: dict[int, Mapping[str, Any]] = {}
    acting: dict[tuple[int, ...], Actor] = {}
    day = clock.today()
    audits: list[AuditEvent] = []
    changed: list[Project] = []
    names: set[str] = set()
    changes: list[StateChange] = []
    moved: list[tuple[Project, Stay]] = []
    for index, (pk, revision) in enumerate(wanted.items()):
        row = rows[pk]
        if revision.version is not None and revision.version != row.version:
            raise Conflict(
                "core.stale",
                f"‘{row}’ was changed by somebody else in the meantime; nothing was done.",
            )
        if "state" in revision.values or (revision.stage and not actor.is_system):
            raise Invalid("projects.field", "The state changes step by step, not in a list.")
        values = _checked(revision.values)
        if revision.stage is not None:
            values["state"] = revision.stage.state
        if STATED_FIELDS & set(values) and "stated_on" not in values:
            values["stated_on"] = day
        if revision.stay is not None and revision.stay.portfolio.pk != row.portfolio_id:
            values["portfolio"] = revision.stay.portfolio
            moved.append((row, revision.stay))
        if "custom" in values:
            written[pk] = {
                key: value
                for key, value in values["custom"].items()
                if key not in row.custom or row.custom[key] != value
            }
        different = differing(row, values)
        refusals = rights.refusals(row, different)
        givers = rights.givers(row, different)
        if givers not in acting:
            acting[givers] = in_place_of(actor, givers)
        refused |= {f"{index}.{name}": why for name, why in refusals.items()}
        rules.require_reason(row, different, reason)
        named[index] = row.portfolio, different
        if different.keys() & rules.SIDES.keys():
            sides[index] = rules.sides_of(row, different)
        before = plain(row, values)
        state = row.state
        for name, value in values.items():
            setattr(row, name, value)
        after = plain(row, values)
        if not different.keys() - ({"stated_on"} - revision.values.keys()):
            continue
        names |= set(values)
        changed.append(row)
        audits.append(
            audit_of(
                acting[givers],
                row,
                "project.update",
                {name: before[name] for name in different},
                {name: after[name] for name in different},
                reason,
            )
        )
        if revision.stage is not None:
            changes += steps(actor, row, state, (revision.stage,))
    if refused:
        raise NotAllowed("projects.fields", next(iter(refused.values())), fields=refused)
    found = _person_problems(actor, named) | _two_people(sides) | _held(wanted, named)
    _raise_problems(changed, found, known={row.pk: written.get(row.pk, {}) for row in changed})
    now = timezone.now()
    for row in changed:
        row.updated_by_id = actor.user_id
        row.updated_at = now
        row.version += 1
    save_many(changed, [*sorted(names), "updated_by", "updated_at", "version"])
    for row, stay in moved:
        Placement.objects.filter(project=row, valid_from__gte=stay.from_day).delete()
        Placement.objects.filter(project=row, valid_to=None).update(valid_to=stay.from_day)
        Placement.objects.create(
            project=row, portfolio=stay.portfolio, valid_from=stay.from_day, reason=reason[:300]
        )
    StateChange.objects.bulk_create(changes, batch_size=BATCH)
    record_many(audits)
    if announce and changed:
        publish(ProjectsChanged(tuple(row.pk for row in changed), "changed"))
    return changed


@transaction.atomic
def withdraw_projects(*, actor: Actor, projects: Sequence[tuple[int, int]], reason: str) -> int:
    """Take back projects that were entered by mistake and that nothing refers to yet.

    ``projects`` are pairs of id and the version they had when entered.
    Who: C on project in their portfolios. Raises: Conflict naming what changed or refers to them.
    """
    versions = dict(projects)
    rows = list(
        Project.objects.select_for_update(of=("self",))
        .select_related("portfolio__org_unit")
        .filter(pk__in=list(versions))
        .order_by("pk")
    )
    acting = _may_enter(actor, {row.portfolio.pk: row.portfolio for row in rows}.values())
    touched = [row.code for row in rows if row.version != versions[row.pk]]
    if touched or len(rows) != len(versions):
        raise Conflict(
            "projects.withdraw",
            "Changed since they were entered: " + (_few(touched) or "some were deleted") + ".",
        )
    if held := _held_by_others(list(versions)):
        raise Conflict("projects.withdraw", f"Others rely on them by now: {held}.")
    record_many(
        [
            audit_of(
                acting[row.portfolio_id],
                row,
                "project.withdraw",
                plain(row, PROJECT_FIELDS),
                {},
                reason,
            )
            for row in rows
        ]
    )
    Project.objects.filter(pk__in=list(versions)).delete()
    return len(rows)


DERIVED = frozenset(("placement", "statechange", "performancesnapshot", "importrow"))
"""Rows that exist only because the project does."""


def _held_by_others(ids: list[int]) -> str:
    """What has been attached to these projects since they were entered."""
    found: list[str] = []
    for relation in Project._meta.related_objects:
        model = relation.related_model
        if isinstance(model, str) or model._meta.model_name in DERIVED:
            continue
        count = model._default_manager.filter(**{f"{relation.field.name}__in": ids}).count()
        if count:
            found.append(f"{count} of {model._meta.verbose_name}")
    roles = RoleAssignment.objects.filter(scope_type="project", scope_id__in=ids).count()
    if roles:
        found.append(f"{roles} of role assignment")
    return ", ".join(found)


def _few(codes: Sequence[str]) -> str:
    return ", ".join(codes[:10]) + (f" and {len(codes) - 10} more" if len(codes) > 10 else "")


def _may_enter(actor: Actor, portfolios: Iterable[Portfolio]) -> dict[int, Actor]:
    """Portfolio → as whom the actor enters projects there."""
    grants = grants_of(actor)
    found: dict[int, Actor] = {}
    for portfolio in portfolios:
        scopes = rules.portfolio_scopes(portfolio)
        allowed = allowed_as(actor, "project", "C", scopes, grants)
        if allowed is None:
            raise NotAllowed(
                "projects.project", f"You may not enter projects in portfolio {portfolio}."
            )
        found[portfolio.pk] = allowed
    return found


def may_set_states(actor: Actor, office_id: int) -> bool:
    """Whether the actor may enter projects that are already under way: who directs the office."""
    return actor.is_system or any(
        grant.role is Role.DIR and grant.office_id in (office_id, 0) and grant.passes("A")
        for grant in grants_of(actor).grants
    )


def _may_set_states(actor: Actor, entries: Sequence[Entry]) -> None:
    offices = {
        entry.portfolio.office_id for entry in entries if entry.state != Project.State.AUTHORISED
    }
    if not all(may_set_states(actor, office) for office in offices):
        raise NotAllowed(
            "projects.state", "Only the PMO director enters projects that are already under way."
        )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(BULK_FIELDS)
    if unknown:
        raise Invalid(
            "projects.field", f"These fields cannot be set: {', '.join(sorted(unknown))}."
        )
    return dict(values)


def _row(entry: Entry, actor: Actor, day: date) -> Project:
    row = Project(
        portfolio=entry.portfolio,
        office_id=entry.portfolio.office_id,
        state=entry.state,
        **_checked(entry.values),
    )
    if row.stated_colour and row.stated_on is None:
        row.stated_on = day
    row.created_by_id = row.updated_by_id = actor.user_id
    return row


def _person_problems(
    actor: Actor, rows: Mapping[int, tuple[Portfolio, Mapping[str, Any]]]
) -> dict[str, str]:
    """Keys such as ``3.sponsor`` of people who are not of the office, asked once for each."""
    by_office: dict[int, dict[str, Any]] = {}
    for index, (portfolio, values) in rows.items():
        people = {f"{index}.{name}": values.get(name) for name in rules.PEOPLE_FIELDS}
        by_office.setdefault(portfolio.office_id, {}).update(people)
    found: dict[str, str] = {}
    for office_id, people in by_office.items():
        found |= person_problems(actor, office_id, people)
    return found


def _held(
    wanted: Mapping[int, Revision], rows: Mapping[int, tuple[Portfolio, Mapping[str, Any]]]
) -> dict[str, str]:
    """Keys such as ``3.budget`` of values that other records hold."""
    indexes = {pk: index for index, pk in enumerate(wanted)}
    held = held_among({pk: rows[index][1] for pk, index in indexes.items()})
    return {
        f"{indexes[pk]}.{name}": why for pk, fields in held.items() for name, why in fields.items()
    }


def _two_people(rows: Mapping[int, rules.Sides]) -> dict[str, str]:
    """Keys such as ``3.pm`` where one person would manage and sponsor a project."""
    indexes = list(rows)
    return {
        f"{indexes[position]}.{name}": why
        for position, problems in rules.one_for_both(list(rows.values())).items()
        for name, why in problems.items()
    }


def _raise_problems(
    rows: Sequence[Project],
    found: Mapping[str, str],
    known: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Codes once in the office, own rules, custom fields; with ``found`` every problem at once.

    ``known`` are projects that were there before, with the custom values that are written now:
    what was stored earlier stays, for its field may be out of use by now.
    """
    problems = dict(found)
    codes = Counter((row.office_id, row.code) for row in rows)
    offices = {row.office_id for row in rows}
    taken = {
        (office, code)
        for office, code, pk in Project.objects.filter(office_id__in=offices).values_list(
            "office_id", "code", "pk"
        )
        if pk not in (known or {})
    }
    fields = {office: {field.key: field for field in custom_fields([office])} for office in offices}
    for index, row in enumerate(rows):
        own = problems_of(row)
        if codes[row.office_id, row.code] > 1:
            own["code"] = f"Code {row.code} stands in more than one row."
        elif (row.office_id, row.code) in taken:
            own["code"] = f"There is already a project with code {row.code}."
        fresh = row.custom if known is None else known[row.pk]
        kept = {key: value for key, value in row.custom.items() if key not in fresh}
        try:
            row.custom = kept | clean_custom(fields[row.office_id], fresh)
        except Invalid as error:
            own |= error.fields
        problems |= {f"{index}.{name}": sentence for name, sentence in own.items()}
    if problems:
        first = next(iter(problems.values()))
        raise Invalid(
            "projects.rows", f"{len(problems)} problems, the first: {first}", fields=problems
        )


def steps(
    actor: Actor, row: Project, before: str, stages: tuple[Stage, ...]
) -> Iterator[StateChange]:
    """The changes of state that lead from one through these stages."""
    for stage in stages:
        if stage.state == before:
            continue
        change = StateChange(
            project=row,
            from_state=before,
            to_state=stage.state,
            by_label=actor.label[:200],
            reason=stage.reason,
        )
        if stage.since is not None:
            change.at = clock.start_of(stage.since)
        before = stage.state
        yield change


def audit_of(
    actor: Actor,
    row: Project,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
) -> AuditEvent:
    """The event of a change of one of many projects, not yet written."""
    return AuditEvent(
        actor_id=actor.user_id,
        actor_label=actor.label[:200],
        on_behalf_of_id=actor.on_behalf_of,
        channel=actor.channel,
        action=action,
        object_type="project",
        object_id=row.pk,
        object_label=str(row)[:300],
        office_id=row.office_id,
        before=dict(before),
        after=dict(after),
        reason=reason,
    )
