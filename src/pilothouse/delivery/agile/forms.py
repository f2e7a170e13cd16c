# SPDX-License-Identifier: Apache-2.0
"""Fields of the forms of a backlog, and what was typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from pilothouse.delivery.agile.models import (
    MOST_CAPACITY,
    MOST_ITEMS,
    MOST_POINTS,
    MOST_VALUE,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Backlog,
    BacklogItem,
    Release,
    Sprint,
)
from pilothouse.delivery.agile.queries import Choices, Wanted
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.pages import Field, Options, as_text
from pilothouse.foundation.core.parsing import Reader

NONE = "none"
"""Of a select that leaves everything as it is unless something is chosen: take it out."""
_WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
_POINTS = {"inputmode": "decimal", "autocomplete": "off"}
LARGEST_UID = 2_147_483_647


def wanted_of(data: Mapping[str, str], shown: Sequence[str]) -> Wanted:
    """How the address narrows the backlog; nonsense narrows nothing. -1 means “none”."""

    def number(name: str) -> int:
        text = data.get(name, "")
        if text == NONE:
            return -1
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0

    show, kind = data.get("show", "open"), data.get("kind", "")
    return Wanted(
        show if show in shown else "open",
        data.get("q", "").replace("\0", "").strip()[:100],
        kind if kind in BacklogItem.Kind.values else "",
        number("epic"),
        number("release"),
        number("sprint"),
        number("owner"),
    )


def options(rows: Sequence[models.Model], first: str = "") -> Options:
    """Rows to choose from, an empty choice first."""
    return [("", first), *((str(row.pk), str(row)) for row in rows)]


def settings_fields(*, whole: bool) -> list[Field]:
    """How a team works; ``whole`` with the limits of its board."""
    fields = [
        Field(
            "method",
            _("Method"),
            "select",
            True,
            _("Agile: the points say how far the project is. Hybrid: its plan does."),
            options=[(value, _(label)) for value, label in Backlog.Method.choices],
        ),
        Field(
            "velocity_sprints",
            _("Sprints of the velocity"),
            "text",
            True,
            _("The mean is taken over so many closed sprints: 1 to 12."),
            attrs=_WHOLE,
        ),
        Field(
            "sprint_days",
            _("Length of a sprint"),
            "text",
            True,
            _("Calendar days from one start to the next: 1 to 60."),
            attrs=_WHOLE,
        ),
    ]
    if whole:
        hint = _("So many items at most; empty: any number.")
        fields += [
            Field(f"limit_{state.value}", _(str(state.label)), "text", hint=hint, attrs=_WHOLE)
            for state in BacklogItem.OPEN
        ]
    return fields


def read_settings(reader: Reader, *, whole: bool) -> dict[str, Any]:
    """What was typed into the settings."""
    values: dict[str, Any] = {
        "method": reader.choice("method", Backlog.Method.values),
        "velocity_sprints": reader.whole("velocity_sprints", 1, 12),
        "sprint_days": reader.whole("sprint_days", 1, 60),
    }
    if whole:
        for state in BacklogItem.OPEN:
            values[f"limit_{state.value}"] = _optional(reader, f"limit_{state.value}", 1, 99)
    return values


def item_fields(item: BacklogItem, choices: Choices, *, orders: bool) -> list[Field]:
    """The form of an item; what it is planned into only for whoever orders the backlog."""
    epics = [row for row in choices.epics if row.pk != item.pk]
    sprints: list[models.Model] = list(choices.sprints)
    releases: list[models.Model] = list(choices.releases)
    people: list[models.Model] = list(choices.people)
    for row, rows in ((item.sprint, sprints), (item.release, releases), (item.owner, people)):
        if row is not None and row not in rows:
            rows.append(row)
    return [
        Field("title", _("Title"), required=True, wide=True),
        Field("kind", _("Type"), "select", True, options=_choices(BacklogItem.Kind)),
        Field(
            "points",
            _("Points"),
            hint=_("Such as 3 or 0.5; empty: not sized yet. An epic has none."),
            attrs=_POINTS,
        ),
        Field("state", _("State"), "select", True, options=_choices(BacklogItem.State)),
        Field("owner", _("Owner"), "select", options=options(people)),
        Field(
            "value", _("Value"), hint=_("What it is worth, in a scale of your own."), attrs=_WHOLE
        ),
        Field("epic", _("Epic"), "select", options=options(epics), fixed=not orders),
        Field("release", _("Release"), "select", options=options(releases), fixed=not orders),
        Field("sprint", _("Sprint"), "select", options=options(sprints), fixed=not orders),
        Field(
            "acceptance",
            _("Acceptance"),
            "textarea",
            hint=_("What must be true for it to be done."),
            wide=True,
        ),
    ]


ITEM_NAMES = (
    *("title", "kind", "points", "state", "owner", "value"),
    *("epic", "release", "sprint", "acceptance"),
)


def item_initial(item: BacklogItem) -> dict[str, str]:
    """An item as its form shows it."""
    keys = {"owner", "epic", "release", "sprint"}
    return {
        name: as_text(getattr(item, f"{name}_id" if name in keys else name)) for name in ITEM_NAMES
    }


def read_item(reader: Reader, item: BacklogItem, *, orders: bool) -> dict[str, Any]:
    """What was typed into the form of an item."""
    values: dict[str, Any] = {
        "title": reader.text("title", TITLE_LENGTH, required=True),
        "kind": reader.choice("kind", BacklogItem.Kind.values),
        "points": reader.decimal("points", low=Decimal(0), high=MOST_POINTS),
        "value": _optional(reader, "value", 0, MOST_VALUE),
        "state": reader.choice("state", BacklogItem.State.values),
        "owner": reader.row("owner", User.objects.all()),
        "acceptance": reader.text("acceptance", TEXT_LENGTH),
    }
    return values | (read_planned(reader, item.project_id) if orders else {})


def read_planned(reader: Reader, project_id: int) -> dict[str, Any]:
    """What an item is planned into."""
    return {name: reader.row(name, rows) for name, rows in _planned_into(project_id).items()}


def _planned_into(project_id: int) -> dict[str, models.QuerySet[Any]]:
    return {
        "epic": BacklogItem.objects.filter(project=project_id, kind="epic"),
        "release": Release.objects.filter(project=project_id),
        "sprint": Sprint.objects.filter(project=project_id),
    }


def read_bulk(data: QueryDict, project_id: int) -> tuple[list[int], dict[str, Any]]:
    """Which items were chosen, and what is to change of all of them.

    Raises: Invalid.
    """
    reader = Reader(data)
    ids = [
        int(text)
        for text in data.getlist("items")
        if text.isascii() and text.isdecimal() and len(text) < 16
    ]
    values: dict[str, Any] = {}
    rows = _planned_into(project_id) | {"owner": User.objects.all()}
    for name, found in rows.items():
        text = data.get(name, "")
        if text == NONE:
            values[name] = None
        elif text:
            values[name] = reader.row(name, found)
    if data.get("state"):
        values["state"] = reader.choice("state", BacklogItem.State.values)
    if data.get("points", "").strip():
        values["points"] = reader.decimal("points", low=Decimal(0), high=MOST_POINTS)
    reader.check("agile.bulk")
    return ids, values


def sprint_fields() -> list[Field]:
    """The form of a sprint."""
    return [
        Field("name", _("Name"), hint=_("Its number, if left empty.")),
        Field("start", _("Start"), "date", True),
        Field("finish", _("Finish"), "date", True),
        Field(
            "capacity",
            _("Capacity, points"),
            hint=_("What the team can take on this time; a hint, no limit."),
            attrs=_POINTS,
        ),
        Field("goal", _("Goal"), "textarea", wide=True),
    ]


def read_sprint(reader: Reader, *, named: bool) -> dict[str, Any]:
    """What was typed into the form of a sprint."""
    return {
        "name": reader.text("name", TITLE_LENGTH, required=named),
        "goal": reader.text("goal", TEXT_LENGTH),
        "start": reader.day("start", required=True),
        "finish": reader.day("finish", required=True),
        "capacity": reader.decimal("capacity", low=Decimal(0), high=MOST_CAPACITY),
    }


def release_fields(milestones: Options | None) -> list[Field]:
    """The form of a release; without a list of tasks the milestone is named by its number."""
    hint = _("Its forecast is shown beside, and goes into the plan when you accept it.")
    milestone = Field("milestone_uid", _("Milestone in the plan"), "text", hint=hint, attrs=_WHOLE)
    if milestones is not None:
        milestone = Field(
            "milestone_uid", _("Milestone in the plan"), "select", hint=hint, options=milestones
        )
    return [
        Field("name", _("Name"), required=True),
        Field("position", _("Order"), "text", True, _("1 comes first."), attrs=_WHOLE),
        Field("start", _("Start"), "date", True, _("Sprints that end from here on count.")),
        Field("planned_sprints", _("Planned sprints"), "text", True, attrs=_WHOLE),
        Field(
            "planned_points",
            _("Planned points"),
            hint=_("The scope that was agreed; 0 as long as none is."),
            attrs=_POINTS,
        ),
        Field(
            "confidence",
            _("Confidence of its date"),
            "select",
            True,
            options=[(str(value), label) for value, label in Release.Confidence.choices],
        ),
        milestone,
        Field("goal", _("Goal"), "textarea", wide=True),
        Field(
            "plan_note",
            _("Why planned anew"),
            "textarea",
            hint=_("Needed when the planned points change."),
            wide=True,
        ),
    ]


RELEASE_NAMES = (
    *("name", "position", "start", "planned_sprints", "planned_points", "confidence"),
    *("milestone_uid", "goal", "plan_note"),
)


def read_release(reader: Reader) -> dict[str, Any]:
    """What was typed into the form of a release."""
    return {
        "name": reader.text("name", TITLE_LENGTH, required=True),
        "goal": reader.text("goal", TEXT_LENGTH),
        "position": reader.whole("position", 1, 999, default=1),
        "start": reader.day("start", required=True),
        "planned_sprints": reader.whole("planned_sprints", 1, 99),
        "planned_points": reader.decimal(
            "planned_points", low=Decimal(0), high=MOST_ITEMS * MOST_POINTS
        )
        or Decimal(0),
        "confidence": int(reader.choice("confidence", map(str, Release.Confidence.values)) or 80),
        "milestone_uid": _optional(reader, "milestone_uid", 1, LARGEST_UID),
        "plan_note": reader.text("plan_note", TEXT_LENGTH),
    }


def _optional(reader: Reader, name: str, low: int, high: int) -> int | None:
    value = reader.whole(name, low, high, default=-1)
    return None if value == -1 else value


def _choices(kind: type[models.TextChoices]) -> Options:
    return [(value, _(str(label))) for value, label in kind.choices]
