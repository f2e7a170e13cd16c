# SPDX-License-Identifier: Apache-2.0
"""Risks with their ratings, now and as they were (8.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.raid.models.entries import Entry
from pilothouse.delivery.raid.models.kinds import (
    NAME_LENGTH,
    Aspect,
    Rating,
    moment,
    step_of_scale,
)
from pilothouse.foundation.core import plausible


def _long() -> models.TextField[str, str]:
    return models.TextField(blank=True, validators=[plausible.long_text])


def _days() -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)


class Risk(Entry):
    """Something uncertain that would matter: a threat or an opportunity. ``title`` is the event.

    ``probability``, ``impact``, ``score`` and ``rating`` are those of the current aspect, and
    ``scale_number`` the version of the scales they were rated by. ``escalate_by`` is until when
    it has to go a level up, and ``escalate_why`` the rule that says so (R-RSK-02).
    """

    class Nature(models.TextChoices):
        THREAT = "threat", "Threat"
        OPPORTUNITY = "opportunity", "Opportunity"

    class Strategy(models.TextChoices):
        AVOID = "avoid", "Avoid"
        REDUCE = "reduce", "Reduce"
        TRANSFER = "transfer", "Transfer"
        SHARE = "share", "Share"
        ACCEPT_ACTIVE = "accept_active", "Accept, with a plan"
        ACCEPT_PASSIVE = "accept_passive", "Accept"
        CONTINGENT = "contingent", "Prepare a contingency plan"
        EXPLOIT = "exploit", "Exploit"
        ENHANCE = "enhance", "Enhance"
        REJECT = "reject", "Reject"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        PLANNED = "planned", "Response planned"
        ACTIVE = "active", "Response running"
        CLOSED = "closed", "Closed"
        OCCURRED = "occurred", "Occurred"

    nature = models.CharField(max_length=11, choices=Nature.choices, default=Nature.THREAT)
    cause = _long()
    effect = _long()
    category = models.CharField(max_length=NAME_LENGTH, blank=True)
    near_from = models.DateField(null=True, blank=True, validators=[plausible.day])
    near_until = models.DateField(null=True, blank=True, validators=[plausible.day])
    strategy = models.CharField(max_length=14, choices=Strategy.choices, blank=True)
    trigger = _long()
    fallback = _long()
    probability = step_of_scale(editable=False)
    impact = step_of_scale(editable=False)
    score = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    rating = models.CharField(max_length=9, choices=Rating.choices, blank=True, editable=False)
    scale_number = models.PositiveIntegerField(default=0, editable=False)
    escalate_by = moment()
    escalate_why = models.TextField(blank=True, editable=False)
    closed_as = models.CharField(
        max_length=8,
        blank=True,
        editable=False,
        choices=[
            ("expired", "Its time has passed"),
            ("avoided", "It was avoided"),
            ("gone", "It is no longer relevant"),
        ],
    )

    rows: ClassVar[models.Manager[Risk]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="risk_window_in_order",
                condition=Q(near_from=None)
                | Q(near_until=None)
                | Q(near_until__gte=F("near_from")),
                violation_error_message="Its last day lies before its first.",
            )
        ]
        indexes = [models.Index(fields=["rating"], name="risk_rating")]


class RiskRating(models.Model):
    """How likely and how grave a risk is, seen from one aspect; amounts in the place's currency.

    The steps of the scale, and where it is quantified a probability in percent with three-point
    ranges of what it costs and how many working days it takes. An opportunity saves them; its
    amounts are positive too.
    """

    class Shape(models.TextChoices):
        TRIANGULAR = "triangular", "Triangular"
        PERT = "pert", "PERT"
        UNIFORM = "uniform", "Uniform"

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="ratings")
    aspect = models.CharField(max_length=8, choices=Aspect.choices)
    probability = step_of_scale()
    cost = step_of_scale()
    time = step_of_scale()
    scope = step_of_scale()
    benefit = step_of_scale()
    reputation = step_of_scale()
    chance_pct = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    shape = models.CharField(max_length=10, choices=Shape.choices, default=Shape.TRIANGULAR)
    cost_low = MoneyField(null=True, blank=True)
    cost_likely = MoneyField(null=True, blank=True)
    cost_high = MoneyField(null=True, blank=True)
    days_low = _days()
    days_likely = _days()
    days_high = _days()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["risk", "aspect"], name="risk_rating_once")]

    def __str__(self) -> str:
        return f"{self.aspect} of {self.risk_id}"

    @property
    def impact(self) -> int | None:
        """The greatest impact over the dimensions."""
        steps = (self.cost, self.time, self.scope, self.benefit, self.reputation)
        rated = [step for step in steps if step is not None]
        return max(rated) if rated else None

    @property
    def score(self) -> int | None:
        """Probability × impact."""
        impact = self.impact
        if self.probability is None or impact is None:
            return None
        return int(self.probability) * impact


class RiskMark(models.Model):
    """Where a risk stood on the heat map from a moment on; written once."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="marks")
    at = models.DateTimeField()
    probability = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()
    rating = models.CharField(max_length=9, choices=Rating.choices)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["risk", "at"], name="risk_mark_at")]

    def __str__(self) -> str:
        return f"{self.probability} × {self.impact}"
