# SPDX-License-Identifier: Apache-2.0
"""Carrying out an import that was checked, and putting the register back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning.queries import planned_among
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import PEOPLE_FIELDS
from pilothouse.delivery.projects.services import (
    Entry,
    Revision,
    Stage,
    enter_projects,
    revise_projects,
    withdraw_projects,
)
from pilothouse.exchange.checking import Checked, Register, check_rows
from pilothouse.exchange.models import ImportFile, ImportJob, ImportRow
from pilothouse.exchange.rules import get_job
from pilothouse.exchange.services.reading import digest_of, locked_job, open_job, table_of
from pilothouse.exchange.tables import Table
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.queries import events_of, net_changes
from pilothouse.foundation.organisation.models import Currency


def apply_import(*, actor: Actor, job_id: int, version: int) -> ImportJob:
    """Carry out what the check showed; all rows or none. The file is read before the transaction.

    Who: C and U as the rows need. Writes: Project and what follows from it.
    Raises: Invalid while rows have problems, Conflict if the register changed since the check.
    """
    table = table_of(_ready(get_job(actor, job_id), version))
    with transaction.atomic():
        return _apply(actor, _ready(open_job(actor, job_id), version), table)


def _ready(job: ImportJob, version: int) -> ImportJob:
    if job.stage != ImportJob.Stage.CHECKED:
        raise Invalid("exchange.stage", "Check the rows before bringing them in.")
    core.require_version(job, version)
    if job.counts.get(ImportRow.Action.PROBLEM):
        raise Invalid("exchange.problems", "Rows with problems are left; mend the file first.")
    return job


def _apply(actor: Actor, job: ImportJob, table: Table) -> ImportJob:
    checked = check_rows(Register(actor, job.office), job, table.rows)
    if digest_of(checked) != job.digest:
        raise Conflict(
            "exchange.changed",
            "The register or your rights changed since the rows were checked; check them again.",
        )
    reason = f"Import of {job.file_name}"
    fresh = [row for row in checked if row.action == ImportRow.Action.CREATE]
    changed = [row for row in checked if row.action == ImportRow.Action.UPDATE]
    before = {row.project.pk: row.project.stated_on for row in changed if row.project is not None}
    projects = enter_projects(actor=actor, entries=[_entry(row) for row in fresh], reason=reason)
    revised = revise_projects(
        actor=actor,
        revisions=[
            Revision(row.project, row.values, row.project.version)
            for row in changed
            if row.project is not None
        ],
        reason=reason,
    )
    numbers = {row.number: project for row, project in zip(fresh, projects, strict=True)}
    by_pk = {project.pk: project for project in revised}
    kept = list(ImportRow.objects.filter(job=job, action__in=["create", "update"]))
    for record in kept:
        project = numbers.get(record.number) or by_pk[record.project_id or 0]
        record.project = project
        record.version_after = project.version
        if record.action == ImportRow.Action.UPDATE:
            record.before = {**record.before, "stated_on": before[project.pk]}
    core.save_many(kept, ["project", "version_after", "before"])
    ImportFile.objects.filter(job=job).delete()
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.APPLIED, "applied_at": timezone.now()},
        version=None,
        action="importjob.apply",
        office_id=job.office_id,
    )
    return job


def when_applied(job: ImportJob) -> AuditEvent:
    """The event of an import that can be undone. Raises: Invalid for any other."""
    if job.stage != ImportJob.Stage.APPLIED:
        raise Invalid("exchange.stage", "Only an import that was applied can be undone.")
    event = events_of(job).filter(action="importjob.apply").first()
    if job.forgotten_at is not None or event is None:
        raise Invalid(
            "exchange.forgotten",
            "What this import changed was removed under the office's rule of retention, so it can "
            "no longer be undone. Correct the projects one by one, or by another import.",
        )
    return event


@transaction.atomic
def undo_import(*, actor: Actor, job_id: int, version: int) -> ImportJob:
    """Put the register back to what it was, if nothing of it is different from what was written.

    Who: as for applying. Raises: Conflict naming projects that were changed, by whom and what.
    What was changed and put back since, as by the undo of a later import, does not count.
    """
    job = locked_job(actor, job_id)
    applied = when_applied(job)
    core.require_version(job, version)
    rows = list(
        ImportRow.objects.filter(job=job, action__in=["create", "update"]).select_related("project")
    )
    _require_untouched(applied, rows)
    reason = f"Undo of the import of {job.file_name}"
    fresh = [row for row in rows if row.action == ImportRow.Action.CREATE]
    withdraw_projects(
        actor=actor,
        projects=[(row.project.pk, row.project.version) for row in fresh if row.project],
        reason=reason,
    )
    people = User.objects.in_bulk(
        {row.before[name] for row in rows for name in PEOPLE_FIELDS if row.before.get(name)}
    )
    revise_projects(
        actor=actor,
        revisions=[
            Revision(row.project, _typed_back(row.before, people), row.project.version)
            for row in rows
            if row.action == ImportRow.Action.UPDATE and row.project is not None
        ],
        reason=reason,
    )
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.UNDONE, "undone_at": timezone.now()},
        version=None,
        action="importjob.undo",
        office_id=job.office_id,
    )
    return job


DATES = ("planned_start", "planned_finish", "baseline_start", "baseline_finish", "stated_on")
MONEY = ("budget", "forecast_cost", "benefits_approved", "benefits_forecast")


def _typed_back(kept: Mapping[str, Any], people: Mapping[int, User]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in kept.items():
        if value is None:
            values[name] = None
        elif name in PEOPLE_FIELDS:
            values[name] = people[value]
        elif name in DATES:
            values[name] = date.fromisoformat(value)
        elif name in MONEY:
            values[name] = Decimal(value)
        elif name == "currency":
            values[name] = Currency.objects.get(pk=value)
        else:
            values[name] = value
    return values


def _require_untouched(applied: AuditEvent, rows: list[ImportRow]) -> None:
    gone = [row.code for row in rows if row.project is None]
    touched = {
        row.project: row.code
        for row in rows
        if row.project is not None and row.project.version != row.version_after
    }
    changes = net_changes(list(touched), applied)
    planned = planned_among(
        [row.project_id or 0 for row in rows if row.action == ImportRow.Action.CREATE]
    )
    said = [f"{code} was deleted" for code in gone[:5]]
    for project in [project for project in touched if project.pk in changes][:10]:
        change = changes[project.pk]
        names = ", ".join(field.name.replace("_", " ") for field in change.fields)
        said.append(f"{touched[project]} was changed by {change.who} ({names})")
    said += [f"{row.code} has a plan" for row in rows if row.project_id in planned][:10]
    if said:
        raise Conflict(
            "exchange.undo",
            "The import cannot be undone because of what happened since: " + "; ".join(said) + ".",
        )


def _entry(row: Checked) -> Entry:
    values = {k: value for k, value in row.values.items() if k not in {"portfolio", "state"}}
    assert row.portfolio is not None, "rows without a portfolio are problems"
    state = row.values.get("state", Project.State.AUTHORISED)
    return Entry(row.portfolio, values, stages=(Stage(state, "Entered by import"),))
