# SPDX-License-Identifier: Apache-2.0
"""Forms of people, roles and delegations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.foundation.access.matrix import ROLE_LABELS, Role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.pages import Field, Options, Section
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import OrgUnit

LETTERS = (
    ("R", "Read"),
    ("C", "Create"),
    ("U", "Change"),
    ("S", "Submit"),
    ("A", "Approve and decide"),
    ("L", "Publish and close"),
    ("V", "Void"),
)
"""What a delegation may pass on, in words."""


def invite_sections(units: Options, unit_needed: bool) -> list[Section]:
    """A new account."""
    hint = "The person gets a mail with an address where the password is set."
    return [
        Section(
            "",
            [
                Field("full_name", "Name", required=True, attrs={"maxlength": "120"}),
                Field("email", "Mail address", "email", required=True, hint=hint),
                Field("job_title", "Job title", attrs={"maxlength": "120"}),
                Field("unit", "Unit", "select", unit_needed, options=units),
            ],
        )
    ]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Answers to ``invite_sections``."""

    full_name: str
    email: str
    job_title: str
    unit: OrgUnit | None


def read_invitation(
    data: Mapping[str, str], units: Iterable[OrgUnit], unit_needed: bool
) -> Invitation:
    """Name, address, title, unit."""
    reader = Reader(data)
    rows = OrgUnit.objects.filter(pk__in=[unit.pk for unit in units])
    form = Invitation(
        reader.text("full_name", 120, required=True),
        reader.text("email", 254, required=True),
        reader.text("job_title", 120),
        reader.row("unit", rows, required=unit_needed),
    )
    reader.check("projects.invite")
    return form


def person_sections(units: Options, *, name: bool) -> list[Section]:
    """What may be changed about a person."""
    fields: list[Field] = []
    if name:
        fields += [
            Field("full_name", "Name", required=True, attrs={"maxlength": "120"}),
            Field("job_title", "Job title", attrs={"maxlength": "120"}),
        ]
    if units:
        fields.append(Field("unit", "Unit", "select", options=units))
    return [Section("", fields)]


def role_sections(
    people: Options, roles: Iterable[Role], places: Options | None, today: date
) -> list[Section]:
    """Who gets which role from when to when; the place only where it is not given."""
    options = [("", "Choose one"), *((role.value, ROLE_LABELS[role]) for role in roles)]
    place = [Field("scope", "Where", "select", True, options=places)] if places else []
    return [
        Section(
            "",
            [
                Field("person", "Person", "select", required=True, options=people),
                Field("role", "Role", "select", required=True, options=options),
                *place,
                Field("valid_from", "First day", "date", required=True),
                Field("valid_to", "Last day", "date", hint="Leave empty if it is open."),
                Field("reason", "Reason", wide=True, attrs={"maxlength": "300"}),
            ],
        )
    ]


@dataclass(frozen=True, slots=True)
class Appointment:
    """Answers to ``role_sections``."""

    person: User
    role: Role
    valid_from: date
    valid_to: date | None
    reason: str


def read_appointment(data: Mapping[str, str], people: Options, roles: list[Role]) -> Appointment:
    """Person, role, days."""
    reader = Reader(data)
    rows = User.objects.filter(pk__in=[int(key) for key, _ in people if key], is_active=True)
    person = reader.row("person", rows, required=True)
    role = reader.choice("role", [role.value for role in roles])
    first = reader.day("valid_from", required=True)
    last = reader.day("valid_to")
    if first and last and last < first:
        reader.wrong("valid_to", "The last day lies before the first.")
    reason = reader.text("reason", 300)
    reader.check("projects.role")
    if person is None or first is None:
        raise AssertionError("the check above refuses both")
    return Appointment(person, Role(role), first, last, reason)


def delegation_sections(people: Options, today: date) -> list[Section]:
    """To whom, what, how much, how long, why."""
    boxes = [Field(f"letter_{letter}", text, "checkbox") for letter, text in LETTERS]
    return [
        Section(
            "",
            [
                Field("to_person", "To", "select", required=True, options=people),
                Field("valid_from", "First day", "date", required=True),
                Field(
                    "valid_to",
                    "Last day",
                    "date",
                    required=True,
                    attrs={"min": today.isoformat()},
                ),
                Field(
                    "amount_limit",
                    "Decides on amounts up to",
                    hint="Leave empty for no limit of its own.",
                    attrs={"inputmode": "decimal"},
                ),
                Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"}),
            ],
        ),
        Section("What is passed on", boxes, "It reaches as far as your own roles do."),
    ]


@dataclass(frozen=True, slots=True)
class DelegationInput:
    """Answers to ``delegation_sections``."""

    to_person: User
    actions: str
    amount_limit: Decimal | None
    valid_from: date
    valid_to: date
    reason: str


def read_delegation(data: Mapping[str, str], people: Options) -> DelegationInput:
    """Everything about a delegation."""
    reader = Reader(data)
    rows = User.objects.filter(pk__in=[int(key) for key, _ in people if key], is_active=True)
    to_person = reader.row("to_person", rows, required=True)
    first = reader.day("valid_from", required=True)
    last = reader.day("valid_to", required=True)
    if first and last and last < first:
        reader.wrong("valid_to", "The last day lies before the first.")
    limit = reader.decimal("amount_limit", low=Decimal(0))
    actions = "".join(letter for letter, _ in LETTERS if reader.flag(f"letter_{letter}"))
    if not actions:
        reader.wrong("letter_R", "Tick at least one.")
    reason = reader.text("reason", 300, required=True)
    reader.check("projects.delegation")
    if to_person is None or first is None or last is None:
        raise AssertionError("the check above refuses these")
    return DelegationInput(to_person, actions, limit, first, last, reason)
