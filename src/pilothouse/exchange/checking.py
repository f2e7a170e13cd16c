# SPDX-License-Identifier: Apache-2.0
"""Rows of a table → what each would do to the register, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import entry_portfolios, held_among
from pilothouse.delivery.projects.rules import (
    APPROVED,
    SIDES,
    FieldRights,
    closed_place,
    one_for_both,
    sides_of,
    visible_programmes,
    visible_projects,
)
from pilothouse.delivery.projects.services import may_set_states, problems_of
from pilothouse.exchange import cells
from pilothouse.exchange.fields import CUSTOM, Kind, Target, targets_of
from pilothouse.exchange.gmpp.layout import letters
from pilothouse.exchange.models import ImportJob, ImportRow
from pilothouse.exchange.tables import clean
from pilothouse.exchange.workbooks import without_value
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.core.services import plain
from pilothouse.foundation.organisation.models import Currency, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import custom_fields, office_people
from pilothouse.foundation.organisation.services import clean_custom

CHOICES = {
    "size_class": Project.SizeClass.choices,
    "classification": Project.Classification.choices,
    "state": Project.State.choices,
    "stated_colour": Project.Colour.choices,
}
LONG_TEXTS = frozenset(("purpose", "stated_comment"))
TEXT_LIMITS = {"code": 40, "name": 300, "project_type": 80}


@dataclass(slots=True)
class Checked:
    """One row with what it would do. ``values`` are typed, ``before`` and ``after`` plain."""

    number: int
    code: str = ""
    name: str = ""
    action: str = ImportRow.Action.PROBLEM
    portfolio: Portfolio | None = None
    project: Project | None = None
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


class Register:
    """What the rows are held against, read once for the whole table."""

    def __init__(self, actor: Actor, office: OrgUnit) -> None:
        self.actor = actor
        self.office = office
        self.fields: dict[str, CustomField] = {row.key: row for row in custom_fields([office.pk])}
        self.targets = targets_of(self.fields.values())
        self.portfolios = entry_portfolios(actor, office.pk)
        self.programmes = list(
            visible_programmes(actor).filter(office_id=office.pk).select_related("portfolio")
        )
        self.people = list(office_people(office.pk))
        self.currencies = {row.code: row for row in Currency.objects.all()}
        visible = visible_projects(actor).filter(office_id=office.pk)
        self.projects = {
            row.code.casefold(): row
            for row in visible.select_related("portfolio__org_unit", "programme", "currency")
        }
        self.taken = {
            code.casefold()
            for code in Project.objects.filter(office_id=office.pk).values_list("code", flat=True)
        }
        self.rights = FieldRights(actor)
        self.may_set_states = may_set_states(actor, office.pk)

    def place(self, text: str, rows: list[Any], what: str) -> Any:
        """A portfolio or programme by code, or by a name that only one has."""
        wanted = text.casefold()
        found = [row for row in rows if row.code.casefold() == wanted]
        found = found or [row for row in rows if row.name.casefold() == wanted]
        if len(found) != 1:
            why = "there are several of this name; give the code" if found else "not found"
            raise ValueError(f"“{text[:60]}”: {what} {why}, or you may not enter projects there")
        return found[0]

    def person(self, text: str) -> User:
        """Somebody of the office by mail address or full name."""
        wanted = text.casefold()
        found = [p for p in self.people if wanted in (p.email.casefold(), p.full_name.casefold())]
        if len(found) != 1:
            why = "several people have this name; give the mail address" if found else "not found"
            raise ValueError(f"“{text[:60]}”: person {why}")
        return found[0]


def check_rows(register: Register, job: ImportJob, rows: list[list[str]]) -> list[Checked]:
    """Check every row below the header; every problem of a row is named, not only the first."""
    mapping = {int(column): name for column, name in job.mapping.items() if name}
    header = rows[job.header_row - 1] if len(rows) >= job.header_row else []
    seen: dict[str, int] = {}
    found: list[Checked] = []
    for number, cells_of_row in enumerate(rows[job.header_row :], start=job.header_row + 1):
        if not any(cell.strip() for cell in cells_of_row):
            continue
        row = Checked(number)
        if len(cells_of_row) > len(header) and any(c.strip() for c in cells_of_row[len(header) :]):
            reason = f"has {len(cells_of_row)} cells under {len(header)} headers"
            row.problems.append(("", reason + "; is a separator not quoted?"))
        _read_cells(register, job, mapping, cells_of_row, row)
        key = row.code.casefold()
        if key and key in seen:
            row.problems.append(("code", f"“{row.code}” stands already in row {seen[key]}"))
        seen.setdefault(key, number)
        _decide(register, job, row)
        found.append(row)
    _require_two_people(found)
    _require_free(found)
    return found


def _require_free(rows: list[Checked]) -> None:
    """A problem for each value that another record of its project holds."""
    changing = {row.project.pk: row for row in rows if row.project is not None and row.after}
    held = held_among({pk: row.after for pk, row in changing.items()})
    for pk, fields in held.items():
        changing[pk].problems += fields.items()
        changing[pk].action = ImportRow.Action.PROBLEM


def _require_two_people(rows: list[Checked]) -> None:
    """A problem for each row by which one person would manage and sponsor a project."""
    named = [row for row in rows if row.values.keys() & SIDES.keys()]
    named = [row for row in named if row.project is not None or row.portfolio is not None]
    sides = [sides_of(row.project or Project(), row.values) for row in named]
    for index, problems in one_for_both(sides).items():
        known = {name for name, _ in named[index].problems}
        named[index].problems += [item for item in problems.items() if item[0] not in known]
        named[index].action = ImportRow.Action.PROBLEM


def _read_cells(
    register: Register,
    job: ImportJob,
    mapping: Mapping[int, str],
    line: list[str],
    row: Checked,
) -> None:
    custom: dict[str, str] = {}
    for column, name in mapping.items():
        target = register.targets.get(name)
        raw = line[column] if column < len(line) else ""
        text = clean(raw)
        if name not in LONG_TEXTS:
            text = " ".join(text.split())
        if target is None or not text:
            continue
        if without_value(raw):
            row.problems.append((name, _formula_alone(row.number, column, text)))
            continue
        if name == "code":
            row.code = text
        elif name == "name":
            row.name = text[:300]
        if "\ufffd" in text:
            reason = "holds characters that could not be read (�); choose the file's encoding"
            row.problems.append((name, reason))
            continue
        try:
            if target.kind is Kind.CUSTOM:
                custom[name.removeprefix(CUSTOM)] = _custom_text(register, job, name, text)
            else:
                row.values[name] = _typed(register, job, target, text, row)
        except ValueError as error:
            row.problems.append((name, str(error)))
    if custom:
        try:
            row.values["custom"] = clean_custom(register.fields, custom)
        except Invalid as error:
            row.problems += list(error.fields.items())


def _formula_alone(number: int, column: int, formula: str) -> str:
    return (
        f"cell {letters(column)}{number} holds the formula “{formula[:40]}” without a saved value; "
        "open the file in a spreadsheet program and save it, or put the value in"
    )


def _typed(register: Register, job: ImportJob, target: Target, text: str, row: Checked) -> object:
    if target.kind is Kind.DATE:
        return cells.day(text, month_first=job.month_first)
    if target.kind is Kind.MONEY:
        return cells.money(text, decimal_comma=job.decimal_comma)
    if target.kind is Kind.YES_NO:
        return cells.yes_no(text)
    if target.kind is Kind.CHOICE:
        return cells.choice(text, CHOICES[target.key])
    if target.kind is Kind.PERSON:
        return register.person(text)
    if target.kind is Kind.CURRENCY:
        if text.upper() not in register.currencies:
            raise ValueError(f"“{text[:20]}” is no currency of this office")
        return register.currencies[text.upper()]
    if target.key == "portfolio":
        row.portfolio = register.place(text, register.portfolios, "portfolio")
        return row.portfolio
    if target.key == "programme":
        return register.place(text, register.programmes, "programme")
    limit = TEXT_LIMITS.get(target.key, LONG_TEXT)
    if len(text) > limit:
        raise ValueError(f"has {len(text):,} characters; at most {limit:,} are kept")
    return text


def _custom_text(register: Register, job: ImportJob, name: str, text: str) -> str:
    kind = register.fields[name.removeprefix(CUSTOM)].kind
    if kind == CustomField.Kind.DATE:
        return cells.day(text, month_first=job.month_first).isoformat()
    if kind == CustomField.Kind.NUMBER:
        return str(cells.money(text, decimal_comma=job.decimal_comma))
    if kind == CustomField.Kind.YES_NO:
        return "yes" if cells.yes_no(text) else "no"
    return text


def _decide(register: Register, job: ImportJob, row: Checked) -> None:
    """New, changed or unchanged; a row with problems does nothing."""
    if not row.code and not any(name == "code" for name, _ in row.problems):
        row.problems.append(("code", "is missing; each project needs its code"))
    project = register.projects.get(row.code.casefold()) if row.code else None
    if project is not None:
        _decide_update(register, row, project)
    else:
        _decide_create(register, job, row)
    if row.problems:
        row.action = ImportRow.Action.PROBLEM


def _decide_create(register: Register, job: ImportJob, row: Checked) -> None:
    if row.code.casefold() in register.taken:
        row.problems.append(("code", f"“{row.code}” is in use by a project you may not see"))
    if "name" not in row.values and not any(name == "name" for name, _ in row.problems):
        row.problems.append(("name", "is missing; a new project needs a name"))
    programme: Programme | None = row.values.get("programme")
    wrong_place = any(name == "portfolio" for name, _ in row.problems)
    row.portfolio = row.portfolio or (programme.portfolio if programme else job.portfolio)
    if row.portfolio is None and not wrong_place:
        row.problems.append(("portfolio", "is missing; choose one for rows that name none"))
    if row.values.get("state", "authorised") != "authorised" and not register.may_set_states:
        row.problems.append(
            ("state", "only the PMO director enters projects that are already under way")
        )
    if row.portfolio is None:
        return
    if closed := closed_place(row.portfolio, programme):
        row.problems.append(("portfolio", closed))
    row.values["portfolio"] = row.portfolio
    row.values.setdefault("currency", row.portfolio.currency)
    trial = Project(office_id=register.office.pk, **row.values)
    _add_rules(row, trial)
    row.action = ImportRow.Action.CREATE
    row.after = _shown(trial, row.values)


def _decide_update(register: Register, row: Checked, project: Project) -> None:
    row.project = project
    row.name = row.name or project.name
    row.code = project.code
    row.values.pop("code", None)
    for name, present in (("portfolio", project.portfolio), ("programme", project.programme)):
        wanted = row.values.pop(name, None)
        if wanted is not None and wanted != present:
            row.problems.append(
                (name, f"is {present or 'empty'} in the register; move projects on their own page")
            )
    state = row.values.pop("state", None)
    if state is not None and state != project.state:
        present_state = project.get_state_display().lower()
        row.problems.append(("state", f"is {present_state}; states change on the project's page"))
    if "custom" in row.values:
        row.values["custom"] = {**project.custom, **row.values["custom"]}
    before = _shown(project, row.values)
    names = [f.attname for f in Project._meta.concrete_fields]
    trial = Project(**{name: getattr(project, name) for name in names})
    for name, value in row.values.items():
        setattr(trial, name, value)
    _add_rules(row, trial)
    after = _shown(trial, row.values)
    changed = [name for name in row.values if before[name] != after[name]]
    refused = register.rights.refusals(project, {name: row.values[name] for name in changed})
    row.problems += [(name, why) for name, why in refused.items() if name in APPROVED]
    if refused.keys() - APPROVED.keys():
        row.problems.append(("code", "your roles do not allow changing this project"))
    row.before = {name: before[name] for name in changed}
    row.after = {name: after[name] for name in changed}
    row.values = {name: row.values[name] for name in changed}
    row.action = ImportRow.Action.UPDATE if changed else ImportRow.Action.UNCHANGED


def _add_rules(row: Checked, trial: Project) -> None:
    known = {name for name, _ in row.problems}
    row.problems += [
        (name, sentence)
        for name, sentence in problems_of(trial).items()
        if name not in known and name not in {"code", "name"}
    ]


def _shown(project: Project, names: Mapping[str, object]) -> dict[str, Any]:
    """Plain values for keeping: keys of rows, money as it is stored."""
    return {
        name: f"{value:.2f}" if isinstance(value, Decimal) else value
        for name, value in plain(project, names).items()
    }
