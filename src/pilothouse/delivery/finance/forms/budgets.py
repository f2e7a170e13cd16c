# SPDX-License-Identifier: Apache-2.0
"""Forms of budgets, draws and funding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.lines import Key
from pilothouse.delivery.finance.models import (
    Budget,
    Category,
    ContingencyDraw,
    FiscalPeriod,
    FundingRelease,
    Nature,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.services.budgets import Start
from pilothouse.delivery.finance.services.draws import AskedDraw
from pilothouse.delivery.finance.services.funding import AskedFunding
from pilothouse.foundation.core.pages import Field, Options
from pilothouse.foundation.core.parsing import Reader

PASTE_LENGTH = 2_000_000
PLACES = 4
AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}


def choices_of(kind: type[models.TextChoices]) -> Options:
    """A list of the product in the reader's words."""
    return [(value, _(str(label))) for value, label in kind.choices]


def begin_fields(*, copies: bool) -> list[Field]:
    """How a version begins; ``copies``: there is an approved one to copy."""
    copy = _("As a copy of the approved one") if copies else _("With the budget of the register")
    starts = [(Start.COPY.value, copy), (Start.EMPTY.value, _("Empty"))]
    return [
        Field("start", _("It begins"), "select", True, options=starts),
        Field("name", _("Name")),
        Field(
            "reason",
            _("Why this version"),
            "textarea",
            hint=_("Those who endorse and approve it read this."),
            wide=True,
        ),
    ]


def header_fields(currency: str) -> list[Field]:
    """What a draft says besides its lines."""
    return [
        Field("name", _("Name")),
        _amount("undistributed", _("Not distributed yet"), currency, _("Part of the BAC.")),
        _amount(
            "contingency",
            _("Contingency"),
            currency,
            _("For identified risks; drawn on by the manager within a limit, and by the sponsor."),
        ),
        _amount(
            "management_reserve",
            _("Management reserve"),
            currency,
            _("For the unforeseen; drawn on by the steering committee."),
        ),
        Field("reason", _("Why this version"), "textarea", wide=True),
    ]


def read_header(reader: Reader) -> dict[str, Any]:
    """What was typed into the header of a draft."""
    amounts = {
        name: reader.decimal(name, low=Decimal(0), high=LARGEST, places=PLACES) or Decimal(0)
        for name in ("undistributed", "contingency", "management_reserve")
    }
    return {
        "name": reader.text("name", NAME_LENGTH),
        "reason": reader.text("reason", REASON_LENGTH),
        **amounts,
    }


def header_of(budget: Budget) -> dict[str, Any]:
    """What a draft says now, by field."""
    names = ("name", "reason", "undistributed", "contingency", "management_reserve")
    return {name: getattr(budget, name) for name in names}


def note_field(*, needed: bool, label: str = "") -> Field:
    """The reason or the note of a step."""
    name = "reason" if needed else "note"
    words = label or (_("Reason") if needed else _("Note"))
    return Field(name, words, "textarea", needed, wide=True)


def read_note(reader: Reader, *, needed: bool) -> str:
    """What was typed there."""
    return reader.text("reason" if needed else "note", REASON_LENGTH, required=needed)


def paste_fields(periods: Sequence[FiscalPeriod]) -> list[Field]:
    """A block of cells from a spreadsheet."""
    marks = [("point", _("a point: 1,250.50")), ("comma", _("a comma: 1.250,50"))]
    return [
        Field(
            "lines",
            _("Cells from a spreadsheet"),
            "textarea",
            True,
            _(
                "With a head that names the columns (WBS, Category, Nature, Currency, Text, and "
                "periods by name), or without one in this order."
            ),
            wide=True,
            attrs={"rows": "14"},
        ),
        Field(
            "first",
            _("Without a head, amounts begin in"),
            "select",
            options=[(str(row.pk), row.name) for row in periods],
        ),
        Field("mark", _("The decimal sign is"), "select", options=marks),
        Field("whole", _("Remove the rows and cells that the block does not name"), "checkbox"),
    ]


def rows_of_text(text: str) -> dict[int, list[str]]:
    """Cells of a pasted block by the number of their line."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {number: row.split("\t") for number, row in enumerate(rows, start=1)}


def nature_fields(keys: Iterable[Key]) -> list[Field]:
    """Which row goes under the other nature."""
    rows = [(str(place), str(key)) for place, key in enumerate(keys)]
    return [
        Field("row", _("Row"), "select", True, options=rows, wide=True),
        note_field(needed=True),
    ]


def draw_fields(periods: Options, currency: str) -> list[Field]:
    """A draw on a reserve."""
    return [
        Field("reserve", _("From"), "select", True, options=choices_of(ContingencyDraw.Reserve)),
        _amount("amount", _("Amount"), currency, required=True),
        Field(
            "cites", _("Because of a"), "select", True, options=choices_of(ContingencyDraw.Cites)
        ),
        Field("cited", _("Its code"), required=True, hint=_("Such as R-7.")),
        Field("wbs", _("For the WBS code"), hint=_("Empty: the project as a whole.")),
        Field("category", _("Category"), "select", True, options=choices_of(Category)),
        Field("nature", _("Nature"), "select", True, options=choices_of(Nature)),
        Field("period", _("Period"), "select", True, options=periods),
        Field("reason", _("What happened"), "textarea", True, wide=True),
    ]


def read_draw(reader: Reader, periods: models.QuerySet[FiscalPeriod]) -> AskedDraw:
    """What was typed into the form of a draw. Raises: Invalid with all mistakes."""
    amount = reader.decimal("amount", high=LARGEST, places=PLACES, required=True)
    period = reader.row("period", periods, required=True)
    values = {
        "reserve": reader.choice("reserve", ContingencyDraw.Reserve.values),
        "cites": reader.choice("cites", ContingencyDraw.Cites.values),
        "cited": reader.text("cited", CODE_LENGTH, required=True),
        "reason": reader.text("reason", REASON_LENGTH, required=True),
        "category": reader.choice("category", Category.values),
        "nature": reader.choice("nature", Nature.values),
        "wbs": reader.text("wbs", CODE_LENGTH),
    }
    reader.check("finance.entry")
    assert amount is not None and period is not None
    return AskedDraw(amount=amount, period=period, **values)


def funding_fields(currency: str) -> list[Field]:
    """What a gate sets free for a stage."""
    return [
        Field("gate", _("Gate"), required=True, hint=_("Such as Gate 2, design approved.")),
        _amount("amount", _("Amount"), currency, required=True),
        Field("first", _("The stage begins"), "date", True),
        Field(
            "last",
            _("The stage ends"),
            "date",
            True,
            _("What is not used by then lapses, unless the gate carries it over."),
        ),
        Field("reason", _("Reason"), "textarea", wide=True),
    ]


def read_funding(reader: Reader) -> AskedFunding:
    """What was typed into the form of a release. Raises: Invalid with all mistakes."""
    gate = reader.text("gate", NAME_LENGTH, required=True)
    amount = reader.decimal("amount", high=LARGEST, places=PLACES, required=True)
    first, last = reader.day("first", required=True), reader.day("last", required=True)
    reason = reader.text("reason", REASON_LENGTH)
    reader.check("finance.entry")
    assert amount is not None and first is not None and last is not None
    return AskedFunding(gate, amount, first, last, reason)


def carry_fields(later: Iterable[FundingRelease]) -> list[Field]:
    """To which release the rest is carried over."""
    rows = [(str(row.pk), f"{row.number} {row.gate}") for row in later]
    return [
        Field("to", _("Carried over to"), "select", True, options=rows),
        note_field(needed=True),
    ]


def _amount(
    name: str, label: str, currency: str, hint: str = "", *, required: bool = False
) -> Field:
    return Field(name, f"{label}, {currency}", "text", required, hint, attrs=AMOUNT)
