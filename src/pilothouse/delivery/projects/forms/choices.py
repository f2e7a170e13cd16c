# SPDX-License-Identifier: Apache-2.0
"""What may be chosen in the forms of the register."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from pilothouse.delivery.projects.models import Portfolio, Programme, StrategicObjective
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.pages import Options
from pilothouse.foundation.organisation.models import STEP, Calendar, Currency, CustomField
from pilothouse.foundation.organisation.queries import people_of_offices

NOBODY = [("", "Nobody yet")]


def people(offices: Iterable[int], kept: Iterable[User | None] = ()) -> Options:
    """Active people of the offices, and those already named."""
    active = people_of_offices(offices).filter(is_active=True)
    found = dict(active.values_list("pk", "full_name"))
    found |= {person.pk: person.full_name for person in kept if person is not None}
    rows = sorted(found.items(), key=lambda item: (item[1].casefold(), item[0]))
    return [*NOBODY, *((str(pk), name) for pk, name in rows)]


def currencies() -> Options:
    """All currencies of the installation."""
    return [(code, f"{code} {name}") for code, name in Currency.objects.values_list("code", "name")]


def portfolios(rows: Iterable[Portfolio], nothing: str = "") -> Options:
    """Portfolios indented as they nest."""
    found = [
        (str(row.pk), "– " * (len(row.path) // STEP - 1) + row.name)
        for row in sorted(rows, key=lambda row: row.path)
    ]
    return [("", nothing), *found] if nothing else found


def objectives(offices: Iterable[int], kept: Iterable[int] = ()) -> list[StrategicObjective]:
    """Objectives in use of the offices, and those already named."""
    rows = StrategicObjective.objects.filter(office_id__in=set(offices))
    rows = rows.filter(Q(voided=False) | Q(pk__in=list(kept)))
    return list(rows.select_related("office").order_by("office__name", "code"))


def programmes(rows: Iterable[Programme]) -> Options:
    """Programmes with the portfolio they belong to."""
    return [
        ("", "None"),
        *((str(row.pk), f"{row.portfolio.name} › {row.name}") for row in rows),
    ]


def calendars(office_id: int) -> Options:
    """Working calendars of an office."""
    rows = Calendar.objects.filter(office_id=office_id).values_list("pk", "name")
    return [("", "The office's default"), *((str(pk), name) for pk, name in rows)]


def of_custom(field: CustomField) -> Options:
    """Answers of a typed field that is chosen from a list."""
    if field.kind == CustomField.Kind.YES_NO:
        return [("", "–"), ("yes", "Yes"), ("no", "No")]
    return [("", "–"), *((str(choice), str(choice)) for choice in field.choices)]
