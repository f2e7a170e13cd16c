# SPDX-License-Identifier: Apache-2.0
"""What was spent, as the ledger of the organisation says (DOMAIN 6.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.commitments import Commitment
from pilothouse.delivery.finance.models.kinds import (
    CODE_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    Category,
    Nature,
    wbs,
)
from pilothouse.delivery.finance.models.periods import FiscalPeriod
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency, OrgUnit


def read_totals(kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Control totals as they are kept, with amounts as numbers."""
    return [
        {
            name: part
            if isinstance(part, str)
            else {"rows": part["rows"], "amount": Decimal(part["amount"])}
            for name, part in line.items()
        }
        for line in kept
    ]


class LedgerMapping(Governed):
    """How the files of one source are read, remembered for the next: column by column."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="ledger_mappings")
    name = models.CharField(max_length=NAME_LENGTH)
    source_system = models.CharField(max_length=CODE_LENGTH, blank=True)
    columns = models.JSONField(default=dict, help_text="Our field → their heading.")
    decimal_mark = models.CharField(max_length=1, default=".", choices=[(".", "."), (",", ",")])
    date_form = models.CharField(max_length=20, default="iso")
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "name"],
                condition=Q(voided=False),
                name="ledger_mapping_once",
                violation_error_message="There is already a mapping of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LedgerBatch(Governed):
    """One file of the ledger, or one posting by hand or by the API, as a whole.

    ``totals`` are its control totals: a list of currency, and rows and amounts imported, mapped,
    in suspense, held and skipped. They add up, always.
    """

    class State(models.TextChoices):
        COMMITTED = "committed", "Committed"
        WITH_SUSPENSE = "with_suspense", "With suspense"
        ROLLED_BACK = "rolled_back", "Rolled back"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="ledger_batches")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH)
    digest = models.CharField(max_length=64, blank=True)
    mapping = models.ForeignKey(
        LedgerMapping, null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    state = models.CharField(max_length=13, choices=State.choices, default=State.COMMITTED)
    totals = models.JSONField(default=list, blank=True)
    idempotency_key = models.CharField(max_length=NAME_LENGTH, null=True, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "ledger batches"
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="ledger_batch_number_once"),
            models.UniqueConstraint(
                fields=["office", "idempotency_key"], name="ledger_batch_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.number}"

    @property
    def control_totals(self) -> list[dict[str, Any]]:
        return read_totals(self.totals)


class Actual(models.Model):
    """One row of the ledger. No row ever vanishes: what is not mapped stands in suspense.

    ``own_amount`` is in the currency of the project at the actual rate, ``constant_amount`` at
    the budget rate; both are empty until the row is mapped. ``state_reason`` says why it is not.
    """

    class State(models.TextChoices):
        MAPPED = "mapped", "Mapped"
        SUSPENSE = "suspense", "In suspense"
        HELD = "held", "Held for finance"
        ROLLED_BACK = "rolled_back", "Rolled back"

    office_id = models.BigIntegerField()
    batch = models.ForeignKey(LedgerBatch, on_delete=models.PROTECT, related_name="actuals")
    row = models.PositiveIntegerField(help_text="Its place in the file.")
    state = models.CharField(max_length=11, choices=State.choices)
    state_reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    source_system = models.CharField(max_length=CODE_LENGTH)
    document_no = models.CharField(max_length=CODE_LENGTH)
    line_no = models.CharField(max_length=CODE_LENGTH)
    posting_date = models.DateField(validators=[plausible.day])
    period = models.ForeignKey(
        FiscalPeriod, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    account = models.CharField(max_length=CODE_LENGTH)
    cost_centre = models.CharField(max_length=CODE_LENGTH, blank=True)
    project_code = models.CharField(max_length=CODE_LENGTH, blank=True)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="actuals"
    )
    wbs = wbs()
    supplier = models.CharField(max_length=NAME_LENGTH, blank=True)
    po_no = models.CharField(max_length=CODE_LENGTH, blank=True)
    commitment = models.ForeignKey(
        Commitment, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices"
    )
    text = models.CharField(max_length=NAME_LENGTH, blank=True)
    digest = models.CharField(
        max_length=32, default="", help_text="Of what the ledger says, to notice a changed row."
    )
    amount = MoneyField()
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=16, choices=Category.choices, blank=True)
    nature = models.CharField(max_length=5, choices=Nature.choices, blank=True)
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    own_amount = MoneyField(null=True, blank=True)
    constant_amount = MoneyField(null=True, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )

    class Meta:
        ordering = ["posting_date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office_id", "source_system", "document_no", "line_no"],
                condition=~Q(state="rolled_back"),
                name="actual_key_once",
            ),
            models.CheckConstraint(
                name="actual_mapped_is_whole",
                condition=~Q(state="mapped")
                | Q(
                    project__isnull=False,
                    period__isnull=False,
                    own_amount__isnull=False,
                    constant_amount__isnull=False,
                    category__gt="",
                    nature__gt="",
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "period"], name="actual_of_project"),
            models.Index(fields=["office_id", "document_no"], name="actual_document"),
            models.Index(
                fields=["office_id", "state"],
                condition=Q(state__in=["suspense", "held"]),
                name="actual_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_system} {self.document_no}/{self.line_no}"
