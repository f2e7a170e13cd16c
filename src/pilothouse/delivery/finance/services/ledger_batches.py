# SPDX-License-Identifier: Apache-2.0
"""Batches of the ledger after they were posted: their totals, and taking one back."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.ledger_effect import kept_total
from pilothouse.delivery.finance.models import Actual, FiscalPeriod, LedgerBatch, LedgerCorrection
from pilothouse.delivery.finance.services.keeping import lock_ledger, required_reason
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish

State = Actual.State
WAITING = (State.SUSPENSE, State.HELD)


@transaction.atomic
def roll_back(*, actor: Actor, batch: LedgerBatch, version: int | None, reason: str) -> LedgerBatch:
    """Take a batch back as a whole; its rows stay readable and their keys become free.

    Who: V on ledger_import in the office. Writes: LedgerBatch, Actual, CostTotal.
    Publishes: MoneyChanged. Raises: Invalid naming what stands against it: a closed period, rows
    that later ones turn back, a correction that waits. Conflict.
    """
    lock_ledger(batch.office_id)
    row = core.lock(LedgerBatch.objects.select_related("office"), batch.pk)
    allowed = rules.require_in_office(actor, row.office, rules.IMPORT, "V", "take a batch back")
    core.require_version(row, version)
    why = required_reason(reason, "the batch is taken back")
    _require_free(row)
    rows = Actual.objects.filter(batch=row).exclude(state=State.ROLLED_BACK)
    projects = {
        pk
        for pk in rows.filter(state=State.MAPPED).order_by().values_list("project_id", flat=True)
        if pk is not None
    }
    rows.update(state=State.ROLLED_BACK, state_reason=why)
    core.change(
        actor=allowed,
        obj=row,
        values={"state": LedgerBatch.State.ROLLED_BACK, "reason": why},
        version=None,
        action="ledgerbatch.roll_back",
        reason=why,
        office_id=row.office_id,
    )
    retotal(projects)
    publish(MoneyChanged(tuple(sorted(projects)), "ledger"))
    return row


def _require_free(batch: LedgerBatch) -> None:
    if batch.state == LedgerBatch.State.ROLLED_BACK:
        raise Invalid("finance.batch_state", f"Batch {batch.number} was taken back already.")
    rows = Actual.objects.filter(batch=batch)
    closed = (
        FiscalPeriod.objects.filter(
            pk__in=rows.filter(state=State.MAPPED).values("period_id"),
            state=FiscalPeriod.State.CLOSED,
        )
        .order_by("first")
        .first()
    )
    if closed is not None:
        raise Invalid(
            "finance.batch_closed",
            f"Batch {batch.number} has rows in period {closed.name}, which is closed. Correct them "
            "by reversing rows in an open period.",
        )
    later = (
        Actual.objects.filter(reverses__batch=batch)
        .exclude(batch=batch)
        .exclude(state=State.ROLLED_BACK)
        .select_related("batch", "reverses")
        .first()
    )
    if later is not None:
        raise Invalid(
            "finance.batch_reversed",
            f"Row {later.reverses} of batch {batch.number} is turned back by {later} of batch "
            f"{later.batch.number}; take that batch back first.",
        )
    waits = LedgerCorrection.objects.filter(
        actual__batch=batch, state=LedgerCorrection.State.PROPOSED
    ).first()
    if waits is not None:
        raise Invalid(
            "finance.batch_corrected",
            f"{waits} waits for a decision; reject it before batch {batch.number} is taken back.",
        )


def recount(actor: Actor, batches: Collection[int], told: dict[int, dict[str, Any]]) -> None:
    """Count anew what of some batches is mapped and what waits, after rows of them were settled.

    ``told`` says for the trail what was done, by batch.
    """
    sums: dict[int, dict[str, dict[str, tuple[int, Decimal]]]] = {}
    found = (
        Actual.objects.filter(batch_id__in=batches)
        .order_by()
        .values_list("batch_id", "currency_id", "state")
        .annotate(Count("pk"), Sum("amount"))
    )
    for batch_id, currency, state, rows, amount in found:
        sums.setdefault(batch_id, {}).setdefault(currency, {})[state] = (rows, amount)
    for batch in LedgerBatch.objects.filter(pk__in=batches):
        totals = [_counted(line, sums.get(batch.pk, {})) for line in batch.totals]
        waits = any(line[state]["rows"] for line in totals for state in WAITING)
        state = LedgerBatch.State.WITH_SUSPENSE if waits else LedgerBatch.State.COMMITTED
        core.change(
            actor=actor,
            obj=batch,
            values={"totals": totals, "state": state},
            version=None,
            action="ledgerbatch.settle",
            reason=str(told.get(batch.pk, {}).get("reason", "")),
            office_id=batch.office_id,
        )


def _counted(
    line: dict[str, Any], sums: dict[str, dict[str, tuple[int, Decimal]]]
) -> dict[str, Any]:
    """Control totals of one currency as they are now; they add up as before."""
    counted = dict(line)
    for state in (State.MAPPED, *WAITING):
        rows, amount = sums.get(line["currency"], {}).get(state, (0, Decimal(0)))
        counted[state.value] = kept_total(rows, amount)
    parts = [counted[name] for name in ("mapped", "suspense", "held", "skipped")]
    whole = counted["imported"]
    assert whole["rows"] == sum(part["rows"] for part in parts), "control totals of rows"
    amounts = sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    assert Decimal(whole["amount"]) == amounts, "control totals of amounts"
    return counted
