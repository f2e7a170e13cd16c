# SPDX-License-Identifier: Apache-2.0
"""A backlog that comes as a table: what is known by its key is changed, the rest is added."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.lines import Draft, read_line
from pilothouse.delivery.agile.models import (
    MOST_POINTS,
    MOST_VALUE,
    TEXT_LENGTH,
    TITLE_LENGTH,
    BacklogItem,
    Release,
    Sprint,
)
from pilothouse.delivery.agile.services.backlog import (
    add_items,
    changed_many,
    locked,
    require_counted,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.numbers import exact
from pilothouse.foundation.organisation.queries import office_people

COLUMNS = (
    *("key", "type", "title", "points", "value", "state", "owner", "epic", "release", "sprint"),
    "acceptance",
)
MOST_TOLD = 20
_POINTS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
Line = Mapping[str, str]
"""Cells of one row by column; a column that the table does not have is left out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many items a table added, changed and left as they were."""

    added: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class Change:
    """A value of an item that a row of a table changes, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowLook:
    """What a row of a table would do: add an item, change one, leave it as it is, or why nothing.

    ``wrong`` is why it cannot be taken; of an item that is added ``changes`` are its values.
    """

    number: int
    key: str
    title: str
    changes: Sequence[Change]
    wrong: str = ""

    @property
    def what(self) -> str:
        """``wrong``, ``added``, ``changed`` or ``same``."""
        if self.wrong:
            return "wrong"
        return ("changed" if self.changes else "same") if self.key else "added"


@dataclass(slots=True)
class _Read:
    """What the rows say, and what is wrong with them."""

    added: list[tuple[Draft, dict[str, Any]]] = field(default_factory=list)
    changed: list[tuple[BacklogItem, dict[str, Any]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    looks: list[RowLook] = field(default_factory=list)


def look_at_table(*, actor: Actor, project: Project, lines: Mapping[int, Line]) -> list[RowLook]:
    """What ``take_table`` would do, row by row, mistakes included. Who: U on backlog."""
    rules.require_on_backlog(actor, project, "U")
    return _read(project, lines).looks


@transaction.atomic
def take_table(*, actor: Actor, project: Project, lines: Mapping[int, Line], today: date) -> Taken:
    """Change the items whose key a row names, and add the others at the end, all or none.

    A cell that is empty empties the value; a state or a type that is empty stays.
    Who: U on backlog. Writes: BacklogItem, the ledger. Publishes: PointsChanged.
    Raises: Invalid naming each row that cannot be taken, and why.
    """
    locked(project)
    rules.require_on_backlog(actor, project, "U")
    rules.require_open(project)
    read = _read(project, lines)
    _require_none(read.wrong)
    if read.added:
        add_items(
            actor=actor,
            project=project,
            drafts=[draft for draft, _ in read.added],
            rows=[values for _, values in read.added],
            today=today,
        )
    count = changed_many(actor, project, read.changed, today)
    return Taken(len(read.added), count, len(read.changed) - count)


def _read(project: Project, lines: Mapping[int, Line]) -> _Read:
    known, read = _Known(project), _Read()
    for number, line in lines.items():
        _read_line(read, known, number, line)
    return read


class _Known:
    """What a table may name, by the words that it names it with."""

    def __init__(self, project: Project) -> None:
        rows = BacklogItem.objects.filter(project=project).select_related(
            "project__portfolio__org_unit", "sprint", "epic", "release"
        )
        self.items = {row.key.casefold(): row for row in rows}
        epics = [row for row in self.items.values() if row.kind == BacklogItem.Kind.EPIC]
        self.rows: dict[str, dict[str, Any]] = {
            "epic": _named((row.title, row) for row in epics)
            | {row.key.casefold(): row for row in epics},
            "release": _named((row.name, row) for row in Release.objects.filter(project=project)),
            "sprint": _named((row.name, row) for row in Sprint.objects.filter(project=project)),
        }
        people: list[User] = list(office_people(project.office_id).distinct())
        self.rows["owner"] = _named((row.full_name, row) for row in people) | {
            row.email.casefold(): row for row in people
        }


def _named(pairs: Any) -> dict[str, Any]:
    """Rows by folded name; a name that two bear stands for neither."""
    found: dict[str, Any] = {}
    for name, row in pairs:
        key = name.casefold().strip()
        found[key] = None if key in found else row
    return found


def _read_line(read: _Read, known: _Known, number: int, line: Line) -> None:
    try:
        key = line.get("key", "").casefold()
        item = known.items.get(key)
        if key and item is None:
            raise ValueError(f"there is no item {line['key'][:40]} here; empty its key to add it")
        values = _values(known, line)
        _require_possible(item or BacklogItem(), values)
        if item is not None:
            told = [
                Change(
                    _NAMES.get(name, name), _words(name, getattr(item, name)), _words(name, value)
                )
                for name, value in core.differing(item, values).items()
            ]
            read.looks.append(RowLook(number, item.key, values.get("title", item.title), told))
            read.changed.append((item, values))
            return
        title, kind = values.pop("title", ""), values.pop("kind", BacklogItem.Kind.STORY)
        draft = read_line(f"story: {title}") if title else "It has no title."
        if isinstance(draft, str):
            raise ValueError(draft.removesuffix("."))
        points = values.pop("points", None)
        said = {"kind": kind, "points": points, **values}
        told = [
            Change(_NAMES.get(name, name), "", _words(name, value))
            for name, value in said.items()
            if value
        ]
        read.looks.append(RowLook(number, "", title, told))
        read.added.append((Draft(title, kind, points), values))
    except ValueError as error:
        read.wrong.append(f"Row {number}: {error}.")
        read.looks.append(
            RowLook(number, line.get("key", ""), line.get("title", ""), (), str(error))
        )


def _require_possible(item: BacklogItem, values: Mapping[str, Any]) -> None:
    """Raise ValueError where the item cannot become this."""
    if values.get("kind", item.kind) == BacklogItem.Kind.EPIC:
        given = [name for name in ("points", "sprint", "epic") if values.get(name) is not None]
        if given:
            raise ValueError(f"an epic has no {', no '.join(given)}; its items have")
    try:
        require_counted(item, values)
    except Invalid as refused:
        raise ValueError(refused.message.removesuffix(".")) from None


_NAMES = {"kind": "type"}
"""Fields that a table calls by another name."""
_LABELS: Mapping[str, Mapping[str, str]] = {
    "kind": {value: str(label) for value, label in BacklogItem.Kind.choices},
    "state": {value: str(label) for value, label in BacklogItem.State.choices},
}


def _words(name: str, value: object) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        return exact(value)
    return _LABELS.get(name, {}).get(str(value), str(value))


def _values(known: _Known, line: Line) -> dict[str, Any]:
    """The values of a row. Raises: ValueError."""
    values: dict[str, Any] = {}
    if line.get("title"):
        if len(line["title"]) > TITLE_LENGTH:
            raise ValueError(f"its title is longer than {TITLE_LENGTH} characters")
        values["title"] = line["title"]
    if line.get("type"):
        values["kind"] = _choice("type", line["type"], BacklogItem.Kind)
    if line.get("state"):
        values["state"] = _choice("state", line["state"], BacklogItem.State)
    if "points" in line:
        values["points"] = _points(line["points"])
    if "value" in line:
        values["value"] = _whole(line["value"])
    if "acceptance" in line:
        if len(line["acceptance"]) > TEXT_LENGTH:
            raise ValueError(f"its acceptance is longer than {TEXT_LENGTH} characters")
        values["acceptance"] = line["acceptance"]
    for name, rows in known.rows.items():
        if name not in line:
            continue
        text = line[name].casefold()
        values[name] = rows.get(text) if text else None
        if text and values[name] is None:
            several = "several bear" if text in rows else "nothing here bears"
            raise ValueError(f"{several} the name ‘{line[name][:60]}’ of its {name}")
    return values


def _choice(name: str, text: str, kinds: type[models.TextChoices]) -> str:
    for value, label in kinds.choices:
        if text.casefold() in (value.casefold(), str(label).casefold()):
            return str(value)
    words = ", ".join(str(label) for _, label in kinds.choices)
    raise ValueError(f"‘{text[:40]}’ is no {name}; write one of {words}")


def _points(text: str) -> Decimal | None:
    if not text:
        return None
    found = Decimal(text) if _POINTS.fullmatch(text) else None
    if found is None or found > MOST_POINTS or found != round(found, 2):
        raise ValueError(
            f"‘{text[:40]}’ as its points is no number from 0 to {MOST_POINTS} with at most two "
            "decimals"
        )
    return found


def _whole(text: str) -> int | None:
    if not text:
        return None
    plain = text.removesuffix(".0")
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 6 or int(plain) > MOST_VALUE:
        raise ValueError(f"‘{text[:40]}’ as its value is no whole number from 0 to {MOST_VALUE}")
    return int(plain)


def _require_none(wrong: Sequence[str]) -> None:
    if not wrong:
        return
    more = len(wrong) - MOST_TOLD
    told = " ".join(wrong[:MOST_TOLD]) + (f" And {more} more rows." if more > 0 else "")
    message = f"{told} Nothing was taken over; mend the rows and read the table again."
    raise Invalid("agile.table", message, fields={"file": message})
