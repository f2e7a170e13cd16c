# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of orders, receipts and accruals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import CurrencyCode, Day, Flag, Id, In, PersonRef
from pilothouse.faces.api.schemas_finance import (
    Amount,
    CategoryName,
    Code,
    Label,
    NatureName,
    Remark,
    Wbs,
)

Words = Annotated[str, Field(max_length=200)]
Position = Annotated[int, Field(strict=True, ge=1, le=200)]


class OrderLineNew(In):
    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    text: Words = ""
    amount: Amount
    expected_on: Day


class OrderNew(In):
    number: Code
    supplier: Label
    text: Words = ""
    currency: CurrencyCode
    ordered_on: Day
    receipts_kept: Flag = True
    reason: Remark = ""
    lines: Annotated[list[OrderLineNew], Field(min_length=1, max_length=200)]


class OrderLinesNew(In):
    """They take the place of all lines that are there."""

    lines: Annotated[list[OrderLineNew], Field(min_length=1, max_length=200)]


class ReceiptNew(In):
    """Below 0 what went back."""

    position: Position
    day: Day
    amount: Amount
    text: Words = ""


class OrderLineOut(Schema):
    """``invoiced`` is the line's share of the invoices of the order."""

    position: int
    wbs: str
    category: str
    nature: str
    text: str
    amount: Decimal
    rate: Decimal
    own_amount: Decimal
    expected_on: date
    received: Decimal
    invoiced: Decimal
    open: Decimal


class OrderOut(Schema):
    """Amounts in the currency of the order, ``own_…`` in that of the project.

    ``own_open`` is at the closing rate of the day; null where there is none, as ``problem`` says.
    """

    id: int
    version: int
    project_id: int
    number: str
    supplier: str
    text: str
    currency: str
    ordered_on: date
    receipts_kept: bool
    state: str
    above_funding: bool
    reason: str
    ordered: Decimal
    received: Decimal
    invoiced: Decimal
    open: Decimal
    own_ordered: Decimal
    own_open: Decimal | None
    problem: str


class ReceiptOut(Schema):
    id: int
    position: int
    day: date
    period: str
    amount: Decimal
    text: str
    by: PersonRef | None


class InvoiceOut(Schema):
    """A row of the ledger that bears the number of the order."""

    id: int
    source_system: str
    document_no: str
    line_no: str
    posting_date: date
    period: str
    wbs: str
    amount: Decimal
    currency: str
    own_amount: Decimal


class OrderFull(OrderOut):
    lines: list[OrderLineOut]
    receipts: list[ReceiptOut]
    invoices: list[InvoiceOut]


class AccrualNew(In):
    period_id: Id
    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    currency: CurrencyCode
    amount: Amount
    basis: Annotated[str, Field(min_length=1, max_length=1000)]


class AccrualOut(Schema):
    id: int
    version: int
    project_id: int
    period: str
    reversal_period: str | None
    order_id: int | None
    wbs: str
    category: str
    nature: str
    currency: str
    amount: Decimal
    rate: Decimal
    own_amount: Decimal
    constant_amount: Decimal
    basis: str
    state: str
    decision_reason: str


class CostToDateOut(Schema):
    """AC = actuals + accruals up to the end of a period; ``constant`` at budget rates."""

    period: str
    currency: str
    actuals: Decimal
    accruals: Decimal
    cost: Decimal
    constant: Decimal
