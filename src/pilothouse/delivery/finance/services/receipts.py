# SPDX-License-Identifier: Apache-2.0
"""What came of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import Commitment, CommitmentLine, Receipt
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services.keeping import create
from pilothouse.delivery.finance.services.orders import locked_order
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish

RECEIPT_FIELDS = ("line", "day", "period", "amount", "text")


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """What came of a line of an order, in the currency of the order; below 0 what went back."""

    position: int
    day: date
    amount: Decimal
    text: str = ""


@transaction.atomic
def receive(
    *, actor: Actor, order: Commitment, new: NewReceipt, version: int | None, today: date
) -> Receipt:
    """Enter what came of an order, whole or in part; a correction is below 0.

    More than was ordered needs a text that says why. Who: U on commitment. Writes: Receipt,
    Commitment. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row, allowed = locked_order(actor, order, version, "U", "enter receipts")
    if not row.receipts_kept:
        raise Invalid(
            "finance.receipts_not_kept",
            f"Receipts are not kept for order {row.number}; its invoices say what came.",
        )
    line = CommitmentLine.objects.filter(commitment=row, position=new.position).first()
    if line is None:
        message = f"Order {row.number} has no line {new.position}; choose one of its lines."
        raise Invalid("finance.receipt_line", message, fields={"position": message})
    _check_day(row, new.day, today)
    _check_amount(row, line, new)
    receipt = Receipt(
        line=line,
        day=new.day,
        period=Periods(row.office_id).need_open(new.day),
        amount=new.amount,
        text=new.text.strip(),
    )
    create(actor=allowed, obj=receipt, names=RECEIPT_FIELDS, office_id=row.office_id)
    core.touch(actor=allowed, obj=row)
    publish(MoneyChanged((row.project_id,), f"something of order {row.number} came"))
    return receipt


def _check_day(order: Commitment, day: date, today: date) -> None:
    problem = ""
    if day < order.ordered_on:
        problem = f"Nothing came before {order.ordered_on:%Y-%m-%d}, the day of the order."
    elif day > today:
        problem = f"{day:%Y-%m-%d} is to come; enter what came when it came."
    if problem:
        raise Invalid("finance.receipt_day", problem, fields={"day": problem})


def _check_amount(order: Commitment, line: CommitmentLine, new: NewReceipt) -> None:
    there = Receipt.objects.filter(line=line).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    after = there + new.amount
    unit, problem = order.currency_id, ""
    if not new.amount or not is_stored(new.amount, order.currency.minor_units):
        units = order.currency.minor_units
        problem = f"An amount in {unit} is not 0 and has at most {units} decimals."
    elif after < 0:
        problem = f"Of this line {unit} {there:,.2f} came; no more can go back."
    if problem:
        raise Invalid("finance.receipt_amount", problem, fields={"amount": problem})
    if new.amount > 0 and after > line.amount and not new.text.strip():
        message = (
            f"With this {unit} {after:,.2f} came of {unit} {line.amount:,.2f} that were ordered. "
            "Say why in the text, or enter less."
        )
        raise Invalid("finance.receipt_above", message, fields={"text": message})
