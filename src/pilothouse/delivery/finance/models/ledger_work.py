# SPDX-License-Identifier: Apache-2.0
"""What is done with the ledger: files that wait, corrections, sums, and the monthly comparison."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import (
    CODE_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    category,
    nature,
    wbs,
    when,
    who,
)
from pilothouse.delivery.finance.models.ledger import Actual, LedgerBatch, LedgerMapping
from pilothouse.delivery.finance.models.periods import FiscalPeriod
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency, OrgUnit


class CostTotal(models.Model):
    """What the mapped rows of a project come to in a period; kept by ``retotal`` alone."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cost_totals")
    period = models.ForeignKey(FiscalPeriod, on_delete=models.CASCADE, related_name="+")
    category = category()
    nature = nature()
    actual = MoneyField(help_text="In the project's currency at actual rates.")
    constant = MoneyField(help_text="As ``actual``, at the budget rate.")
    rows = models.PositiveIntegerField()

    class Meta:
        ordering = ["project", "period", "category", "nature"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "period", "category", "nature"], name="cost_total_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.period_id} {self.category} {self.nature}"


class LedgerUpload(Governed):
    """A file of the ledger that was sent and is looked at before it counts.

    Its content is emptied once it is committed or discarded.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        COMMITTED = "committed", "Committed"
        DISCARDED = "discarded", "Discarded"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="ledger_uploads")
    name = models.CharField(max_length=NAME_LENGTH)
    digest = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    content = models.BinaryField(blank=True)
    headings = models.JSONField(default=list, blank=True)
    columns = models.JSONField(default=dict, blank=True, help_text="Our field → their heading.")
    decimal_mark = models.CharField(max_length=1, default=".", choices=[(".", "."), (",", ",")])
    date_form = models.CharField(max_length=20, default="iso")
    mapping = models.ForeignKey(
        LedgerMapping, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    batch = models.ForeignKey(
        LedgerBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class LedgerCorrection(Governed):
    """An actual that stands wrongly: turned back, and posted anew where a project is named.

    Never approved by whoever imported the row or proposed the correction (R-GEN-08).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="corrections")
    actual = models.ForeignKey(Actual, on_delete=models.PROTECT, related_name="corrections")
    posting_date = models.DateField(validators=[plausible.day])
    project_code = models.CharField(max_length=CODE_LENGTH, blank=True)
    account = models.CharField(max_length=CODE_LENGTH, blank=True)
    wbs = wbs()
    reason = models.CharField(max_length=REASON_LENGTH)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    decided_by = who()
    decision_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)
    batch = models.ForeignKey(
        LedgerBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["actual"], condition=Q(state="proposed"), name="correction_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"Correction of {self.actual}"


class Reconciliation(Governed):
    """The totals of a period here beside those of the ledger; signed off when all agree (R-LED-05).

    ``ours`` of its lines is taken when it is made and again when it is signed off.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SIGNED = "signed", "Signed off"
        VOID = "void", "Void"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="reconciliations")
    period = models.ForeignKey(
        FiscalPeriod, on_delete=models.PROTECT, related_name="reconciliations"
    )
    source = models.CharField(max_length=NAME_LENGTH)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    signed_by = who()
    signed_at = when()

    class Meta:
        ordering = ["-period__first"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "period"],
                condition=~Q(state="void"),
                name="reconciliation_once",
                violation_error_message="This period is being reconciled already.",
            )
        ]

    def __str__(self) -> str:
        return f"Reconciliation of {self.period}"


class ReconciliationLine(models.Model):
    """One project code and currency: what the ledger says, what stands here, and why it differs."""

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.CASCADE, related_name="lines"
    )
    project_code = models.CharField(max_length=CODE_LENGTH, blank=True)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    theirs = MoneyField()
    ours = MoneyField()
    explanation = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["project_code", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "project_code", "currency"],
                name="reconciliation_line_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_code} {self.currency_id}"
