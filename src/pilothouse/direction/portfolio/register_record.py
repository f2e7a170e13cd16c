# SPDX-License-Identifier: Apache-2.0
"""The record of a project as of a day, and its changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import PEOPLE_FIELDS
from pilothouse.direction.portfolio.project_figures import Sight
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.queries import Change, as_of
from pilothouse.foundation.core.services import plain
from pilothouse.foundation.organisation.models import Calendar
from pilothouse.foundation.organisation.queries import custom_fields

MONEY_FIELDS = ("budget", "forecast_cost")
BENEFIT_FIELDS = ("benefits_approved", "benefits_forecast")
DATE_FIELDS = (
    "planned_start",
    "planned_finish",
    "baseline_start",
    "baseline_finish",
    "stated_on",
    "hold_review_on",
)
FIELDS: dict[str, str] = {
    "code": "Code",
    "name": "Name",
    "purpose": "Purpose",
    "portfolio": "Portfolio",
    "programme": "Programme",
    "project_type": "Type",
    "size_class": "Size class",
    "classification": "Classification",
    "strategic_critical": "Strategically critical",
    "state": "State",
    "hold_review_on": "Review of the hold",
    "sponsor": "Sponsor",
    "pm": "Project manager",
    "functional_owner": "Functional owner",
    "technology_owner": "Technology owner",
    "technology_owner_waiver": "No technology owner because",
    "finance_contact": "Finance contact",
    "currency": "Currency",
    "calendar": "Calendar",
    "planned_start": "Planned start",
    "planned_finish": "Planned finish",
    "baseline_start": "Approved start",
    "baseline_finish": "Approved finish",
    "budget": "Budget",
    "forecast_cost": "Forecast cost",
    "benefits_approved": "Approved benefit",
    "benefits_forecast": "Forecast benefit",
    "stated_colour": "Stated colour",
    "stated_comment": "Comment on the stated colour",
    "stated_on": "Stated on",
    "custom": "Fields of the office",
}
ACTIONS = {
    "project.create": "Entered",
    "project.update": "Changed",
    "project.move": "Moved",
    "project.state": "State changed",
    "project.past": "Past set right",
    "project.withdraw": "Withdrawn",
}
HIDDEN = "not for your roles"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One field of a change in words."""

    label: str
    before: str
    after: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of the history of a record."""

    at: datetime
    who: str
    channel: str
    what: str
    reason: str
    values: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One field of the record: as it stood, and as it stands now where that differs."""

    label: str
    value: str
    now: str
    differs: bool
    hidden: bool


def hidden_fields(sight: Sight) -> frozenset[str]:
    """Fields whose values the actor's roles do not open; the auditor and the director see all."""
    if sight.audit:
        return frozenset()
    hidden: set[str] = set()
    if not sight.money:
        hidden |= set(MONEY_FIELDS)
    if not sight.benefits:
        hidden |= set(BENEFIT_FIELDS)
    return frozenset(hidden)


def change_lines(changes: Sequence[Change], sight: Sight) -> tuple[ChangeLine, ...]:
    """Changes in words; of an entry only that it was made, not every first value."""
    hidden = hidden_fields(sight)
    shown = [
        (change, () if change.action.endswith(".create") else change.fields) for change in changes
    ]
    names = _Names.of(
        (field.name, value)
        for _, fields in shown
        for field in fields
        for value in (field.before, field.after)
    )
    return tuple(
        ChangeLine(
            change.at,
            change.who,
            change.channel,
            ACTIONS.get(change.action, change.action),
            change.reason,
            tuple(
                ValueChange(
                    FIELDS.get(field.name, field.name.replace("_", " ").capitalize()),
                    HIDDEN if field.name in hidden else names.text(field.name, field.before),
                    HIDDEN if field.name in hidden else names.text(field.name, field.after),
                    field.name in hidden,
                )
                for field in fields
            ),
        )
        for change, fields in shown
    )


def record_lines(project: Project, day: date, sight: Sight) -> tuple[RecordLine, ...] | None:
    """Every field as it stood at the end of a day; None where the register had no entry yet."""
    then = as_of(project, day, FIELDS)
    if then is None:
        return None
    now = plain(project, FIELDS)
    labels = dict(custom_fields([project.office_id]).values_list("key", "label"))
    for values in (then, now):
        # Values of a field that is out of use stay stored, and are not shown.
        values["custom"] = {
            label: values["custom"][key] for key, label in labels.items() if key in values["custom"]
        }
    hidden = hidden_fields(sight)
    names = _Names.of((name, value) for source in (then, now) for name, value in source.items())
    return tuple(
        RecordLine(
            label,
            HIDDEN if name in hidden else names.text(name, then[name]),
            HIDDEN if name in hidden else names.text(name, now[name]),
            name not in hidden and then[name] != now[name],
            name in hidden,
        )
        for name, label in FIELDS.items()
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids → names, read once for all values of a page."""

    people: dict[int, str]
    portfolios: dict[int, str]
    programmes: dict[int, str]
    calendars: dict[int, str]

    @classmethod
    def of(cls, values: Iterable[tuple[str, Any]]) -> _Names:
        ids: dict[str, set[int]] = {"people": set(), "portfolio": set(), "programme": set()}
        ids["calendar"] = set()
        for name, value in values:
            key = "people" if name in PEOPLE_FIELDS else name
            if key in ids and value is not None:
                ids[key].add(int(value))
        people, portfolio, programme, calendar = (
            dict(model._default_manager.filter(pk__in=ids[key]).values_list("pk", column))
            if ids[key]
            else {}
            for key, model, column in (
                ("people", User, "full_name"),
                ("portfolio", Portfolio, "name"),
                ("programme", Programme, "name"),
                ("calendar", Calendar, "name"),
            )
        )
        return cls(people, portfolio, programme, calendar)

    def text(self, name: str, value: Any) -> str:
        """A value in words; an empty one is a dash."""
        if value is None or value == "" or value == {}:
            return "–"
        if name in PEOPLE_FIELDS:
            return self.people.get(int(value), "–")
        for field, table in (
            ("portfolio", self.portfolios),
            ("programme", self.programmes),
            ("calendar", self.calendars),
        ):
            if name == field:
                return table.get(int(value), "–")
        return _plain(name, value)


def value_text(value: Any) -> str:
    """A value of the office's own fields in words, or all of them."""
    if isinstance(value, dict):
        return "; ".join(f"{label}: {value_text(item)}" for label, item in sorted(value.items()))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:,.15g}" if isinstance(value, float) else str(value)


def _plain(name: str, value: Any) -> str:
    if name in DATE_FIELDS:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        return written(day)
    if name in (*MONEY_FIELDS, *BENEFIT_FIELDS):
        try:
            return f"{Decimal(str(value)):,.2f}"
        except InvalidOperation:
            return str(value)
    if isinstance(value, bool | dict):
        return value_text(value)
    field = Project._meta.get_field(name) if name in FIELDS else None
    choices = dict(getattr(field, "flatchoices", ()) or ())
    return str(choices.get(value, value))
