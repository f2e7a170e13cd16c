# SPDX-License-Identifier: Apache-2.0
"""Policies with history, and the snapshots that every dashboard reads."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit

COLOURS = [("green", "Green"), ("amber", "Amber"), ("red", "Red"), ("grey", "Not rated")]


class ThresholdPolicy(Governed):
    """R: thresholds of the colours of one office, as of a day; never edited, only followed."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    rules = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="policy_number_once")
        ]

    def __str__(self) -> str:
        return f"Thresholds {self.number}"


class PerformanceSnapshot(models.Model):
    """All that a list shows of one project at one status date, with the reasons of each colour.

    ``valid_to`` is the status date of the next snapshot, so that one comparison finds what
    held on a day. A published snapshot is never changed.
    """

    class Kind(models.TextChoices):
        LIVE = "live", "Computed from the data of the day"
        PUBLISHED = "published", "Published"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    office_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status_date = models.DateField()
    valid_to = models.DateField(null=True)
    computed_at = models.DateTimeField(auto_now=True)
    stamp = models.BigIntegerField(
        default=0, help_text="Another number each time the row is computed."
    )
    source = models.CharField(max_length=200)
    plan_version = models.PositiveIntegerField(null=True)
    policy_number = models.PositiveIntegerField(default=0)
    engine_version = models.CharField(max_length=20)
    in_portfolio = models.BooleanField(default=True)

    name = models.CharField(max_length=300)
    state = models.CharField(max_length=20)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, null=True, on_delete=models.PROTECT, related_name="+")
    project_type = models.CharField(max_length=80, blank=True)
    owner_name = models.CharField(max_length=120, blank=True)
    strategic_critical = models.BooleanField(default=False)
    currency_code = models.CharField(max_length=3)
    planned_start = models.DateField(null=True)
    forecast_finish = models.DateField(null=True)
    baseline_start = models.DateField(null=True)
    baseline_finish = models.DateField(null=True)
    slip_days = models.IntegerField(null=True)
    budget = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    forecast_cost = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    bac = MoneyField(null=True, help_text="What the work may cost, without reserves.")
    eac = MoneyField(
        null=True, help_text="The forecast cost before rounding, where it comes of what was spent."
    )
    benefits_approved = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    benefits_forecast = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    next_milestone = models.CharField(max_length=300, blank=True)
    next_milestone_on = models.DateField(null=True)
    percent_complete = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    late_tasks = models.PositiveIntegerField(null=True)
    missed_deadlines = models.PositiveIntegerField(null=True)
    negative_float = models.PositiveIntegerField(null=True)
    import_differences = models.PositiveIntegerField(null=True)
    data_as_of = models.DateField(null=True)

    overall = models.CharField(max_length=5, choices=COLOURS, default="grey")
    schedule = models.CharField(max_length=5, choices=COLOURS, default="grey")
    cost = models.CharField(max_length=5, choices=COLOURS, default="grey")
    scope = models.CharField(max_length=5, choices=COLOURS, default="grey")
    benefits = models.CharField(max_length=5, choices=COLOURS, default="grey")
    risk = models.CharField(max_length=5, choices=COLOURS, default="grey")
    resources = models.CharField(max_length=5, choices=COLOURS, default="grey")
    severity = models.PositiveSmallIntegerField(default=0)
    previous_overall = models.CharField(max_length=5, blank=True)
    stated = models.CharField(max_length=5, choices=COLOURS, default="grey")
    stated_label = models.CharField(max_length=60, blank=True)
    previous_stated = models.CharField(max_length=5, blank=True)
    reasons = models.JSONField(default=dict)
    comments = models.JSONField(default=dict)
    figures = models.JSONField(
        default=list,
        help_text="Named figures of the period that are no whole-life ones: label, value, unit.",
    )
    custom = models.JSONField(default=dict)

    class Meta:
        ordering = ["status_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "status_date"], name="snapshot_day_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(valid_to=None), name="snapshot_one_latest"
            ),
        ]
        indexes = [
            models.Index(fields=["office_id", "status_date", "valid_to"], name="snapshot_as_of"),
            models.Index(fields=["valid_to", "in_portfolio"], name="snapshot_latest"),
            models.Index(
                fields=["office_id", "status_date"],
                condition=Q(kind="published"),
                name="snapshot_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.status_date}"

    @property
    def weight(self) -> Decimal | None:
        """What the project weighs among others: its BAC, else its budget (R-RUP-01)."""
        return self.budget if self.bac is None else self.bac
