# SPDX-License-Identifier: Apache-2.0
"""The ledger of the furnished office: a batch with suspense, a file that waits, a correction."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from cast import Cast
from pilothouse.delivery.finance.ledger_effect import Posting
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import (
    Actual,
    FiscalPeriod,
    LedgerBatch,
    LedgerCorrection,
    LedgerUpload,
    Reconciliation,
)
from pilothouse.delivery.finance.services.corrections import Rightly, propose_correction
from pilothouse.delivery.finance.services.ledger import post_rows
from pilothouse.delivery.finance.services.ledger_batches import roll_back
from pilothouse.delivery.finance.services.ledger_uploads import receive_file
from pilothouse.delivery.finance.services.reconciliation import reconcile


class Books(NamedTuple):
    """One row of each of the tables of the ledger."""

    batch: LedgerBatch
    back: LedgerBatch
    actual: Actual
    waits: Actual
    upload: LedgerUpload
    correction: LedgerCorrection
    reconciliation: Reconciliation


def books_of(cast: Cast, today: date) -> Books:
    """Rows that count, stand in suspense and are held, in two currencies."""
    told = {"actor": cast.femi.actor(), "office": cast.office}
    plain = {
        "source_system": "SAP <old>",
        "line_no": "1",
        "posting_date": today.isoformat(),
        "account": "6100",
        "project_code": "HARB",
        "amount": "1250.50",
        "currency": "EUR",
        "supplier": "Dredgers & Sons",
        "text": "Dredging of <berth 2>, week 11",
        "wbs_code": "1.1",
    }
    rows = [
        plain | {"document_no": "B1"},
        plain | {"document_no": "B2", "currency": "USD", "amount": "-99.00"},
        plain | {"document_no": "B3", "project_code": "LOST <code>", "po_no": "PO-404"},
        plain | {"document_no": "B4", "nature": "capex"},
        plain | {"document_no": "B5", "po_no": "PO-404"},
    ]
    batch = post_rows(rows=enumerate(rows, 2), posting=Posting("March <one>.csv"), **told).batch
    once = [plain | {"document_no": "B6"}]
    back = post_rows(rows=enumerate(once, 2), posting=Posting("Twice.csv"), **told).batch
    assert batch is not None
    assert back is not None
    roll_back(actor=told["actor"], batch=back, version=1, reason="Sent twice")
    here = Actual.objects.filter(office_id=cast.office.pk)
    correction = propose_correction(
        actor=told["actor"],
        actual=here.get(document_no="B5"),
        rightly=Rightly(today, "HARB", "6200", "1.2"),
        reason="Of the other <package>",
    )
    period = FiscalPeriod.objects.get(office=cast.office, first__lte=today, last__gte=today)
    extract = [("HARB", "EUR", "2501.00"), ("GONE <code>", "EUR", "17.00")]
    reconciliation = reconcile(
        period=period, source="SAP <extract>", extract=extract, form=Form(), **told
    )
    data = ",".join([*plain, "document_no"]) + "\n" + ",".join(["=x", *list(plain)]) + "\n"
    return Books(
        batch,
        back,
        here.get(document_no="B1"),
        here.get(document_no="B3"),
        receive_file(name="April <two>.csv", data=data.encode(), **told),
        correction,
        reconciliation,
    )
