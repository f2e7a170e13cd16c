# SPDX-License-Identifier: Apache-2.0
"""Closing a fiscal period with its accruals, and opening the last one again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import Accrual, FiscalPeriod, StreamTotal
from pilothouse.delivery.finance.queries.closing import Accrued, Closing, closing_of
from pilothouse.delivery.finance.services.keeping import change, lock_office
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.delivery.finance.services.streams import restream
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.core.numbers import counted

State = FiscalPeriod.State


@transaction.atomic
def close_period(
    *, actor: Actor, period: FiscalPeriod, version: int | None, reason: str, now: datetime
) -> Closing:
    """Close a period: what came and is not invoiced is accrued, and turned back in the next.

    Rows of the ledger that wait in it need a reason. Who: L on fiscal_period.
    Writes: FiscalPeriod, Accrual. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row, allowed = _locked(actor, period, version)
    closing = closing_of(row.office, row)
    if closing.problems:
        raise Invalid(
            "finance.not_closed",
            f"Period {row.name} does not close yet. {' '.join(closing.problems)}",
        )
    if closing.waiting and not reason.strip():
        rows = counted(closing.waiting, "row", "rows")
        message = (
            f"{rows} of the ledger of {row.name} are in suspense or held. Settle them, or say why "
            "the period closes without them."
        )
        raise Invalid("finance.close_waiting", message, fields={"reason": message})
    _post(allowed, closing)
    posted = counted(len(closing.accruals), "accrual", "accruals")
    change(
        actor=allowed,
        obj=row,
        values={"state": State.CLOSED, "closed_at": now, "closed_by_id": allowed.user_id},
        version=version,
        action="fiscalperiod.close",
        reason=f"{reason.strip()} ({posted} posted)".strip(),
        office_id=row.office_id,
    )
    accrued = {each.line.commitment.project_id for each in closing.accruals}
    _tell(row, accrued, f"period {row.name} was closed")
    return closing


@transaction.atomic
def reopen_period(
    *, actor: Actor, period: FiscalPeriod, version: int | None, reason: str
) -> FiscalPeriod:
    """Open the last closed period again; the accruals of its close are taken back.

    Who: L on fiscal_period. Writes: FiscalPeriod, Accrual. Publishes: MoneyChanged.
    Raises: Invalid, Conflict.
    """
    row, allowed = _locked(actor, period, version)
    text = reasoned(reason, f"period {row.name} is opened again")
    if row.is_open:
        raise Invalid("finance.period_open", f"Period {row.name} is open already.")
    later = FiscalPeriod.objects.filter(
        office=row.office, first__gt=row.first, state=State.CLOSED
    ).last()
    if later is not None:
        raise Invalid(
            "finance.not_last",
            f"Period {later.name} is closed too; only the last closed one is opened again.",
        )
    automatic = Accrual.objects.select_for_update().filter(
        period=row, line__isnull=False, state=Accrual.State.POSTED
    )
    taken = list(automatic)
    for accrual in taken:
        accrual.state = Accrual.State.REJECTED
        accrual.decision_reason = f"Period {row.name} was opened again: {text}"[:1000]
        accrual.updated_by_id = allowed.user_id
        accrual.version += 1
    core.save_many(taken, ["state", "decision_reason", "updated_by", "version"])
    change(
        actor=allowed,
        obj=row,
        values={"state": State.OPEN, "closed_at": None, "closed_by_id": None},
        version=version,
        action="fiscalperiod.reopen",
        reason=f"{text} ({counted(len(taken), 'accrual', 'accruals')} taken back)",
        office_id=row.office_id,
    )
    _tell(row, {accrual.project_id for accrual in taken}, f"period {row.name} was opened again")
    return row


def _locked(actor: Actor, period: FiscalPeriod, version: int | None) -> tuple[FiscalPeriod, Actor]:
    lock_office(period.office)
    row = core.lock(FiscalPeriod.objects.select_related("office"), period.pk)
    allowed = rules.require_in_office(
        actor, row.office, rules.PERIOD, "L", "close and reopen fiscal periods"
    )
    core.require_version(row, version)
    return row, allowed


def _post(allowed: Actor, closing: Closing) -> None:
    Accrual.objects.bulk_create(
        [
            Accrual(
                project_id=row.line.commitment.project_id,
                period=closing.period,
                reversal_period=closing.following,
                line=row.line,
                wbs=row.line.wbs,
                category=row.line.category,
                nature=row.line.nature,
                currency_id=row.line.commitment.currency_id,
                amount=row.amount,
                rate=row.rate,
                own_amount=row.own_amount,
                constant_amount=row.constant_amount,
                basis=_basis(row),
                state=Accrual.State.POSTED,
                created_by_id=allowed.user_id,
                updated_by_id=allowed.user_id,
                decided_by_id=allowed.user_id,
            )
            for row in closing.accruals
        ],
        batch_size=500,
    )


def _basis(row: Accrued) -> str:
    order = row.line.commitment
    return (
        f"Order {order.number}, line {row.line.position}: received {order.currency_id} "
        f"{row.received:,.2f}, invoiced {row.invoiced:,.2f}"
    )


def _tell(period: FiscalPeriod, projects: set[int], cause: str) -> None:
    """News of those whose cost changed; of the others only what is to come moves."""
    sums = StreamTotal.objects.filter(period__office_id=period.office_id)
    moved = sums.exclude(committed=0, forecast=0).values_list("project_id", flat=True)
    restream(set(moved) - projects, clock.today())
    if projects:
        publish(MoneyChanged(tuple(sorted(projects)), cause))
