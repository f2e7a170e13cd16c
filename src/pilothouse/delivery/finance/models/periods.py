# SPDX-License-Identifier: Apache-2.0
"""The fiscal calendar of an office, and what it has decided about its money."""

from __future__ import annotations

import re
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import (
    CODE_LENGTH,
    when,
    who,
)
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class FiscalPeriod(Governed):
    """One month of a fiscal year. Nothing is posted into a closed one."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="fiscal_periods")
    year = models.PositiveSmallIntegerField(help_text="The fiscal year by the year it ends in.")
    number = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(13)]
    )
    name = models.CharField(max_length=CODE_LENGTH)
    first = models.DateField(validators=[plausible.day])
    last = models.DateField(validators=[plausible.day])
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    closed_at = when()
    closed_by = who()

    class Meta:
        ordering = ["first"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "year", "number"],
                name="fiscal_period_once",
                violation_error_message="The year already has a period of this number.",
            ),
            models.UniqueConstraint(
                fields=["office", "first"],
                name="fiscal_period_first_once",
                violation_error_message="A period already begins on this day.",
            ),
            models.CheckConstraint(
                name="fiscal_period_in_order",
                condition=Q(last__gte=F("first")),
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_called(self, text: str) -> bool:
        """Whether a text names this period: its name, or year and number (2026-03, 202603)."""
        number = f"{self.year}{self.number:02}"
        return text.casefold() == self.name.casefold() or re.sub(r"[-/.]", "", text) == number


class FinancePolicy(Governed):
    """What an office has decided about its money; without a row the defaults hold."""

    class FundingCheck(models.TextChoices):
        BLOCK = "block", "Refuse a commitment above what is available"
        WARN = "warn", "Flag a commitment above what is available"

    class ActualRate(models.TextChoices):
        DAY = "day", "Rate of the posting date"
        MONTH = "month", "Average of the month"

    office = models.OneToOneField(OrgUnit, on_delete=models.PROTECT, related_name="finance_policy")
    funding_check = models.CharField(
        max_length=5, choices=FundingCheck.choices, default=FundingCheck.BLOCK
    )
    pm_contingency_pct = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(25),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    year_begins = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    actual_rate = models.CharField(max_length=5, choices=ActualRate.choices, default=ActualRate.DAY)
    variance_pct = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=Decimal(10),
        validators=[MinValueValidator(Decimal(0))],
        help_text="A line that is off its budget by more than this share asks for a reason.",
    )
    variance_amount = MoneyField(
        default=Decimal(0), help_text="And by more than this amount of the project's currency."
    )

    def __str__(self) -> str:
        return f"Finance policy of {self.office}"
