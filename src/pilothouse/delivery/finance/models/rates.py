# SPDX-License-Identifier: Apache-2.0
"""What one currency is worth in another, and what an hour of work costs."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import NAME_LENGTH, REASON_LENGTH, rate
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency, OrgUnit


class ExchangeRate(Governed):
    """Units of ``to_currency`` for one of ``from_currency``, from a day on (R-FX-01).

    It holds to ``valid_to``, or without one until the next of its kind and pair begins.
    """

    class Kind(models.TextChoices):
        BUDGET = "budget", "Budget"
        ACTUAL = "actual", "Actual"
        CLOSING = "closing", "Closing"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="exchange_rates")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    from_currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    to_currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    rate = rate()
    valid_from = models.DateField(validators=[plausible.day])
    valid_to = models.DateField(null=True, blank=True, validators=[plausible.day])
    source = models.CharField(max_length=NAME_LENGTH, blank=True)
    voided = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["kind", "from_currency", "to_currency", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind", "from_currency", "to_currency", "valid_from"],
                condition=Q(voided=False),
                name="exchange_rate_once",
                violation_error_message="There is already a rate of this kind from this day on.",
            ),
            models.CheckConstraint(
                name="exchange_rate_of_two",
                condition=~Q(from_currency=F("to_currency")),
                violation_error_message="A rate is between two currencies.",
            ),
            models.CheckConstraint(
                name="exchange_rate_in_order",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_currency_id}/{self.to_currency_id} from {self.valid_from}"


class CostRate(Governed):
    """What an hour of a person or of a role costs in a span of days; never two at once."""

    class Kind(models.TextChoices):
        STANDARD = "standard", "Standard"
        OVERTIME = "overtime", "Overtime"
        EXTERNAL = "external", "External"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="cost_rates")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.STANDARD)
    amount = MoneyField(validators=[MinValueValidator(Decimal(0))])
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(validators=[plausible.day])
    valid_to = models.DateField(null=True, blank=True, validators=[plausible.day])
    voided = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["role", "person", "kind", "valid_from"]
        constraints = [
            models.CheckConstraint(
                name="cost_rate_of_one",
                condition=Q(person=None, role__gt="") | Q(person__isnull=False, role=""),
                violation_error_message="A rate is of a person or of a role.",
            ),
            models.CheckConstraint(
                name="cost_rate_in_order",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"Rate from {self.valid_from}"
