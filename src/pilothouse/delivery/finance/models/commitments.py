# SPDX-License-Identifier: Apache-2.0
"""What was ordered and what came of it: purchase orders, receipts, accruals (DOMAIN 6.3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import (
    CODE_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    category,
    nature,
    rate,
    wbs,
    who,
)
from pilothouse.delivery.finance.models.periods import FiscalPeriod
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency


class Commitment(Governed):
    """A purchase order. Invoices are the actuals of the ledger that bear its number."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="commitments")
    office_id = models.BigIntegerField(editable=False)
    number = models.CharField(max_length=CODE_LENGTH)
    supplier = models.CharField(max_length=NAME_LENGTH)
    text = models.CharField(max_length=NAME_LENGTH, blank=True)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    ordered_on = models.DateField(validators=[plausible.day])
    receipts_kept = models.BooleanField(
        default=True, help_text="Else the invoice says what was received."
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    above_funding = models.BooleanField(
        default=False, editable=False, help_text="It was above what was available, and flagged."
    )
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["office_id", "number"],
                name="commitment_number_once",
                violation_error_message="There is already an order of this number.",
            )
        ]

    def __str__(self) -> str:
        return self.number


class CommitmentLine(models.Model):
    """One position of an order, in the order's currency; ``expected_on`` is when it is due."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    wbs = wbs()
    category = category()
    nature = nature()
    text = models.CharField(max_length=NAME_LENGTH, blank=True)
    amount = MoneyField(validators=[MinValueValidator(Decimal("0.0001"))])
    rate = rate()
    own_amount = MoneyField(help_text="In the project's currency at the rate of the order's day.")
    expected_on = models.DateField(validators=[plausible.day])

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "position"], name="commitment_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.commitment_id}/{self.position}"


class Receipt(Governed):
    """Something of an order came; below 0 where it was sent back."""

    line = models.ForeignKey(CommitmentLine, on_delete=models.PROTECT, related_name="receipts")
    day = models.DateField(validators=[plausible.day])
    period = models.ForeignKey(FiscalPeriod, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()
    text = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta:
        ordering = ["day", "pk"]

    def __str__(self) -> str:
        return f"Receipt of {self.day}"


class Accruals(models.QuerySet["Accrual"]):
    """Accruals by what they mean on a day."""

    def standing(self, day: date) -> Accruals:
        """Posted in a period that began, until the period begins that turns them back."""
        return self.filter(
            Q(reversal_period=None) | Q(reversal_period__first__gt=day),
            state=Accrual.State.POSTED,
            period__first__lte=day,
        )


class Accrual(Governed):
    """Work done and not invoiced at the end of a period; turned back on day 1 of the next.

    ``own_amount`` is in the project's currency. A posted accrual counts in its period, and with
    the other sign in ``reversal_period``.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        POSTED = "posted", "Posted"
        REJECTED = "rejected", "Rejected"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="accruals")
    period = models.ForeignKey(FiscalPeriod, on_delete=models.PROTECT, related_name="accruals")
    reversal_period = models.ForeignKey(
        FiscalPeriod, null=True, blank=True, on_delete=models.PROTECT, related_name="reversals"
    )
    line = models.ForeignKey(
        CommitmentLine, null=True, blank=True, on_delete=models.PROTECT, related_name="accruals"
    )
    wbs = wbs()
    category = category()
    nature = nature()
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()
    rate = rate()
    own_amount = MoneyField()
    constant_amount = MoneyField(help_text="As ``own_amount``, at the budget rate.")
    basis = models.CharField(max_length=REASON_LENGTH)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    decided_by = who()
    decision_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)

    objects = Accruals.as_manager()

    class Meta:
        ordering = ["period", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "period"],
                condition=Q(state="posted"),
                name="accrual_of_line_once",
            )
        ]

    def __str__(self) -> str:
        return f"Accrual {self.pk}"
