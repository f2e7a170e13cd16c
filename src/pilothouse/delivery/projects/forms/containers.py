# SPDX-License-Identifier: Apache-2.0
"""Forms of portfolios, programmes, objectives and workstreams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import QuerySet

from pilothouse.delivery.projects.forms import choices
from pilothouse.delivery.projects.models import (
    Portfolio,
    Programme,
    Project,
    StrategicObjective,
    Workstream,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.pages import Field, Options, Section, as_text
from pilothouse.foundation.core.parsing import Entered, Reader
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.organisation.models import Currency, OrgUnit

REASON = Field(
    "reason", "Reason", hint="Kept in the history.", wide=True, attrs={"maxlength": "300"}
)
CODE_HINT = "Short and unique in the organisation, such as HARB."


def _people(reader: Reader, name: str, people: Options) -> User | None:
    ids = [int(key) for key, _ in people if key]
    return reader.row(name, User.objects.filter(pk__in=ids))


def portfolio_sections(
    people: Options,
    objectives: Sequence[StrategicObjective],
    units: Options = (),
    parents: Options = (),
) -> list[Section]:
    """A portfolio; its place is asked only while it is opened, later it is moved."""
    place = (
        [
            Field("org_unit", "Unit", "select", required=True, options=units),
            Field("parent", "Inside portfolio", "select", options=parents),
        ]
        if units
        else []
    )
    return [
        Section(
            "",
            [
                Field("name", "Name", required=True, attrs={"maxlength": "200"}),
                Field("code", "Code", required=True, hint=CODE_HINT, attrs={"maxlength": "40"}),
                *place,
                Field("manager", "Portfolio manager", "select", options=people),
                Field("sponsor", "Sponsor", "select", options=people),
                Field("currency", "Currency", "select", True, options=choices.currencies()),
                Field(
                    "budget_envelope",
                    "Budget envelope",
                    hint="In the portfolio's currency; leave empty if none is set.",
                    attrs={"inputmode": "decimal"},
                ),
                Field("description", "What it is for", "textarea", wide=True),
                REASON,
            ],
        ),
        *_objectives_section(objectives),
    ]


def _objectives_section(objectives: Sequence[StrategicObjective]) -> list[Section]:
    if not objectives:
        return []
    several = len({row.office_id for row in objectives}) > 1
    fields = [
        Field(
            f"objective.{row.pk}",
            f"{row.code} {row.title}" + (f" ({row.office.name})" if several else ""),
            "checkbox",
            hint="No longer in use." if row.voided else "",
        )
        for row in objectives
    ]
    return [Section("Objectives", fields, "Which objectives the portfolio serves.")]


def read_objectives(
    data: Mapping[str, str], objectives: Sequence[StrategicObjective]
) -> list[StrategicObjective]:
    """Those that are ticked."""
    reader = Reader(data)
    return [row for row in objectives if reader.flag(f"objective.{row.pk}")]


def portfolio_initial(
    row: Portfolio, objectives: Sequence[StrategicObjective], served: Collection[int]
) -> dict[str, str]:
    """Saved values as text, and which of the objectives are served."""
    offered = [objective.pk for objective in objectives]
    values = {name: as_text(getattr(row, name)) for name in ("name", "code", "description")}
    return values | {
        "manager": as_text(row.manager_id),
        "sponsor": as_text(row.sponsor_id),
        "currency": row.currency_id,
        "budget_envelope": as_text(row.budget_envelope),
        **{f"objective.{pk}": "on" if pk in served else "" for pk in offered},
    }


def read_portfolio(
    data: Mapping[str, str],
    people: Options,
    *,
    units: Iterable[int] = (),
    above: QuerySet[Portfolio] | None = None,
) -> Entered:
    """Name, code, people, money; while it is new its place, ``above`` being those to nest in."""
    reader = Reader(data)
    values: dict[str, object] = {
        "name": reader.text("name", 200, required=True),
        "code": reader.text("code", 40, required=True),
        "description": reader.text("description", LONG_TEXT),
        "manager": _people(reader, "manager", people),
        "sponsor": _people(reader, "sponsor", people),
        "currency": reader.row("currency", Currency.objects.all(), required=True),
        "budget_envelope": reader.decimal("budget_envelope", low=Decimal(0)),
    }
    if above is not None:
        values["org_unit"] = reader.row(
            "org_unit", OrgUnit.objects.filter(pk__in=list(units)), required=True
        )
        values["parent"] = reader.row("parent", above)
    version = reader.version() if above is None else None
    entered = Entered(values, version, reader.text("reason", 300))
    reader.check("projects.portfolio")
    return entered


def programme_sections(people: Options, portfolios: Options = ()) -> list[Section]:
    """A programme; its portfolio is asked only while it is opened."""
    place = (
        [Field("portfolio", "Portfolio", "select", required=True, options=portfolios)]
        if portfolios
        else []
    )
    return [
        Section(
            "",
            [
                Field("name", "Name", required=True, attrs={"maxlength": "200"}),
                Field("code", "Code", required=True, hint=CODE_HINT, attrs={"maxlength": "40"}),
                *place,
                Field("manager", "Programme manager", "select", options=people),
                Field("sponsor", "Sponsor", "select", options=people),
                Field(
                    "vision",
                    "Vision",
                    "textarea",
                    wide=True,
                    hint="The outcome that none of its projects gives alone.",
                ),
                REASON,
            ],
        )
    ]


def programme_initial(row: Programme) -> dict[str, str]:
    """Saved values as text."""
    return {
        "name": row.name,
        "code": row.code,
        "vision": row.vision,
        "manager": as_text(row.manager_id),
        "sponsor": as_text(row.sponsor_id),
    }


def read_programme(
    data: Mapping[str, str], people: Options, *, portfolios: Iterable[int] | None = None
) -> Entered:
    """Name, code, people, vision; the portfolio while it is new."""
    reader = Reader(data)
    values: dict[str, object] = {
        "name": reader.text("name", 200, required=True),
        "code": reader.text("code", 40, required=True),
        "vision": reader.text("vision", LONG_TEXT),
        "manager": _people(reader, "manager", people),
        "sponsor": _people(reader, "sponsor", people),
    }
    if portfolios is not None:
        rows = Portfolio.objects.select_related("org_unit").filter(pk__in=list(portfolios))
        values["portfolio"] = reader.row("portfolio", rows, required=True)
    version = reader.version() if portfolios is None else None
    entered = Entered(values, version, reader.text("reason", 300))
    reader.check("projects.programme")
    return entered


def objective_sections(people: Options, parents: Options) -> list[Section]:
    """A strategic objective."""
    return [
        Section(
            "",
            [
                Field("title", "Objective", required=True, wide=True, attrs={"maxlength": "200"}),
                Field("code", "Code", required=True, attrs={"maxlength": "40"}),
                Field("parent", "Below", "select", options=parents),
                Field(
                    "weight_pct",
                    "Weight in %",
                    required=True,
                    hint="Objectives of one level add up to 100 %.",
                    attrs={"inputmode": "decimal"},
                ),
                Field("owner", "Owner", "select", options=people),
                Field("horizon_from", "From", "date"),
                Field("horizon_to", "To", "date"),
                Field("measure", "Measure", wide=True, hint="What is counted to see progress."),
                Field("target", "Target", hint="Such as 95 % on time."),
            ],
        )
    ]


def objective_initial(row: StrategicObjective) -> dict[str, str]:
    """Saved values as text."""
    names = ("title", "code", "weight_pct", "horizon_from", "horizon_to", "measure", "target")
    return {name: as_text(getattr(row, name)) for name in names} | {
        "parent": as_text(row.parent_id),
        "owner": as_text(row.owner_id),
    }


def read_objective(
    data: Mapping[str, str], people: Options, office: OrgUnit, *, new: bool
) -> Entered:
    """Weight, horizon, measure and the rest."""
    reader = Reader(data)
    rows = StrategicObjective.objects.filter(office=office, voided=False)
    values = {
        "title": reader.text("title", 200, required=True),
        "code": reader.text("code", 40, required=True),
        "parent": reader.row("parent", rows),
        "weight_pct": reader.decimal(
            "weight_pct", low=Decimal(0), high=Decimal(100), required=True
        ),
        "owner": _people(reader, "owner", people),
        "horizon_from": reader.day("horizon_from"),
        "horizon_to": reader.day("horizon_to"),
        "measure": reader.text("measure", 300),
        "target": reader.text("target", 120),
    }
    first, last = values["horizon_from"], values["horizon_to"]
    if first and last and last < first:  # type: ignore[operator]  # both are dates here
        reader.wrong("horizon_to", "The last day lies before the first.")
    entered = Entered(values, None if new else reader.version(), "")
    reader.check("projects.objective")
    return entered


def workstream_sections(people: Options) -> list[Section]:
    """A part of a project with one lead."""
    return [
        Section(
            "",
            [
                Field("name", "Name", required=True, attrs={"maxlength": "200"}),
                Field("lead", "Lead", "select", options=people),
                Field("scope_statement", "Scope", "textarea", wide=True),
            ],
        )
    ]


def workstream_initial(row: Workstream) -> dict[str, str]:
    """Saved values as text."""
    return {
        "name": row.name,
        "lead": as_text(row.lead_id),
        "scope_statement": row.scope_statement,
    }


def read_workstream(data: Mapping[str, str], people: Options, *, new: bool) -> Entered:
    """Name, lead, scope."""
    reader = Reader(data)
    values = {
        "name": reader.text("name", 200, required=True),
        "lead": _people(reader, "lead", people),
        "scope_statement": reader.text("scope_statement", LONG_TEXT),
    }
    entered = Entered(values, None if new else reader.version(), "")
    reader.check("projects.workstream")
    return entered


def void_section(what: str) -> list[Section]:
    """Nothing governed is deleted: it is voided with a reason (R-GEN-06)."""
    note = f"The {what} leaves all lists but stays in the history."
    field = Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"})
    return [Section("", [field], note)]


def read_reason(data: Mapping[str, str]) -> Entered:
    """A reason and a version."""
    reader = Reader(data)
    entered = Entered({}, reader.version(), reader.text("reason", 300, required=True))
    reader.check("projects.reason")
    return entered


def project_people(project: Project) -> Options:
    """People for the selects of a project's forms."""
    return choices.people(
        [project.office_id],
        [
            project.sponsor,
            project.pm,
            project.functional_owner,
            project.technology_owner,
            project.finance_contact,
        ],
    )
