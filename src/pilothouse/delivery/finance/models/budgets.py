# SPDX-License-Identifier: Apache-2.0
"""What a project may cost: versions of its budget, reserves, draws and released funding."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models.kinds import (
    CODE_LENGTH,
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
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Currency

NOT_BELOW_ZERO = [MinValueValidator(Decimal(0))]
ABOVE_ZERO = [MinValueValidator(Decimal("0.0001"))]


class Budget(Governed):
    """One version of a project's budget (R-BUD-01, R-BUD-02), in the project's currency.

    Its total is BAC + contingency + management reserve, BAC the sum of its lines and of what is
    not distributed yet. Approved draws move money from a reserve into BAC.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        ENDORSED = "endorsed", "Endorsed"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN = (State.DRAFT, State.SUBMITTED, State.ENDORSED)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="budgets")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    follows = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version it began as a copy of.",
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    undistributed = MoneyField(default=Decimal(0), validators=NOT_BELOW_ZERO)
    contingency = MoneyField(default=Decimal(0), validators=NOT_BELOW_ZERO)
    management_reserve = MoneyField(default=Decimal(0), validators=NOT_BELOW_ZERO)
    submitted_by, submitted_at = who(), when()
    endorsed_by, endorsed_at = who(), when()
    approved_by, approved_at = who(), when()
    returned_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)
    warning = models.CharField(
        max_length=REASON_LENGTH,
        blank=True,
        editable=False,
        help_text="What was told to whoever approved it.",
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="budget_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="approved"), name="budget_one_approved"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["draft", "submitted", "endorsed"]),
                name="budget_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Budget {self.number} of {self.project.code}"


class BudgetLine(models.Model):
    """What one part of the work costs in one period.

    ``amount`` is in the currency it was budgeted in; ``own_amount`` in the project's, at the
    budget rate that stood when the line was written.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="lines")
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
                fields=["budget", "wbs", "category", "nature", "currency", "text", "period"],
                name="budget_line_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.wbs} {self.category} {self.period_id}"


class ContingencyDraw(Governed):
    """Money that moves from a reserve into BAC because a risk or an issue struck (R-BUD-04)."""

    class Reserve(models.TextChoices):
        CONTINGENCY = "contingency", "Contingency"
        MANAGEMENT = "management_reserve", "Management reserve"

    class Cites(models.TextChoices):
        RISK = "risk", "Risk"
        ISSUE = "issue", "Issue"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="contingency_draws")
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="draws")
    number = models.PositiveIntegerField()
    reserve = models.CharField(max_length=18, choices=Reserve.choices)
    amount = MoneyField(validators=ABOVE_ZERO)
    cites = models.CharField(max_length=5, choices=Cites.choices)
    cited = models.CharField(max_length=CODE_LENGTH, help_text="Its code in the register: R-7.")
    reason = models.CharField(max_length=REASON_LENGTH)
    wbs = wbs()
    category = category()
    nature = nature()
    period = models.ForeignKey(FiscalPeriod, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.SUBMITTED)
    decided_by, decided_at = who(), when()
    own_limit = models.BooleanField(
        default=False,
        editable=False,
        help_text="The project manager decided it, within the own limit.",
    )
    decision_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="draw_number_once")
        ]

    def __str__(self) -> str:
        return f"Draw {self.number} of {self.project.code}"


class FundingRelease(Governed):
    """Money that a gate sets free for a stage (R-BUD-03), in the project's currency."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        RELEASED = "released", "Released"
        EXHAUSTED = "exhausted", "Exhausted"
        LAPSED = "lapsed", "Lapsed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="funding_releases")
    number = models.PositiveIntegerField()
    gate = models.CharField(max_length=NAME_LENGTH)
    amount = MoneyField(validators=ABOVE_ZERO)
    first = models.DateField(validators=[plausible.day])
    last = models.DateField(validators=[plausible.day])
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    lapsed = MoneyField(
        default=Decimal(0),
        editable=False,
        help_text="What was not used when the stage ended and no gate carried over.",
    )
    carried_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="carried_from",
    )
    approved_by, approved_at = who(), when()
    released_by, released_at = who(), when()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="funding_number_once"),
            models.CheckConstraint(
                name="funding_in_order",
                condition=Q(last__gte=F("first")),
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"Funding {self.number} of {self.project.code}"
