# SPDX-License-Identifier: Apache-2.0
"""Sums by project, period, category and nature, kept beside the rows that they are made of."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import category, nature
from pilothouse.delivery.finance.models.periods import FiscalPeriod
from pilothouse.delivery.projects.models import Project


class StreamTotal(models.Model):
    """What a project means to spend and has promised in a period; kept by ``restream`` alone.

    ``budget`` is that of the approved version with its approved draws; ``accrual`` what was posted
    less what was turned back, ``constant`` the same at the budget rate; ``committed`` what is open
    of orders by the day that it is expected on; ``forecast`` what the approved forecast says is
    still to come beside what is ordered; ``to_come`` what is to come in all: forecast and orders,
    or without an approved forecast what the budget still leaves. In a closed period nothing is to
    come, whatever stands there. What was spent stands in ``CostTotal``.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stream_totals")
    period = models.ForeignKey(FiscalPeriod, on_delete=models.CASCADE, related_name="+")
    category = category()
    nature = nature()
    budget = MoneyField(default=Decimal(0))
    accrual = MoneyField(default=Decimal(0))
    constant = MoneyField(default=Decimal(0))
    committed = MoneyField(default=Decimal(0))
    forecast = MoneyField(default=Decimal(0))
    to_come = MoneyField(default=Decimal(0))

    class Meta:
        ordering = ["project", "period", "category", "nature"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "period", "category", "nature"], name="stream_total_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.period_id} {self.category} {self.nature}"
