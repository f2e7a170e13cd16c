# SPDX-License-Identifier: Apache-2.0
"""Forms of units, calendars, currencies and custom fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.pages import Field, Options, Section, as_text
from pilothouse.foundation.core.parsing import Entered, Reader
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField, OrgUnit

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPARE_ROWS = 5
_SPAN = re.compile(r"^(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})$")


def unit_sections(people: Options, currencies: Options, parents: Options = ()) -> list[Section]:
    """A unit; the unit above is asked only while it is new, later it is moved."""
    above = [Field("parent", "Below", "select", required=True, options=parents)] if parents else []
    return [
        Section(
            "",
            [
                Field("name", "Name", required=True, attrs={"maxlength": "200"}),
                Field("code", "Code", required=True, attrs={"maxlength": "40"}),
                *above,
                Field("kind", "Kind", "select", required=True, options=OrgUnit.Kind.choices),
                Field("head", "Head", "select", options=people),
                Field("cost_centre", "Cost centre", attrs={"maxlength": "40"}),
                Field("default_currency", "Currency", "select", options=currencies),
                Field("valid_from", "Exists from", "date"),
                Field(
                    "valid_to",
                    "Closed after",
                    "date",
                    hint="Units below must be closed or moved first.",
                ),
                Field("reason", "Reason", wide=True, hint="Kept in the history."),
            ],
        )
    ]


def unit_initial(row: OrgUnit) -> dict[str, str]:
    """Saved values as text."""
    names = ("name", "code", "kind", "cost_centre", "valid_from", "valid_to")
    return {name: as_text(getattr(row, name)) for name in names} | {
        "head": as_text(row.head_id),
        "default_currency": as_text(row.default_currency_id),
    }


def read_unit(data: Mapping[str, str], people: Options, *, new: bool) -> Entered:
    """Everything but the place."""
    reader = Reader(data)
    persons = User.objects.filter(pk__in=[int(key) for key, _ in people if key])
    values: dict[str, Any] = {
        "name": reader.text("name", 200, required=True),
        "code": reader.text("code", 40, required=True),
        "kind": reader.choice("kind", OrgUnit.Kind.values),
        "head": reader.row("head", persons),
        "cost_centre": reader.text("cost_centre", 40),
        "default_currency": reader.row("default_currency", Currency.objects.all()),
        "valid_from": reader.day("valid_from"),
        "valid_to": reader.day("valid_to"),
    }
    first, last = values["valid_from"], values["valid_to"]
    if first and last and last < first:
        reader.wrong("valid_to", "The last day lies before the first.")
    entered = Entered(values, None if new else reader.version(), reader.text("reason", 300))
    reader.check("organisation.unit")
    return entered


def spans_text(spans: list[list[int]]) -> str:
    """Working spans of a day as they are typed: 08:00–12:00, 13:00–17:00."""
    return ", ".join(
        f"{start // 60:02d}:{start % 60:02d}–{end // 60:02d}:{end % 60:02d}" for start, end in spans
    )


def _read_spans(reader: Reader, name: str) -> list[list[int]]:
    spans: list[list[int]] = []
    for part in re.split(r"[,;]", reader.text(name, 200)):
        if not part.strip():
            continue
        found = _SPAN.match(part.strip())
        if found is None:
            reader.wrong(name, f"‘{part.strip()[:40]}’ is no span; write 08:00–12:00.")
            return []
        hours = [int(text) for text in found.groups()]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if hours[1] > 59 or hours[3] > 59 or end > 1440:
            reader.wrong(name, f"‘{part.strip()}’ is no time of a day.")
            return []
        if end <= start:
            reader.wrong(name, f"‘{part.strip()}’ ends before it starts.")
            return []
        if spans and start < spans[-1][1]:
            reader.wrong(name, f"‘{part.strip()}’ overlaps the span before it.")
            return []
        spans.append([start, end])
    return spans


def calendar_sections(rows: int) -> list[Section]:
    """Name, seven days, and rows of exceptions."""
    week = [
        Field(f"day.{number}", day, hint="Empty: not worked." if number == 0 else "")
        for number, day in enumerate(DAYS)
    ]
    exceptions: list[Field] = []
    for number in range(rows):
        exceptions += [
            Field(f"name.{number}", f"{number + 1}. Name"),
            Field(f"first.{number}", f"{number + 1}. First day", "date"),
            Field(f"last.{number}", f"{number + 1}. Last day", "date"),
            Field(f"spans.{number}", f"{number + 1}. Worked"),
        ]
    return [
        Section(
            "",
            [
                Field("name", "Name", required=True, attrs={"maxlength": "120"}),
                Field("is_default", "The office's default calendar", "checkbox"),
            ],
        ),
        Section("Week", week, "Spans of the day such as 08:00–12:00, 13:00–17:00."),
        Section(
            "Holidays and exceptions",
            exceptions,
            "Leave “worked” empty for a day off, and the last day empty for a single day. "
            "Clear a row to remove it; save to get more rows.",
        ),
    ]


def exception_rows(row: Calendar | None, data: Mapping[str, str]) -> int:
    """How many rows the form shows: the saved ones and some to fill."""
    sent = sum(name.startswith("first.") for name in data)
    return min(400, max(sent, (len(row.exceptions) if row else 0) + SPARE_ROWS))


def calendar_initial(row: Calendar) -> dict[str, str]:
    """Saved values as text."""
    values = {"name": row.name, "is_default": as_text(row.is_default)}
    for number, spans in enumerate(row.week):
        values[f"day.{number}"] = spans_text(spans)
    for number, item in enumerate(row.exceptions):
        values[f"name.{number}"] = item.get("name", "")
        values[f"first.{number}"] = item["first"]
        values[f"last.{number}"] = "" if item["last"] == item["first"] else item["last"]
        values[f"spans.{number}"] = spans_text(item["intervals"])
    return values


@dataclass(frozen=True, slots=True)
class CalendarInput:
    """A calendar as it was typed."""

    name: str
    week: list[list[list[int]]]
    exceptions: list[dict[str, Any]]
    is_default: bool
    version: int | None


def read_calendar(data: Mapping[str, str], rows: int, *, new: bool) -> CalendarInput:
    """Week and exceptions, each mistake at its row; the engine checks the whole afterwards."""
    reader = Reader(data)
    name = reader.text("name", 120, required=True)
    week = [_read_spans(reader, f"day.{number}") for number in range(7)]
    if not any(week) and not reader.problems:
        reader.wrong("day.0", "At least one day of the week is worked.")
    exceptions: list[dict[str, Any]] = []
    for number in range(rows):
        first, last = reader.day(f"first.{number}"), reader.day(f"last.{number}")
        label = reader.text(f"name.{number}", 120)
        spans = _read_spans(reader, f"spans.{number}")
        if first is None:
            if label or last or spans:
                reader.wrong(f"first.{number}", "Choose the first day, or clear the row.")
            continue
        if last is not None and last < first:
            reader.wrong(f"last.{number}", "The last day lies before the first.")
        exceptions.append(_exception(first, last or first, spans, label))
    form = CalendarInput(
        name,
        week,
        sorted(exceptions, key=lambda item: item["first"]),
        reader.flag("is_default"),
        None if new else reader.version(),
    )
    reader.check("organisation.calendar")
    return form


def _exception(first: date, last: date, spans: list[list[int]], name: str) -> dict[str, Any]:
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "intervals": spans,
        "name": name,
    }


def currency_sections() -> list[Section]:
    """Code, name, decimals."""
    return [
        Section(
            "",
            [
                Field("code", "Code", required=True, hint="ISO 4217, such as EUR."),
                Field("name", "Name", required=True, attrs={"maxlength": "60"}),
                Field("minor_units", "Decimals", "number", True, attrs={"min": "0", "max": "4"}),
            ],
        )
    ]


@dataclass(frozen=True, slots=True)
class FieldInput:
    """A custom field as it was typed."""

    of: CustomField.Of
    label: str
    kind: str
    choices: list[str]
    position: int
    is_active: bool
    version: int | None


def field_sections(*, new: bool) -> list[Section]:
    """A typed field; its kind cannot change once it exists."""
    kind = (
        [
            Field("of", "A field of", "select", required=True, options=CustomField.Of.choices),
            Field("kind", "Kind", "select", required=True, options=CustomField.Kind.choices),
        ]
        if new
        else []
    )
    return [
        Section(
            "",
            [
                Field("label", "Label", required=True, attrs={"maxlength": "80"}),
                *kind,
                Field(
                    "position",
                    "Position",
                    "number",
                    hint="Lower ones come first.",
                    attrs={"min": "0", "max": "999"},
                ),
                Field("is_active", "In use", "checkbox"),
                Field(
                    "choices",
                    "Entries of the list",
                    "textarea",
                    wide=True,
                    hint="One on each line; only for a list. Values already chosen stay.",
                ),
            ],
        )
    ]


def field_initial(row: CustomField) -> dict[str, str]:
    """Saved values as text."""
    return {
        "label": row.label,
        "position": str(row.position),
        "is_active": as_text(row.is_active),
        "choices": "\n".join(row.choices),
    }


def read_field(data: Mapping[str, str], saved: CustomField | None) -> FieldInput:
    """Label, kind, entries, order."""
    reader = Reader(data)
    of = saved.of if saved else reader.choice("of", CustomField.Of.values)
    form = FieldInput(
        CustomField.Of(of or CustomField.Of.PROJECT),
        reader.text("label", 80, required=True),
        saved.kind if saved else reader.choice("kind", CustomField.Kind.values),
        reader.text("choices", 5000).splitlines(),
        reader.whole("position", 0, 999, default=0),
        reader.flag("is_active"),
        reader.version() if saved else None,
    )
    if any(len(choice.strip()) > 120 for choice in form.choices):
        reader.wrong("choices", "An entry has at most 120 characters.")
    reader.check("organisation.custom_field")
    return form
