# SPDX-License-Identifier: Apache-2.0
"""Forms of orders, of what came of them, and of accruals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.forms.parts import (
    MOST,
    NUMBER,
    PLACES,
    categories,
    currency_field,
    natures,
)
from pilothouse.delivery.finance.models import (
    Category,
    CommitmentLine,
    FiscalPeriod,
    Nature,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.queries.orders import LineFigures
from pilothouse.delivery.finance.queries.periods import open_periods
from pilothouse.delivery.finance.services.accruals import NewAccrual
from pilothouse.delivery.finance.services.orders import MOST_LINES, NewLine, NewOrder
from pilothouse.delivery.finance.services.receipts import NewReceipt
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Field, Section, as_text
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import Currency

LINES = 3
"""So many lines a form has where nobody asks for more."""
_PARTS = ("amount", "category", "nature", "wbs", "expected", "words")


def order_section() -> Section:
    """What an order says as a whole."""
    kept = _("Untick it where the invoice alone says what came.")
    return Section(
        _("Order"),
        [
            Field("number", _("Number"), required=True, hint=_("Invoices bear it.")),
            Field("supplier", _("Supplier"), required=True),
            currency_field(),
            Field("ordered_on", _("Day of the order"), "date", True),
            Field("text", _("What is ordered"), wide=True),
            Field("receipts_kept", _("Receipts are kept"), "checkbox", hint=kept),
        ],
    )


def line_sections(count: int, filled: int = 1) -> list[Section]:
    """Lines of an order; those beyond the ``filled`` ones are folded, and left empty."""
    return [
        Section(
            _("Line %(number)s") % {"number": number},
            [
                Field(f"amount{number}", _("Amount"), "text", number == 1, attrs=NUMBER),
                Field(f"category{number}", _("Category"), "select", options=categories()),
                Field(f"nature{number}", _("Capex or opex"), "select", options=natures()),
                Field(f"wbs{number}", _("Work package"), hint=_("Its WBS code in the plan.")),
                Field(f"expected{number}", _("Expected on"), "date"),
                Field(f"words{number}", _("Text"), wide=True),
            ],
            folded=number > filled,
        )
        for number in range(1, count + 1)
    ]


def lines_initial(lines: Sequence[CommitmentLine]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        values = (line.amount, line.category, line.nature, line.wbs, line.expected_on, line.text)
        found |= {f"{name}{number}": as_text(value) for name, value in zip(_PARTS, values)}
    return found


def lines_asked(text: str, least: int) -> int:
    """How many lines a form has."""
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else least
    return min(max(asked, least), MOST_LINES)


def read_order(reader: Reader, data: Mapping[str, str]) -> tuple[NewOrder, list[int]]:
    """The order, and at which places of the form its lines stand."""
    number = reader.text("number", CODE_LENGTH, required=True)
    supplier = reader.text("supplier", NAME_LENGTH, required=True)
    text = reader.text("text", NAME_LENGTH)
    currency = reader.row("currency", Currency.objects.all(), required=True)
    day = reader.day("ordered_on", required=True)
    lines, places = _read_lines(reader, data)
    reader.check("finance.entry")
    assert currency is not None and day is not None
    kept = reader.flag("receipts_kept")
    return NewOrder(number, supplier, text, currency, day, kept, lines), places


def read_lines(reader: Reader, data: Mapping[str, str]) -> tuple[list[NewLine], list[int]]:
    """The lines of an order, and at which places of the form they stand."""
    lines, places = _read_lines(reader, data)
    reader.check("finance.entry")
    return lines, places


def _read_lines(reader: Reader, data: Mapping[str, str]) -> tuple[list[NewLine], list[int]]:
    lines, places = [], []
    for number in range(1, MOST_LINES + 1):
        if not any(data.get(f"{name}{number}", "").strip() for name in _PARTS) and number > 1:
            continue
        amount = reader.decimal(f"amount{number}", high=MOST, places=PLACES, required=True)
        category = reader.choice(f"category{number}", Category.values)
        nature = reader.choice(f"nature{number}", Nature.values)
        wbs = reader.text(f"wbs{number}", CODE_LENGTH)
        expected = reader.day(f"expected{number}", required=True)
        words = reader.text(f"words{number}", NAME_LENGTH)
        if amount is not None and expected is not None:
            lines.append(NewLine(wbs, category, nature, words, amount, expected))
            places.append(number)
    return lines, places


def at_places(error: Invalid, places: Sequence[int]) -> Invalid:
    """The same refusal, of a line at its place in the form: its field there, or the amount."""
    fields = {}
    for name, message in error.fields.items():
        place, _dot, part = name.removeprefix("line").partition(".")
        known = place.isdecimal() and int(place) <= len(places)
        fields[f"{part or 'amount'}{places[int(place) - 1]}" if known else name] = message
    if "amount" in fields:
        fields["amount1"] = fields.pop("amount")
    error.fields = fields
    return error


def receipt_fields(lines: Sequence[LineFigures], currency: str) -> list[Field]:
    offered = [
        (
            str(row.line.position),
            _("%(n)s: %(text)s, %(open)s of %(ordered)s open")
            % {
                "n": row.line.position,
                "text": row.line.text or row.line.wbs or row.line.get_category_display(),
                "open": f"{row.open:,.2f}",
                "ordered": f"{row.line.amount:,.2f}",
            },
        )
        for row in lines
    ]
    return [
        Field("position", _("Line"), "select", True, options=offered),
        Field("day", _("Day it came"), "date", True),
        Field(
            "amount",
            _("Amount, %(currency)s") % {"currency": currency},
            required=True,
            hint=_("Below 0 what went back, or to put a receipt right."),
            attrs=NUMBER,
        ),
        Field("text", _("Text"), hint=_("Needed where more came than was ordered."), wide=True),
    ]


def read_receipt(reader: Reader) -> NewReceipt:
    position = reader.whole("position", 1, MOST_LINES)
    day = reader.day("day", required=True)
    amount = reader.decimal("amount", high=MOST, places=PLACES, required=True)
    text = reader.text("text", NAME_LENGTH)
    reader.check("finance.entry")
    assert day is not None and amount is not None
    return NewReceipt(position, day, amount, text)


def accrual_fields(project: Project) -> list[Field]:
    periods = [
        (str(row.pk), f"{row.name} ({row.first:%Y-%m-%d} – {row.last:%Y-%m-%d})")
        for row in open_periods(project.office_id)
    ]
    return [
        Field("period", _("Period"), "select", True, options=periods),
        Field("amount", _("Amount"), required=True, attrs=NUMBER),
        currency_field(),
        Field("category", _("Category"), "select", True, options=categories()),
        Field("nature", _("Capex or opex"), "select", True, options=natures()),
        Field("wbs", _("Work package"), hint=_("Its WBS code; empty: the project as a whole.")),
        Field(
            "basis",
            _("Basis"),
            "textarea",
            True,
            _("What was done, by whom, and when its invoice is expected."),
            wide=True,
        ),
    ]


def read_accrual(reader: Reader, project: Project) -> NewAccrual:
    rows = FiscalPeriod.objects.filter(office_id=project.office_id)
    period = reader.row("period", rows, required=True)
    amount = reader.decimal("amount", high=MOST, places=PLACES, required=True)
    currency = reader.row("currency", Currency.objects.all(), required=True)
    category = reader.choice("category", Category.values)
    nature = reader.choice("nature", Nature.values)
    wbs = reader.text("wbs", CODE_LENGTH)
    basis = reader.text("basis", REASON_LENGTH, required=True)
    reader.check("finance.entry")
    assert period is not None and amount is not None and currency is not None
    return NewAccrual(period, wbs, category, nature, currency, amount, basis)


def order_initial(project: Project, today: date) -> dict[str, str]:
    return {
        "currency": project.currency_id or "",
        "ordered_on": today.isoformat(),
        "receipts_kept": "on",
    }
