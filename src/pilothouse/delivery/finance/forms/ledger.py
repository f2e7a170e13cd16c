# SPDX-License-Identifier: Apache-2.0
"""Forms of the ledger: columns of a file, where rows belong, corrections, the monthly extract."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.forms.parts import NUMBER, categories, currencies, natures
from pilothouse.delivery.finance.ledger_rows import COLUMNS, DATE_FORMS, REQUIRED, Form
from pilothouse.delivery.finance.models import (
    Actual,
    Category,
    FiscalPeriod,
    LedgerUpload,
    Nature,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH
from pilothouse.delivery.finance.services.corrections import Rightly
from pilothouse.delivery.finance.services.suspense import Which
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Field, Options
from pilothouse.foundation.core.parsing import Reader, number_of
from pilothouse.foundation.organisation.models import OrgUnit

MOST_TEXT = 1_000_000
MARKS = (".", ",")
TABLES = {"accept": ".xlsx,.csv,.txt,text/csv"}


def column_label(name: str) -> str:
    """What a column is called on the page."""
    return {
        "source_system": _("Source system"),
        "document_no": _("Document"),
        "line_no": _("Line"),
        "posting_date": _("Posting date"),
        "account": _("Account"),
        "project_code": _("Project code"),
        "amount": _("Amount"),
        "currency": _("Currency"),
        "period": _("Period"),
        "cost_centre": _("Cost centre"),
        "wbs_code": _("Work package"),
        "supplier": _("Supplier"),
        "po_no": _("Order number"),
        "text": _("Text"),
        "nature": _("Capex or opex"),
        "reverses": _("Turns back (document/line)"),
    }[name]


def column_fields(upload: LedgerUpload) -> list[Field]:
    """Which heading of the file holds each of our columns."""
    headings = upload.headings[0] if upload.headings else []
    options = [("", "–"), *((heading, heading) for heading in headings if heading)]
    return [
        Field(f"column-{name}", column_label(name), "select", name in REQUIRED, options=options)
        for name in COLUMNS
    ]


def mark_field() -> Field:
    """Which sign divides the decimals off."""
    marks = [(".", _("Point: 1,250.50")), (",", _("Comma: 1.250,50"))]
    return Field("decimal_mark", _("Decimal mark"), "select", True, options=marks)


def form_fields() -> list[Field]:
    """How amounts and days of the file are written."""
    return [
        mark_field(),
        Field("date_form", _("Days"), "select", True, options=list(DATE_FORMS.items())),
        Field(
            "keep_as",
            _("Remember as"),
            hint=_("A name for files of this kind; the next one is read the same way."),
        ),
    ]


def upload_initial(upload: LedgerUpload) -> dict[str, str]:
    """What is said of a file so far."""
    return {f"column-{name}": heading for name, heading in upload.columns.items()} | {
        "decimal_mark": upload.decimal_mark,
        "date_form": upload.date_form,
        "keep_as": upload.mapping.name if upload.mapping else "",
    }


def read_columns(reader: Reader) -> tuple[dict[str, str], Form, str]:
    """Columns, form and the name to remember them by; the service says what is wrong."""
    columns = {name: reader.text(f"column-{name}", 120) for name in COLUMNS}
    form = Form(
        reader.choice("decimal_mark", MARKS),
        reader.choice("date_form", DATE_FORMS),
    )
    return columns, form, reader.text("keep_as", NAME_LENGTH)


def at_fields(error: Invalid) -> Invalid:
    """The refusal with its columns at their fields."""
    error.fields = {
        f"column-{name}" if name in COLUMNS else name: text for name, text in error.fields.items()
    }
    return error


def total_fields() -> list[Field]:
    """A control total that came beside the file."""
    return [
        Field(
            "total",
            _("Control total"),
            hint=_("What the rows must come to, if known."),
            attrs=NUMBER,
        ),
        Field("total_currency", _("Its currency"), "select", options=[("", "–"), *currencies()]),
    ]


def read_total(reader: Reader) -> dict[str, Decimal]:
    """The stated control total, by its currency."""
    amount = reader.decimal("total", places=4)
    currency = reader.text("total_currency", 3)
    if amount is None:
        return {}
    if not currency:
        reader.wrong("total_currency", _("Choose the currency of the total."))
    return {currency: amount}


def which_of(data: dict[str, str]) -> Which:
    """Which waiting rows an address means: one, or all of a code or an account."""
    row = data.get("row", "")
    if row.isascii() and row.isdecimal() and len(row) < 16:
        return Which(rows=(int(row),))
    if code := data.get("code", ""):
        return Which(code=code[:CODE_LENGTH])
    return Which(account=data.get("account", "")[:CODE_LENGTH])


def map_fields(which: Which) -> list[Field]:
    """Where rows in suspense belong."""
    fields = [
        Field("project_code", _("Project"), hint=_("Its code, where no rule knows it yet.")),
        Field("wbs", _("Work package")),
        Field("category", _("Category"), "select", options=categories()),
        Field("nature", _("Nature"), "select", options=natures()),
    ]
    if not which.rows:
        hint = _("Rows that come later go the same way.")
        fields.append(Field("keep", _("Keep it as a rule"), "checkbox", hint=hint, wide=True))
    return fields


def read_project(reader: Reader, actor: Actor, office: OrgUnit) -> Project | None:
    """The project of a code, among those in sight."""
    code = reader.text("project_code", CODE_LENGTH)
    if not code:
        return None
    found = visible_projects(actor).filter(office_id=office.pk, code__iexact=code).first()
    if found is None:
        reader.wrong("project_code", _("There is no such project, or you may not see it."))
    return found


def read_purpose(reader: Reader) -> tuple[str, str]:
    """Category and nature, both or none."""
    return (
        reader.choice("category", Category.values, required=False),
        reader.choice("nature", Nature.values, required=False),
    )


def period_field(periods: Iterable[FiscalPeriod], label: str, hint: str = "") -> Field:
    options: Options = [(str(row.pk), row.name) for row in periods]
    return Field("period", label, "select", options=[("", "–"), *options], hint=hint)


def correction_fields() -> list[Field]:
    """How a row should stand."""
    return [
        Field("posting_date", _("Posting date"), "date", True),
        Field(
            "project_code",
            _("Project code"),
            hint=_("Empty: the row is only turned back."),
        ),
        Field("account", _("Account")),
        Field("wbs", _("Work package")),
    ]


def correction_initial(row: Actual, today: date) -> dict[str, str]:
    """The row as it stands, on a day of today."""
    return {
        "posting_date": today.isoformat(),
        "project_code": row.project_code,
        "account": row.account,
        "wbs": row.wbs,
    }


def read_correction(reader: Reader) -> Rightly | None:
    """How a row should stand; None where a field is wrong."""
    day = reader.day("posting_date", required=True)
    texts = [reader.text(name, CODE_LENGTH) for name in ("project_code", "account", "wbs")]
    return None if day is None else Rightly(day, *texts)


def read_extract(text: str) -> list[tuple[str, str, str]]:
    """Lines of project, currency and amount, as they are pasted from a sheet or typed."""
    found: list[tuple[str, str, str]] = []
    for line in text[:MOST_TEXT].splitlines():
        if not line.strip():
            continue
        mark = "\t" if "\t" in line else ";" if ";" in line else ","
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
        if found or not _is_head(cells):
            code, currency, amount = [*cells[:3], "", ""][:3]
            found.append((code, currency, amount))
    return found


def _is_head(cells: list[str]) -> bool:
    """Whether the first line names the columns."""
    try:
        return number_of(cells[2] if len(cells) > 2 else "") is None
    except ValueError:
        return len(cells) > 1 and len(cells[1]) != 3
