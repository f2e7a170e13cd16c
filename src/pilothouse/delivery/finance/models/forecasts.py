# SPDX-License-Identifier: Apache-2.0
"""What the rest of a project will cost, version by version, and why lines leave their budget."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.budgets import NOT_BELOW_ZERO
from pilothouse.delivery.finance.models.kinds import (
    NAME_LENGTH,
    REASON_LENGTH,
    category,
    nature,
    rate,
    wbs,
    when,
    who,
)
from pilothouse.delivery.finance.models.periods import FiscalPeriod
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency


class Forecast(Governed):
    """One version of the bottom-up forecast of a project (DOMAIN 6.3), in its currency.

    EAC = cost to date + what is ordered and still to come + estimate to complete of its lines.
    Submitting freezes the three with their day, as a whole and by part; lines of closed periods go,
    for their cost has taken their place. From then on nothing of the version changes.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        ENDORSED = "endorsed", "Endorsed"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN = (State.DRAFT, State.SUBMITTED, State.ENDORSED)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="forecasts")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateField(null=True, blank=True, editable=False)
    cost = MoneyField(null=True, blank=True, editable=False)
    ordered = MoneyField(null=True, blank=True, editable=False)
    to_complete = MoneyField(null=True, blank=True, editable=False)
    warning = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)
    submitted_by, submitted_at = who(), when()
    endorsed_by, endorsed_at = who(), when()
    approved_by, approved_at = who(), when()
    returned_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="forecast_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="approved"), name="forecast_one_approved"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["draft", "submitted", "endorsed"]),
                name="forecast_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Forecast {self.number} of {self.project.code}"

    @property
    def eac(self) -> Decimal | None:
        """Estimate at completion as it was submitted; None in a draft."""
        if self.cost is None or self.ordered is None or self.to_complete is None:
            return None
        return self.cost + self.ordered + self.to_complete


class ForecastLine(models.Model):
    """What one part of the work is still to cost in one period, beside what is ordered."""

    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="lines")
    wbs = wbs()
    category = category()
    nature = nature()
    period = models.ForeignKey(FiscalPeriod, on_delete=models.PROTECT, related_name="+")
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField(validators=NOT_BELOW_ZERO)
    rate = rate()
    own_amount = MoneyField(validators=NOT_BELOW_ZERO)
    text = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta:
        ordering = ["wbs", "category", "nature", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "wbs", "category", "nature", "currency", "text", "period"],
                name="forecast_line_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.wbs} {self.category} {self.period_id}"


class ForecastPart(models.Model):
    """What a part of the work had cost in a period when its forecast was submitted.

    ``ordered`` is what was ordered and still to come of the part then; it has no period.
    """

    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="parts")
    wbs = wbs()
    category = category()
    nature = nature()
    period = models.ForeignKey(
        FiscalPeriod, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    spent = MoneyField(default=Decimal(0))
    ordered = MoneyField(default=Decimal(0))

    class Meta:
        ordering = ["wbs", "category", "nature", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "wbs", "category", "nature", "period"],
                name="forecast_part_once",
            ),
            models.CheckConstraint(
                name="forecast_part_spent_in_a_period",
                condition=Q(period=None, spent=0) | Q(period__isnull=False, ordered=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wbs} {self.category} {self.period_id}"


class VarianceReason(models.Model):
    """Why a part of the work is to cost more or less than its budget."""

    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="reasons")
    wbs = wbs()
    category = category()
    nature = nature()
    reason = models.CharField(max_length=REASON_LENGTH)

    class Meta:
        ordering = ["wbs", "category", "nature"]
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "wbs", "category", "nature"], name="variance_reason_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.wbs} {self.category}: {self.reason[:40]}"
