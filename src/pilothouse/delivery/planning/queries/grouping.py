# SPDX-License-Identifier: Apache-2.0
"""Tasks of a plan in groups: by their state, people, workstream and other fields of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries.cards import Card, Cards, State, calendar_names
from pilothouse.delivery.planning.queries.narrow import streams_of
from pilothouse.foundation.core.errors import Invalid

FIELDS = ("state", "person", "stream", "priority", "critical", "calendar", "work_type", "mode")
BANDS: Sequence[tuple[str, int, int]] = (
    ("highest", 800, 900),
    ("high", 600, 700),
    ("normal", 400, 500),
    ("low", 200, 300),
    ("lowest", 0, 100),
)
"""Bands of priority: key, the lowest number in it, the number that a move into it gives."""


def field_words() -> dict[str, str]:
    """Each field that tasks can be grouped by, in words."""
    return {
        "state": _("State"),
        "person": _("Person"),
        "stream": _("Workstream"),
        "priority": _("Priority"),
        "critical": _("Critical"),
        "calendar": _("Calendar"),
        "work_type": _("Work type"),
        "mode": _("Mode"),
    }


def require_group(field: str) -> None:
    """Raise Invalid where tasks cannot be grouped by this field."""
    if field not in FIELDS:
        message = f"‘{field[:40]}’ is no field to group by; there are: {', '.join(FIELDS)}."
        raise Invalid("planning.group", message, fields={"group": message})


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a field in their order, and those that a task belongs to."""

    field: str
    groups: Mapping[str, str]
    of: Callable[[Card], Sequence[str]]


def grouping_of(plan: ProjectPlan, cards: Cards, field: str, today: date) -> Grouping:
    """The groups of one of ``FIELDS``; each task lies in one, by people in one for each."""
    groups, of = _MADE[field](plan, cards, today)
    return Grouping(field, groups, of)


_Made = tuple[dict[str, str], Callable[[Card], Sequence[str]]]


def state_words() -> dict[str, str]:
    """Each state of a task in words."""
    return {
        State.NOT_STARTED.value: _("Not started"),
        State.IN_PROGRESS.value: _("In progress"),
        State.LATE.value: _("Late"),
        State.COMPLETE.value: _("Complete"),
    }


def _states(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    return state_words(), lambda row: (row.state(today).value,)


def _people(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    names = {str(uid): name for uid, name in cards.names.items()}
    return names | {"0": _("Nobody")}, lambda row: [
        str(uid) for uid in cards.people.get(row.uid, (0,))
    ]


def _streams(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    names = {str(uid): name for uid, name in streams_of(cards)}
    return names | {"0": _("Outside the workstreams")}, lambda row: (
        str(cards.stream.get(row.uid, 0)),
    )


def _priorities(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    words = {
        "highest": _("Highest (800 and more)"),
        "high": _("High (600 to 799)"),
        "normal": _("Normal (400 to 599)"),
        "low": _("Low (200 to 399)"),
        "lowest": _("Lowest (below 200)"),
    }
    return words, lambda row: (band_of(row.priority),)


def band_of(priority: int) -> str:
    """The band in which a priority lies."""
    return next((key for key, least, _number in BANDS if priority >= least), BANDS[-1][0])


def _critical(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    words = {"yes": _("Critical"), "no": _("Not critical")}
    return words, lambda row: ("yes" if row.critical else "no",)


def _calendars(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    names = {str(uid): name for uid, name in calendar_names(plan).items()}
    return {"": _("That of the plan")} | names, lambda row: (
        "" if row.calendar_uid is None else str(row.calendar_uid),
    )


def _work_types(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    words = {
        "fixed_units": _("Fixed units"),
        "fixed_work": _("Fixed work"),
        "fixed_duration": _("Fixed duration"),
    }
    return words, lambda row: (row.work_type,)


def _modes(plan: ProjectPlan, cards: Cards, today: date) -> _Made:
    words = {"computed": _("Dates computed"), "by_hand": _("Dates by hand")}
    return words, lambda row: ("by_hand" if row.manual else "computed",)


_MADE: Mapping[str, Callable[[ProjectPlan, Cards, date], _Made]] = {
    "state": _states,
    "person": _people,
    "stream": _streams,
    "priority": _priorities,
    "critical": _critical,
    "calendar": _calendars,
    "work_type": _work_types,
    "mode": _modes,
}
