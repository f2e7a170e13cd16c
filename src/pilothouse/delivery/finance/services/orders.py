# SPDX-License-Identifier: Apache-2.0
"""Ordering, changing what is ordered, and letting an order go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models import Actual, Category, Commitment, CommitmentLine, Nature
from pilothouse.delivery.finance.money import is_stored, kept_rate
from pilothouse.delivery.finance.queries.available import check_available
from pilothouse.delivery.finance.queries.codes import near_codes, unknown_codes
from pilothouse.delivery.finance.queries.opening import office_of
from pilothouse.delivery.finance.queries.orders import something_came
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.finance.services.keeping import change, create, lock_ledger
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import Currency

ORDER_FIELDS = (
    *("number", "supplier", "text", "currency", "ordered_on", "receipts_kept"),
    *("above_funding", "reason"),
)
MOST_LINES = 200
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewLine:
    """One position of an order as it is entered, in the currency of the order."""

    wbs: str
    category: str
    nature: str
    text: str
    amount: Decimal
    expected_on: date


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A purchase order as it is entered."""

    number: str
    supplier: str
    text: str
    currency: Currency
    ordered_on: date
    receipts_kept: bool
    lines: Sequence[NewLine]


@transaction.atomic
def place_order(
    *, actor: Actor, project: Project, new: NewOrder, today: date, reason: str = ""
) -> Commitment:
    """Enter a purchase order with its lines; rows of the ledger that name it are its invoices.

    Above what is available of the released funding it is refused or flagged, as the policy of the
    office says; before anything is released it is refused.
    Rows that are being posted meanwhile are waited for. Who: C on commitment.
    Writes: Commitment, CommitmentLine, Actual. Publishes: MoneyChanged.
    Raises: Invalid naming the field or the line.
    """
    allowed = rules.require(actor, project, rules.COMMITMENT, "C", "enter orders")
    rules.require_open(project)
    lock_ledger(project.office_id)
    locked = _lock(project)
    Periods(project.office_id).need(new.ordered_on)
    if new.ordered_on > today:
        message = f"The order is of {new.ordered_on:%Y-%m-%d}, a day to come; enter it then."
        raise Invalid("finance.order_day", message, fields={"ordered_on": message})
    taken = Commitment.objects.filter(office_id=project.office_id, number=new.number.strip())
    if taken.exists():
        message = f"There is already an order {new.number.strip()}; a number is used once."
        raise Invalid("finance.order_number", message, fields={"number": message})
    order = Commitment(
        project=locked,
        office_id=project.office_id,
        number=new.number.strip(),
        supplier=new.supplier.strip(),
        text=new.text.strip(),
        currency=new.currency,
        ordered_on=new.ordered_on,
        receipts_kept=new.receipts_kept,
        reason=reason.strip(),
    )
    lines = _lines(order, new.lines)
    _require_codes(order, lines, [])
    order.above_funding = _is_above(locked, sum((row.own_amount for row in lines), ZERO), today)
    create(actor=allowed, obj=order, names=ORDER_FIELDS, office_id=project.office_id)
    _keep_lines(allowed, order, lines, [])
    _take_invoices(order)
    publish(MoneyChanged((project.pk,), f"order {order.number} was placed"))
    return order


@transaction.atomic
def change_lines(
    *,
    actor: Actor,
    order: Commitment,
    lines: Sequence[NewLine],
    version: int | None,
    today: date,
) -> Commitment:
    """Replace the lines of an order of which nothing came.

    Who: U on commitment. Writes: CommitmentLine, Commitment. Publishes: MoneyChanged.
    Raises: Invalid, Conflict.
    """
    row, allowed = locked_order(actor, order, version, "U", "change orders")
    if something_came(row):
        raise Invalid(
            "finance.order_came",
            f"Something of order {row.number} came already; its lines stay. Close the order and "
            "enter another one for the rest.",
        )
    made = _lines(row, lines)
    before = list(row.lines.all())
    _require_codes(row, made, before)
    more = sum((new.own_amount for new in made), ZERO) - sum(
        (old.own_amount for old in before), ZERO
    )
    above = more > 0 and _is_above(row.project, more, today)
    CommitmentLine.objects.filter(commitment=row).delete()
    _keep_lines(allowed, row, made, before)
    row.above_funding = row.above_funding or above
    row.save(update_fields=["above_funding"])
    core.touch(actor=allowed, obj=row)
    publish(MoneyChanged((row.project_id,), f"order {row.number} was changed"))
    return row


@transaction.atomic
def close_order(*, actor: Actor, order: Commitment, version: int | None, reason: str) -> Commitment:
    """Let the rest of an order go: nothing of it is open any more.

    Who: L on commitment. Writes: Commitment. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row, allowed = locked_order(actor, order, version, "L", "close orders")
    text = reasoned(reason, "the rest of the order is let go")
    return _end(allowed, row, Commitment.State.CLOSED, text, "commitment.close")


@transaction.atomic
def cancel_order(
    *, actor: Actor, order: Commitment, version: int | None, reason: str
) -> Commitment:
    """Take back an order of which nothing came.

    Who: V on commitment. Writes: Commitment. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row, allowed = locked_order(actor, order, version, "V", "cancel orders")
    text = reasoned(reason, "the order is cancelled")
    if something_came(row):
        raise Invalid(
            "finance.order_not_cancelled",
            f"Something of order {row.number} came already; close the order to let the rest go.",
        )
    return _end(allowed, row, Commitment.State.CANCELLED, text, "commitment.cancel")


def locked_order(
    actor: Actor, order: Commitment, version: int | None, letter: str, doing: str
) -> tuple[Commitment, Actor]:
    """An open order, locked with the ledger, and as whom the actor may do this to it.

    What came of the order is what stands in the ledger, and no period closes meanwhile.
    """
    lock_ledger(order.office_id)
    project = _lock(order.project)
    row = core.lock(Commitment.objects.select_related("currency"), order.pk)
    row.project = project
    allowed = rules.require(actor, project, rules.COMMITMENT, letter, doing)
    core.require_version(row, version)
    if row.state != Commitment.State.OPEN:
        raise Invalid(
            "finance.order_state",
            f"Order {row.number} is {row.get_state_display().lower()}; enter another one.",
        )
    return row, allowed


def _take_invoices(order: Commitment) -> None:
    """Rows of the ledger that named the order before it was entered here are its invoices."""
    Actual.objects.filter(
        project=order.project,
        po_no=order.number,
        commitment=None,
        state=Actual.State.MAPPED,
    ).update(commitment=order)


def _lock(project: Project) -> Project:
    rows = Project.objects.select_related("portfolio__org_unit", "currency")
    return core.lock(rows, project.pk)


def _end(
    allowed: Actor, row: Commitment, state: Commitment.State, reason: str, action: str
) -> Commitment:
    change(
        actor=allowed,
        obj=row,
        values={"state": state, "reason": reason},
        version=None,
        action=action,
        reason=reason,
        office_id=row.office_id,
    )
    publish(MoneyChanged((row.project_id,), f"order {row.number} was {state}"))
    return row


def _is_above(project: Project, amount: Decimal, today: date) -> bool:
    """Whether the amount is above what is available and flagged; where not even that, refused."""
    check = check_available(project, amount, today)
    if not check.available.released:
        message = (
            f"No funding of project {project.code} is released yet; a gate releases it before "
            "anything is ordered."
        )
        raise Invalid("finance.not_released", message, fields={"amount": message})
    check.require()
    return bool(check.warning)


def _lines(order: Commitment, lines: Sequence[NewLine]) -> list[CommitmentLine]:
    """The lines at the actual rate of the order's day."""
    if not 1 <= len(lines) <= MOST_LINES:
        message = f"An order has 1 to {MOST_LINES} lines; this one has {len(lines)}."
        raise Invalid("finance.order_lines", message, fields={"lines": message})
    own = order.project.currency_id
    rates = Rates(office_of(order.project))
    rate = rates.rate(Kind.ACTUAL, order.currency_id, own, order.ordered_on)
    found = []
    for position, line in enumerate(lines, start=1):
        _check_line(order, position, line)
        row = CommitmentLine(
            position=position,
            wbs=line.wbs.strip(),
            category=line.category,
            nature=line.nature,
            text=line.text.strip(),
            amount=line.amount,
            rate=kept_rate(rate),
            own_amount=rates.at(rate, line.amount, own),
            expected_on=line.expected_on,
        )
        if row.own_amount > LARGEST:
            raise _wrong_line(
                position,
                f"{order.currency_id} {line.amount:,.2f} comes to more than {own} {LARGEST:,.0f}; "
                "order less of it, or see to the rate of the day.",
            )
        try:
            row.clean_fields(exclude=["commitment"])
        except ValidationError as error:
            raise _wrong_line(position, " ".join(error.messages)) from error
        found.append(row)
    return found


def _check_line(order: Commitment, position: int, line: NewLine) -> None:
    units = order.currency.minor_units
    problem = ""
    if not line.amount.is_finite() or not 0 < line.amount <= LARGEST:
        problem = f"{line.amount:f} is no amount to order; it is above 0, at most {LARGEST:,.0f}."
    elif not is_stored(line.amount, units):
        problem = f"{line.amount:f} has more decimals than {order.currency_id} ({units})."
    elif line.category not in Category.values or line.nature not in Nature.values:
        problem = "choose a category and capex or opex."
    elif line.expected_on < order.ordered_on:
        problem = f"it is expected on {line.expected_on:%Y-%m-%d}, before the order's day."
    if problem:
        raise _wrong_line(position, problem)


def _require_codes(
    order: Commitment, lines: Sequence[CommitmentLine], before: Sequence[CommitmentLine]
) -> None:
    """Where the project has a plan, a line is for one of its parts or for the project as a whole.

    A code that the order bears already stays, whatever became of its task.
    """
    codes = {line.wbs for line in lines} - {line.wbs for line in before}
    unknown = unknown_codes(order.project_id, codes)
    for line in lines:
        if line.wbs in unknown:
            near = near_codes(order.project_id, line.wbs)
            like = f"Is it {' or '.join(near)}? Else leave" if near else "Leave"
            message = (
                f"Line {line.position}: the plan has no task with the WBS code ‘{line.wbs}’. "
                f"{like} it empty for the project as a whole."
            )
            raise Invalid(
                "finance.order_code", message, fields={f"line{line.position}.wbs": message}
            )


def _wrong_line(position: int, problem: str) -> Invalid:
    message = f"Line {position}: {problem} Nothing was saved; mend the line and send all again."
    return Invalid("finance.order_line", message, fields={f"line{position}": message})


def _keep_lines(
    allowed: Actor,
    order: Commitment,
    lines: Sequence[CommitmentLine],
    before: Sequence[CommitmentLine],
) -> None:
    for line in lines:
        line.commitment = order
    CommitmentLine.objects.bulk_create(lines)
    core.record(
        actor=allowed,
        action="commitment.lines",
        obj=order,
        before={"lines": [_told(line) for line in before]},
        after={"lines": [_told(line) for line in lines]},
        office_id=order.office_id,
    )


def _told(line: CommitmentLine) -> dict[str, Any]:
    names = ("wbs", "category", "nature", "text", "amount", "own_amount", "expected_on")
    return core.plain(line, names)
