# SPDX-License-Identifier: Apache-2.0
"""Forms of projects: the short row, the full record, the move, the next state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.forms import choices
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import PlannedEnd
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.pages import Field, Options, Section, as_text
from pilothouse.foundation.core.parsing import Entered, Reader
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField

DAYS = ("planned_start", "planned_finish", "baseline_start", "baseline_finish")
COSTS = ("budget", "forecast_cost")
BENEFITS = ("benefits_approved", "benefits_forecast")
COLOURS = [("", "Not stated"), *Project.Colour.choices]
_MONEY = {"inputmode": "decimal"}


def _by_plan(plan: PlannedEnd | None) -> str:
    if plan is None:
        return ""
    return (
        f"The plan ends on {written(plan.finish)} (version {plan.version}); that is what lists and "
        "figures show."
    )


def _row_section(people: Options, place: list[Field], plan: PlannedEnd | None) -> Section:
    return Section(
        "",
        [
            Field("name", "Name", required=True, attrs={"maxlength": "300"}),
            Field(
                "code",
                "Code",
                required=True,
                hint="Short and unique in the organisation, such as HARB.",
                attrs={"maxlength": "40"},
            ),
            *place,
            Field("pm", "Project manager", "select", options=people),
            Field("planned_start", "Planned start", "date"),
            Field("planned_finish", "Planned finish", "date", hint=_by_plan(plan)),
            Field("currency", "Currency", "select", True, options=choices.currencies()),
            Field("budget", "Approved budget", attrs=_MONEY),
            Field("forecast_cost", "Forecast cost", attrs=_MONEY),
            Field("stated_colour", "Colour stated by the manager", "select", options=COLOURS),
            Field("stated_comment", "Comment to the colour", "textarea", wide=True),
        ],
        "These are enough for a project to be listed and rated; detail can follow.",
    )


def project_sections(
    people: Options,
    fields: Iterable[CustomField],
    *,
    place: list[Field],
    calendars: Options,
    is_new: bool,
    plan: PlannedEnd | None = None,
) -> list[Section]:
    """The short form first; the rest folded while the project is new.

    ``plan`` is the end of its plan, told beside the finish that somebody states.
    """
    sections = [
        _row_section(people, place, plan),
        Section(
            "Approved dates and benefits",
            [
                Field("baseline_start", "Approved start", "date"),
                Field("baseline_finish", "Approved finish", "date"),
                Field(
                    "benefits_approved",
                    "Approved benefits",
                    hint="Below 0 where the losses outweigh the gains.",
                    attrs=_MONEY,
                ),
                Field("benefits_forecast", "Forecast benefits", attrs=_MONEY),
            ],
            folded=is_new,
        ),
        Section(
            "People",
            [
                Field("sponsor", "Sponsor", "select", options=people),
                Field("functional_owner", "Functional owner", "select", options=people),
                Field("technology_owner", "Technology owner", "select", options=people),
                Field(
                    "technology_owner_waiver",
                    "Why no technology owner is needed",
                    attrs={"maxlength": "300"},
                ),
                Field("finance_contact", "Finance contact", "select", options=people),
            ],
            folded=is_new,
        ),
        Section(
            "Kind",
            [
                Field("project_type", "Type", attrs={"maxlength": "80"}),
                Field("size_class", "Size", "select", options=Project.SizeClass.choices),
                Field(
                    "classification",
                    "Who may read it",
                    "select",
                    options=Project.Classification.choices,
                    hint="A confidential project is seen by its own people and the PMO director.",
                ),
                Field("calendar", "Working calendar", "select", options=calendars),
                Field("strategic_critical", "Strategically critical", "checkbox"),
                Field("purpose", "Purpose", "textarea", wide=True),
            ],
            folded=is_new,
        ),
    ]
    if own := [_custom_field(field) for field in fields]:
        sections.append(Section("Fields of the office", own, folded=is_new))
    sections.append(
        Section(
            "",
            [
                Field(
                    "reason",
                    "Reason",
                    wide=True,
                    hint="Needed when approved dates, budget or benefits change.",
                    attrs={"maxlength": "300"},
                )
            ],
        )
    )
    return sections


def fixed_but(
    sections: Iterable[Section], may: Collection[str], held: Mapping[str, str]
) -> list[Section]:
    """The same form with every field shown only that is not among those that may be changed.

    ``held`` says of those that other records hold why they stay.
    """

    def seen(field: Field) -> Field:
        name = "custom" if field.name.startswith("custom.") else field.name
        if (name in may and name not in held) or name == "reason":
            return field
        roles = rules.approving_roles(name)
        hint = held.get(name) or (f"Changed by {roles}." if roles else "")
        return replace(field, fixed=True, required=False, hint=hint)

    return [replace(part, fields=[seen(field) for field in part.fields]) for part in sections]


def _custom_field(field: CustomField) -> Field:
    kinds = {CustomField.Kind.DATE: "date", CustomField.Kind.TEXT: "text"}
    name = f"custom.{field.key}"
    if field.kind in {CustomField.Kind.CHOICE, CustomField.Kind.YES_NO}:
        return Field(name, field.label, "select", options=choices.of_custom(field))
    attrs = {"inputmode": "decimal"} if field.kind == CustomField.Kind.NUMBER else {}
    return Field(name, field.label, kinds.get(CustomField.Kind(field.kind), "text"), attrs=attrs)


def place_fields(portfolios: Options, programmes: Options) -> list[Field]:
    """Where a project stands."""
    return [
        Field("portfolio", "Portfolio", "select", required=True, options=portfolios),
        Field(
            "programme",
            "Programme",
            "select",
            options=programmes,
            hint="One of the same portfolio, if any.",
        ),
    ]


def project_initial(row: Project, fields: Iterable[CustomField]) -> dict[str, str]:
    """Saved values as text."""
    names = (
        *("name", "code", "purpose", "project_type", "size_class", "classification"),
        *("strategic_critical", "technology_owner_waiver", "stated_colour", "stated_comment"),
        *DAYS,
        *COSTS,
        *BENEFITS,
    )
    values = {name: as_text(getattr(row, name)) for name in names}
    values |= {
        name: as_text(getattr(row, f"{name}_id")) for name in (*rules.PEOPLE_FIELDS, "calendar")
    }
    values["currency"] = row.currency_id
    for field in fields:
        value = row.custom.get(field.key)
        if field.kind == CustomField.Kind.YES_NO:
            text = "" if value is None else ("yes" if value else "no")
        elif field.kind == CustomField.Kind.NUMBER and value is not None:
            text = as_text(Decimal(str(value)))
        else:
            text = as_text(value)
        values[f"custom.{field.key}"] = text
    return values


def read_project(
    data: Mapping[str, str], people: Options, fields: Iterable[CustomField], saved: Project | None
) -> Entered:
    """The whole record; ``saved`` is None while it is entered."""
    reader = Reader(data)
    values: dict[str, Any] = {
        "name": reader.text("name", 300, required=True),
        "code": reader.text("code", 40, required=True),
        "purpose": reader.text("purpose", LONG_TEXT),
        "project_type": reader.text("project_type", 80),
        "size_class": reader.choice("size_class", Project.SizeClass.values),
        "classification": reader.choice("classification", Project.Classification.values),
        "strategic_critical": reader.flag("strategic_critical"),
        "technology_owner_waiver": reader.text("technology_owner_waiver", 300),
        "currency": reader.row("currency", Currency.objects.all(), required=True),
        "stated_colour": reader.choice("stated_colour", Project.Colour.values, required=False),
        "stated_comment": reader.text("stated_comment", LONG_TEXT),
    }
    values |= {name: reader.day(name) for name in DAYS}
    values |= {name: reader.decimal(name, low=Decimal(0)) for name in COSTS}
    values |= {name: reader.decimal(name) for name in BENEFITS}
    persons = User.objects.filter(pk__in=[int(key) for key, _ in people if key])
    values |= {name: reader.row(name, persons) for name in rules.PEOPLE_FIELDS}
    if saved is not None:
        rows = Calendar.objects.filter(office_id=saved.office_id)
        values["calendar"] = reader.row("calendar", rows)
    values["custom"] = {field.key: reader.text(f"custom.{field.key}", 500) for field in fields}
    _check_project(reader, values)
    entered = Entered(values, reader.version() if saved else None, reader.text("reason", 300))
    reader.check("projects.project")
    return entered


def _check_project(reader: Reader, values: Mapping[str, Any]) -> None:
    for first, last, label in (
        ("planned_start", "planned_finish", "start"),
        ("baseline_start", "baseline_finish", "approved start"),
    ):
        if values[first] and values[last] and values[last] < values[first]:
            reader.wrong(last, f"This lies before the {label}.")
    if values["sponsor"] is not None and values["sponsor"] == values["pm"]:
        reader.wrong("sponsor", rules.TWO_PEOPLE)


def read_place(
    data: Mapping[str, str], portfolios: Iterable[int], programmes: Iterable[int]
) -> tuple[Portfolio | None, Programme | None, dict[str, str]]:
    """Portfolio, programme and the problems with them."""
    reader = Reader(data)
    rows = Portfolio.objects.select_related("org_unit").filter(pk__in=list(portfolios))
    portfolio = reader.row("portfolio", rows, required=True)
    programme = reader.row("programme", Programme.objects.filter(pk__in=list(programmes)))
    if portfolio and programme and programme.portfolio_id != portfolio.pk:
        reader.wrong("programme", f"{programme} belongs to another portfolio.")
    return portfolio, programme, reader.problems


def move_sections(place: list[Field], today: date) -> list[Section]:
    """Where to, from which day, why."""
    return [
        Section(
            "",
            [
                *place,
                Field(
                    "from_day",
                    "From",
                    "date",
                    required=True,
                    hint="Reports as at an earlier day keep the place it has now.",
                    attrs={"max": today.isoformat()},
                ),
                Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"}),
            ],
        )
    ]


@dataclass(frozen=True, slots=True)
class Move:
    """A day, a reason and the version the form was made from."""

    from_day: date
    reason: str
    version: int


def read_move(data: Mapping[str, str], problems: Mapping[str, str]) -> Move:
    """When and why; ``problems`` are those found with the place."""
    reader = Reader(data)
    for name, message in problems.items():
        reader.wrong(name, message)
    day = reader.day("from_day", required=True)
    move = Move(day or date.min, reader.text("reason", 300, required=True), reader.version())
    reader.check("projects.move")
    return move


REASONS = [
    ("", "Choose one"),
    *((code.value, code.value.capitalize()) for code in rules.ReasonCode),
]


def state_sections(step: rules.Transition) -> list[Section]:
    """What a step asks for besides what the register holds."""
    fields: list[Field] = []
    if step.needs_reason:
        fields.append(Field("reason_code", "Reason", "select", True, options=REASONS))
    if step.guard == rules.Guard.REVIEW_DATE:
        fields.append(
            Field(
                "review_on",
                "Look at it again on",
                "date",
                required=True,
                hint="Within 90 days of the start of the hold.",
            )
        )
    fields.append(
        Field(
            "on", "Decided on", "date", hint="Leave empty for today; no day before the last step."
        )
    )
    fields.append(Field("reason", "In words", "textarea", wide=True, hint="Kept in the history."))
    return [Section("", fields)]


@dataclass(frozen=True, slots=True)
class Step:
    """The answers to ``state_sections``."""

    reason_code: str
    reason: str
    review_on: date | None
    on: date | None
    version: int


def read_step(data: Mapping[str, str], step: rules.Transition) -> Step:
    """Reason code, words, review day."""
    reader = Reader(data)
    code = ""
    if step.needs_reason:
        code = reader.choice("reason_code", [item.value for item in rules.ReasonCode])
    review = None
    if step.guard == rules.Guard.REVIEW_DATE:
        review = reader.day("review_on", required=True)
    answers = Step(code, reader.text("reason", 2000), review, reader.day("on"), reader.version())
    reader.check("projects.state")
    return answers
