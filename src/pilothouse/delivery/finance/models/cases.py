# SPDX-License-Identifier: Apache-2.0
"""What a project is worth: costs and benefits by year, as approved and as expected now."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import (
    REASON_LENGTH,
    when,
    who,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency

FIRST_YEAR, LAST_YEAR = 1950, 2199
LONGEST = 60
"""Years of one case."""


class FinancialCase(Governed):
    """One version of the financial case of a project, in the project's currency (DOMAIN 3.3).

    ``first_year`` is period 0, whose flows are not discounted. The approved one is what the
    project was approved for; the expected one is kept up to date, and nobody approves it: its
    costs are those of ledger, forecast and budget, only its benefits are entered.
    """

    class State(models.TextChoices):
        EXPECTED = "expected", "Expected"
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN = (State.DRAFT, State.SUBMITTED)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="financial_cases")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    first_year = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    rate_pct = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    reason = models.CharField(max_length=REASON_LENGTH)
    submitted_by = who()
    submitted_at = when()
    decided_by = who()
    decided_at = when()
    decision_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="case_number_once"),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["draft", "submitted"]),
                name="case_one_open",
            ),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="approved"), name="case_one_approved"
            ),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="expected"), name="case_one_expected"
            ),
        ]

    def __str__(self) -> str:
        return f"Financial case {self.number} of {self.project.code}"


class CaseFlow(models.Model):
    """Costs and benefits of one fiscal year; a disbenefit is a benefit below 0."""

    case = models.ForeignKey(FinancialCase, on_delete=models.CASCADE, related_name="flows")
    year = models.PositiveSmallIntegerField()
    costs = MoneyField(default=Decimal(0), validators=[MinValueValidator(Decimal(0))])
    benefits = MoneyField(default=Decimal(0))

    class Meta:
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["case", "year"], name="case_year_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.year}"
