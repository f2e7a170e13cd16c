# SPDX-License-Identifier: Apache-2.0
"""How work packages are measured, and what plan and money say of them together (DOMAIN 6.5)."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from pilothouse.delivery.agile.models import Release
from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed

CODE_LENGTH = 100
NAME_LENGTH = 500
LARGEST_AMOUNT = Decimal(10) ** 12


def _amount() -> models.DecimalField:  # type: ignore[type-arg]
    """A quantity in any unit."""
    return models.DecimalField(
        max_digits=16,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(LARGEST_AMOUNT)],
    )


class PackageMeasure(Governed):
    """How one work package earns its budget; without a row it earns what its tasks are done.

    ``wbs`` is its code, empty for the project as a whole. ``percent`` is claimed here instead of
    what the tasks say. ``milestones`` are name, weight and whether done.
    """

    class Method(models.TextChoices):
        PERCENT_COMPLETE = "percent_complete", "Percent complete"
        FIXED_0_100 = "0/100", "0/100"
        FIXED_50_50 = "50/50", "50/50"
        FIXED_25_75 = "25/75", "25/75"
        WEIGHTED_MILESTONES = "weighted_milestones", "Weighted milestones"
        UNITS_DONE = "units_done", "Units done"
        LEVEL_OF_EFFORT = "loe", "Level of effort"
        APPORTIONED = "apportioned", "Apportioned"
        POINTS = "points", "Points of the backlog"

    class Contour(models.TextChoices):
        EVEN = "even", "Even"
        FRONT = "front", "Front-loaded"
        BACK = "back", "Back-loaded"
        BELL = "bell", "Bell"
        TASKS = "tasks", "By its tasks, each over its own dates"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="measures")
    wbs = models.CharField(max_length=CODE_LENGTH, blank=True)
    method = models.CharField(
        max_length=20, choices=Method.choices, default=Method.PERCENT_COMPLETE
    )
    contour = models.CharField(max_length=5, choices=Contour.choices, default=Contour.EVEN)
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    accepted = models.BooleanField(default=False)
    milestones = models.JSONField(default=list, blank=True)
    units = _amount()
    units_done = _amount()
    unit = models.CharField(max_length=40, blank=True)
    follows = models.CharField(max_length=CODE_LENGTH, blank=True)
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["wbs"]
        constraints = [models.UniqueConstraint(fields=["project", "wbs"], name="measure_once")]

    def __str__(self) -> str:
        return f"Measure of {self.wbs or 'the whole'} in {self.project.code}"


class EarnedValueStatus(models.Model):
    """Earned value of one project at its status date, with all that it was computed from.

    ``figures`` are those of the engine with formula and inputs; ``outside`` is cost that belongs
    to no package. Computed by the pipeline and by nothing else.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="earned_value")
    status_date = models.DateField()
    computed_at = models.DateTimeField(auto_now=True)
    source = models.CharField(max_length=300)
    budget_number = models.PositiveIntegerField(null=True)
    baseline_number = models.PositiveIntegerField(null=True)
    plan_version = models.PositiveIntegerField(null=True)
    rates = models.CharField(max_length=300, blank=True)
    currency_code = models.CharField(max_length=3)
    at = models.DecimalField(max_digits=9, decimal_places=4)
    periods = models.PositiveIntegerField()
    bac = MoneyField()
    pv = MoneyField()
    ev = MoneyField()
    ac = MoneyField()
    constant = MoneyField(help_text="Actual cost at the budget rate.")
    outside = MoneyField()
    loe = MoneyField()
    to_complete = MoneyField(null=True)
    agreed_cost = MoneyField(null=True)
    figures = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    notices = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Earned value of {self.project_id} on {self.status_date}"


class EarnedValuePoint(models.Model):
    """Cumulative figures of a project at the end of one period.

    ``ev`` and the costs are empty after the status date. What was earned stays as it was told at
    the end of its period; ``told`` is false where it is drawn from the actual dates of the tasks
    because nobody computed it then.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="earned_points")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    first = models.DateField()
    last = models.DateField()
    pv = MoneyField()
    ev = MoneyField(null=True)
    ac = MoneyField(null=True)
    constant = MoneyField(null=True)
    told = models.BooleanField(default=False)
    status_date = models.DateField()
    baseline_number = models.PositiveIntegerField(null=True)
    plan_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["last"]
        constraints = [
            models.UniqueConstraint(fields=["project", "last"], name="earned_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.project_id}"


class PackageValue(models.Model):
    """One work package at the status date of its project; without a code, the whole."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="package_values")
    wbs = models.CharField(max_length=CODE_LENGTH, blank=True)
    name = models.CharField(max_length=NAME_LENGTH)
    method = models.CharField(max_length=20)
    contour = models.CharField(max_length=5)
    start = models.DateField(null=True)
    finish = models.DateField(null=True)
    bac = MoneyField()
    pv = MoneyField()
    ev = MoneyField()
    ac = MoneyField()
    constant = MoneyField()
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    reason = models.CharField(max_length=300)
    notice = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["wbs"]
        constraints = [
            models.UniqueConstraint(fields=["project", "wbs"], name="package_value_once"),
            models.CheckConstraint(
                name="package_value_within", condition=Q(ev__lte=models.F("bac"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wbs} of {self.project_id}"
