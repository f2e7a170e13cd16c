# SPDX-License-Identifier: Apache-2.0
"""What the pages and the API show of imports: lists, columns, rows in words, templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.delivery.projects.rules import PEOPLE_FIELDS, closed_place, visible_projects
from pilothouse.exchange.checking import CHOICES
from pilothouse.exchange.fields import CUSTOM, Kind, Target, targets_of
from pilothouse.exchange.gmpp.layout import letters
from pilothouse.exchange.models import ImportJob, ImportRow
from pilothouse.exchange.rules import import_offices, sees_samples, visible_jobs
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.tables import Cell, write_csv, write_xlsx
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import custom_fields

PROBLEM_HEADER = ["Row", "Code", "Name", "Field", "Reason"]
SAYS = {
    Kind.TEXT: "Text",
    Kind.DATE: "A date: 2026-11-30, 30/11/2026 or 30 Nov 2026",
    Kind.MONEY: "An amount: 1250000.50 or 1,250,000.50; a currency sign may stand beside it",
    Kind.YES_NO: "yes or no",
    Kind.PERSON: "Mail address or full name of somebody of the office",
    Kind.CURRENCY: "Code of a currency of the office, such as EUR",
    Kind.PLACE: "Code or name",
    Kind.CUSTOM: "As the office set it up",
}


def jobs_of(actor: Actor) -> QuerySet[ImportJob]:
    """Imports in sight, newest first, with what a list shows."""
    return visible_jobs(actor).select_related("office", "created_by", "updated_by", "portfolio")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file may go: an office, and a portfolio for rows that name none."""

    key: str
    label: str
    office: OrgUnit
    portfolio: Portfolio | None = None


def places_of(actor: Actor) -> list[Place]:
    """Every office and portfolio in which the actor may enter projects."""
    offices = import_offices(actor)
    found: list[Place] = []
    for office in offices:
        before = f"{office.name} › " if len(offices) > 1 else ""
        found.append(Place(f"office-{office.pk}", f"{before}As the file names it", office))
        found += [
            Place(f"portfolio-{row.pk}", before + row.name, office, row)
            for row in entry_portfolios(actor, office.pk)
            if not closed_place(row)
        ]
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file as the page asks about it."""

    position: int
    letter: str
    header: str
    samples: list[str]
    chosen: str


def columns_of(actor: Actor, job: ImportJob) -> list[Column]:
    """Columns that hold anything, with the field proposed or chosen for each.

    Samples only for those who may read the file itself.
    """
    seen = sees_samples(actor, job)
    return [
        Column(
            position,
            letters(position),
            header,
            samples if seen else [],
            job.mapping.get(str(position), ""),
        )
        for position, (header, *samples) in enumerate(job.columns)
        if header or samples
    ]


def job_targets(job: ImportJob) -> dict[str, Target]:
    """Fields that a column of this import may fill."""
    return targets_of(custom_fields([job.office_id]))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of an import in words: problems and changes with the labels of their fields."""

    number: int
    action: str
    code: str
    name: str
    project_id: int | None
    problems: list[tuple[str, str]] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def rows_of(actor: Actor, job: ImportJob, action: str = "") -> QuerySet[ImportRow]:
    """Rows of an import without those of projects that the actor may not see.

    A project still to come that the file calls confidential is for those who may read the file.
    """
    rows = ImportRow.objects.filter(job=job).order_by("number")
    if action:
        rows = rows.filter(action=action)
    to_come = Q(project=None)
    if not sees_samples(actor, job):
        confidential = Q(after__classification=Project.Classification.CONFIDENTIAL)
        to_come &= Q(after__classification__isnull=True) | ~confidential
    return rows.filter(to_come | Q(project__in=visible_projects(actor)))


def counts_of(actor: Actor, job: ImportJob) -> dict[str, int]:
    """How many rows do what, of those the actor may see."""
    found = rows_of(actor, job).order_by().values_list("action").annotate(Count("pk"))
    return {**dict.fromkeys(ImportRow.Action.values, 0), **dict(found)}


def lines_of(job: ImportJob, rows: Iterable[ImportRow]) -> list[Line]:
    """Rows with labels for fields and names for what is kept as a number."""
    rows = list(rows)
    targets = job_targets(job)
    names = _names(rows)
    return [
        Line(
            row.number,
            row.action,
            row.code,
            row.name,
            row.project_id,
            [(_label(targets, name), reason) for name, reason in row.problems],
            _changes(row, targets, names),
        )
        for row in rows
    ]


def problem_table(actor: Actor, job: ImportJob) -> list[list[Cell]]:
    """Every problem of every row, for downloading."""
    targets = job_targets(job)
    return [
        [row.number, row.code, row.name, _label(targets, name), reason]
        for row in rows_of(actor, job, ImportRow.Action.PROBLEM)
        for name, reason in row.problems
    ]


def template_file(office: OrgUnit, kind: str) -> tuple[str, bytes]:
    """Name and body of an empty file with the headers that need no mapping."""
    header, notes = template_of(office)
    name = f"projects-of-office-{office.pk}.{kind}"
    if kind == "csv":
        return name, write_csv([], header)
    return name, write_xlsx([], header, sheet="Projects", notes=notes)


def template_of(office: OrgUnit) -> tuple[list[str], list[str]]:
    """Headers of a file that needs no mapping, and a note on each."""
    targets = targets_of(custom_fields([office.pk])).values()
    notes = ["Needed: Code; for new projects also Name. All other columns may be left out."]
    for target in targets:
        says = SAYS.get(target.kind, "")
        if target.kind is Kind.CHOICE:
            says = "One of: " + ", ".join(str(label) for _, label in CHOICES[target.key])
        notes.append(f"{target.label}: {says}.")
    return [target.label for target in targets], notes


def _label(targets: Mapping[str, Target], name: str) -> str:
    if not name:
        return "Row"
    return targets[name].label if name in targets else name.replace("_", " ")


Names = Mapping[str, Mapping[int, str]]


def _names(rows: list[ImportRow]) -> Names:
    wanted: dict[str, set[int]] = {"person": set(), "portfolio": set(), "programme": set()}
    for row in rows:
        for values in (row.before, row.after):
            for name, value in values.items():
                kind = "person" if name in PEOPLE_FIELDS else name
                if kind in wanted and value is not None:
                    wanted[kind].add(value)
    people = User.objects.filter(pk__in=wanted["person"]).values_list("pk", "full_name")
    portfolios = Portfolio.objects.filter(pk__in=wanted["portfolio"]).values_list("pk", "name")
    programmes = Programme.objects.filter(pk__in=wanted["programme"]).values_list("pk", "name")
    return {"person": dict(people), "portfolio": dict(portfolios), "programme": dict(programmes)}


def _changes(
    row: ImportRow, targets: Mapping[str, Target], names: Names
) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for name, after in row.after.items():
        before = row.before.get(name)
        if name == "custom":
            found += _custom_changes(before or {}, after or {}, targets)
        elif name not in {"code", "name"} or row.action != ImportRow.Action.CREATE:
            label = _label(targets, name)
            found.append((label, _said(name, before, names), _said(name, after, names)))
    return found


def _custom_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], targets: Mapping[str, Target]
) -> list[tuple[str, str, str]]:
    return [
        (_label(targets, CUSTOM + key), _plain(before.get(key)), _plain(value))
        for key, value in after.items()
        if before.get(key) != value
    ]


def _said(name: str, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    kind = "person" if name in PEOPLE_FIELDS else name
    if kind in names:
        return names[kind].get(value, "")
    if name in CHOICES:
        return str(dict(CHOICES[name]).get(value, value))
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
