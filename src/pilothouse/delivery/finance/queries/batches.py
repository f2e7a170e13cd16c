# SPDX-License-Identifier: Apache-2.0
"""Batches, files and corrections of the ledger, and its comparison month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import (
    Actual,
    CodeRule,
    FiscalPeriod,
    LedgerBatch,
    LedgerCorrection,
    LedgerUpload,
    Reconciliation,
    ReconciliationLine,
)
from pilothouse.delivery.finance.queries.actuals import actual_of, in_sight
from pilothouse.delivery.finance.queries.opening import OpenedOffice, row_of_office
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.access.queries import Grants
from pilothouse.foundation.core.actor import Actor

State = Actual.State
Key = tuple[str, str]
"""Code of a project and currency."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a reconciliation with what stands here now, and what waits.

    Where it is not ``named`` its project is out of sight: the amounts are told, no more.
    """

    line: ReconciliationLine
    now: Decimal
    waiting: Decimal
    named: bool = True

    @property
    def code(self) -> str:
        return self.line.project_code if self.named else ""

    @property
    def explanation(self) -> str:
        return self.line.explanation if self.named else ""

    @property
    def difference(self) -> Decimal:
        return self.line.theirs - self.now

    @property
    def open(self) -> bool:
        return bool(self.difference) and not self.line.explanation


def batches_of(opened: OpenedOffice) -> QuerySet[LedgerBatch]:
    """The batches of an office, the latest first."""
    rows = LedgerBatch.objects.filter(office=opened.office)
    return rows.select_related("mapping", "created_by").order_by("-number")


def batch_of(actor: Actor, batch_id: int) -> tuple[OpenedOffice, LedgerBatch]:
    """One batch. Raises: NotFound, NotAllowed."""
    rows = LedgerBatch.objects.select_related("office", "mapping", "created_by", "updated_by")
    return row_of_office(actor, rows, batch_id, rules.IMPORT)


def uploads_of(opened: OpenedOffice) -> QuerySet[LedgerUpload]:
    """The files that were sent and are neither committed nor given up."""
    rows = LedgerUpload.objects.filter(office=opened.office, state=LedgerUpload.State.OPEN)
    return rows.defer("content").select_related("created_by")


def upload_of(actor: Actor, upload_id: int) -> tuple[OpenedOffice, LedgerUpload]:
    """One file of the ledger. Raises: NotFound, NotAllowed."""
    rows = LedgerUpload.objects.select_related("office", "mapping", "batch")
    return row_of_office(actor, rows, upload_id, rules.IMPORT)


def corrections_of(opened: OpenedOffice) -> QuerySet[LedgerCorrection]:
    """The corrections of an office, the latest first."""
    return _corrections().filter(in_sight(opened, "actual__project"), office=opened.office)


def corrections_of_row(actual: Actual) -> QuerySet[LedgerCorrection]:
    """The corrections of one row, the latest first."""
    return _corrections().filter(actual=actual)


def _corrections() -> QuerySet[LedgerCorrection]:
    return LedgerCorrection.objects.select_related(
        *("office", "actual__batch", "actual__project__portfolio__org_unit"),
        *("created_by", "decided_by", "batch"),
    )


def correction_of(actor: Actor, correction_id: int) -> LedgerCorrection:
    """One correction of a row that the actor may see. Raises: NotFound, NotAllowed."""
    row = _corrections().filter(pk=correction_id).first()
    actual_of(actor, row.actual_id if row is not None else 0)
    assert row is not None, "a row that is seen is there"
    return row


def reconciliations_of(opened: OpenedOffice) -> QuerySet[Reconciliation]:
    """The comparisons of an office, the latest period first."""
    rows = Reconciliation.objects.filter(office=opened.office)
    return rows.select_related("period", "signed_by")


def reconciliation_of(actor: Actor, pk: int) -> tuple[OpenedOffice, Reconciliation]:
    """One comparison. Raises: NotFound, NotAllowed."""
    rows = Reconciliation.objects.select_related("office", "period", "signed_by")
    return row_of_office(actor, rows, pk, rules.IMPORT)


def unseen_codes(actor: Actor, grants: Grants | None = None) -> set[str]:
    """Codes of the projects that the actor may not see."""
    seen = visible_projects(actor, grants).values("pk")
    return set(Project.objects.exclude(pk__in=seen).values_list("code", flat=True))


def compared(row: Reconciliation, opened: OpenedOffice | None = None) -> Sequence[Compared]:
    """The lines of a comparison with what stands here now.

    To who opened the office, those of projects out of sight come last and without a name.
    """
    now, waiting = project_totals(row.office_id, row.period)
    unseen = unseen_codes(opened.actor, opened.grants) if opened is not None else set()
    lines = [
        Compared(
            line,
            now.get((line.project_code, line.currency_id), Decimal(0)),
            waiting.get((line.project_code, line.currency_id), Decimal(0)),
            line.project_code not in unseen,
        )
        for line in row.lines.all()
    ]
    return sorted(lines, key=lambda told: not told.named)


def project_totals(
    office_id: int, period: FiscalPeriod
) -> tuple[dict[Key, Decimal], dict[Key, Decimal]]:
    """What stands here of a period by code of the project and currency; and what waits.

    Amounts are those of the ledger, in its currency. A row that waits is of the project that its
    code means, if any, in the period of its posting date.
    """
    mapped = (
        Actual.objects.filter(office_id=office_id, period=period, state=State.MAPPED)
        .order_by()
        .values_list("project__code", "currency_id")
        .annotate(Sum("amount"))
    )
    found = {(code, currency): amount for code, currency, amount in mapped}
    codes = codes_of(office_id)
    waits = (
        Actual.objects.filter(
            Q(posting_date__range=(period.first, period.last)),
            office_id=office_id,
            state__in=(State.SUSPENSE, State.HELD),
        )
        .order_by()
        .values_list("project_code", "currency_id")
        .annotate(Sum("amount"))
    )
    waiting: dict[Key, Decimal] = {}
    for code, currency, amount in waits:
        key = (codes.get(code, code), currency)
        waiting[key] = waiting.get(key, Decimal(0)) + amount
    return found, waiting


def codes_of(office_id: int) -> dict[str, str]:
    """Code of the ledger → code of the project that it means."""
    rows = CodeRule.objects.filter(office_id=office_id, voided=False)
    return dict(rows.values_list("code", "project__code"))
