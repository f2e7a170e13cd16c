# SPDX-License-Identifier: Apache-2.0
"""Correcting actuals: a row that turns back, and one that stands rightly, by two people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_effect import Posting, Row
from pilothouse.delivery.finance.models import Actual, LedgerCorrection
from pilothouse.delivery.finance.services.keeping import (
    change,
    create,
    lock_ledger,
    required_reason,
)
from pilothouse.delivery.finance.services.ledger import post_allowed
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

State = LedgerCorrection.State
NAMES = ("actual", "posting_date", "project_code", "account", "wbs", "reason")


@dataclass(frozen=True, slots=True)
class Rightly:
    """How the row should stand. Without a code of a project it is only turned back."""

    posting_date: date
    project_code: str = ""
    account: str = ""
    wbs: str = ""


@transaction.atomic
def propose_correction(
    *, actor: Actor, actual: Actual, rightly: Rightly, reason: str
) -> LedgerCorrection:
    """Propose to turn a mapped row back, and to post it anew where a project is named.

    Who: C on actual in the office. Writes: LedgerCorrection. Raises: Invalid.
    """
    office = OrgUnit.objects.get(pk=actual.office_id)
    lock_ledger(office.pk)
    allowed = rules.require_in_office(actor, office, rules.ACTUAL, "C", "propose corrections")
    row = core.lock(Actual.objects.all(), actual.pk)
    _require_free(row)
    correction = LedgerCorrection(
        office=office,
        actual=row,
        posting_date=rightly.posting_date,
        project_code=rightly.project_code.strip(),
        account=rightly.account.strip() or (row.account if rightly.project_code.strip() else ""),
        wbs=rightly.wbs.strip(),
        reason=required_reason(reason, "the row is corrected"),
    )
    return create(actor=allowed, obj=correction, names=NAMES, office_id=office.pk)


@transaction.atomic
def approve_correction(
    *, actor: Actor, correction: LedgerCorrection, version: int | None
) -> LedgerCorrection:
    """Post what a correction proposes, as a batch of its own.

    Who: V on actual in the office, never who imported the row nor who proposed the correction
    (R-GEN-08); where nobody of finance is left, one level up; in somebody's place up to the limit
    of the delegation. Writes: as ``ledger.post_rows``, LedgerCorrection. Publishes: MoneyChanged.
    Raises: Invalid where its rows would wait, Conflict.
    """
    lock_ledger(correction.office_id)
    row = _locked(correction, version)
    allowed = rules.require_correction(actor, row)
    _require_free(row.actual, row.pk)
    posting = Posting(name=f"Correction of {row.actual}"[:200])
    effect = post_allowed(allowed, row.office, _rows(row), posting)
    if effect.waiting:
        reasons = " ".join(sorted({reason for _, reason in effect.waiting}))
        raise Invalid(
            "finance.correction_waits",
            f"What the correction posts would not find its place: {reasons} Reject it and propose "
            "another one.",
        )
    values = {"state": State.APPROVED, "decided_by": _person(allowed), "batch": effect.batch}
    return _decided(allowed, row, values)


@transaction.atomic
def reject_correction(
    *, actor: Actor, correction: LedgerCorrection, version: int | None, reason: str
) -> LedgerCorrection:
    """Turn a correction down; who proposed it may take it back so too.

    Who: V on actual in the office. Writes: LedgerCorrection. Raises: Invalid, Conflict.
    """
    row = _locked(correction, version)
    allowed = rules.require_in_office(actor, row.office, rules.ACTUAL, "V", "decide corrections")
    why = required_reason(reason, "the correction is rejected")
    values = {
        "state": State.REJECTED,
        "decided_by": _person(allowed),
        "decision_reason": why,
    }
    return _decided(allowed, row, values)


def _locked(correction: LedgerCorrection, version: int | None) -> LedgerCorrection:
    rows = LedgerCorrection.objects.select_related(
        "office", "actual__batch", "actual__project__portfolio__org_unit"
    )
    row = core.lock(rows, correction.pk)
    core.require_version(row, version)
    if row.state != State.PROPOSED:
        raise Invalid(
            "finance.correction_state",
            f"{row} is {row.get_state_display().lower()} already.",
        )
    return row


def _decided(actor: Actor, row: LedgerCorrection, values: dict[str, object]) -> LedgerCorrection:
    change(
        actor=actor,
        obj=row,
        values=values,
        version=None,
        action=f"ledgercorrection.{values['state']}",
        office_id=row.office_id,
    )
    return row


def _require_free(actual: Actual, correction: int = 0) -> None:
    """Raises Invalid unless the row counts, is not turned back, and nothing else waits for it."""
    live = actual.reversed_by.exclude(state=Actual.State.ROLLED_BACK)
    open_ones = LedgerCorrection.objects.filter(actual=actual, state=State.PROPOSED)
    reason = ""
    if actual.state != Actual.State.MAPPED:
        reason = f"is {actual.get_state_display().lower()}; only a mapped row is corrected"
    elif live.exists():
        reason = "was turned back already"
    elif open_ones.exclude(pk=correction).exists():
        reason = "waits for the decision on another correction"
    if reason:
        raise Invalid("finance.not_corrected", f"Row {actual} {reason}.")


def _rows(row: LedgerCorrection) -> Iterator[Row]:
    """The row that turns back, and the one that stands rightly."""
    old = row.actual
    cells = {
        "source_system": old.source_system,
        "document_no": f"CORR-{row.pk}",
        "posting_date": row.posting_date.isoformat(),
        "account": old.account,
        "project_code": old.project_code,
        "currency": old.currency_id,
        "cost_centre": old.cost_centre,
        "supplier": old.supplier,
        "text": old.text,
        "po_no": old.po_no,
    }
    yield (
        1,
        {
            **cells,
            "line_no": "1",
            "amount": f"{-old.amount:f}",
            "reverses": f"{old.document_no}/{old.line_no}",
        },
    )
    if row.project_code:
        rightly = {"account": row.account, "project_code": row.project_code, "wbs_code": row.wbs}
        yield 2, {**cells, **rightly, "line_no": "2", "amount": f"{old.amount:f}"}


def _person(actor: Actor) -> object:
    return None if actor.user_id is None else User.objects.get(pk=actor.user_id)
