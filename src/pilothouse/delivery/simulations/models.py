# SPDX-License-Identifier: Apache-2.0
"""What is uncertain about a plan, and runs of the simulation over it (DOMAIN 8.3)."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit

NAME_LENGTH = 200
MOST_ITERATIONS = 1_000_000
USUAL_ITERATIONS = 10_000
LOW_PCT, HIGH_PCT = -10, 25
"""The usual template: from 10 % less to 25 % more than planned."""
_NOT_BELOW_ZERO = [MinValueValidator(Decimal(0))]


class Shape(models.TextChoices):
    """How likely the values between least and most are."""

    TRIANGULAR = "triangular", "Triangular"
    PERT = "pert", "PERT"
    UNIFORM = "uniform", "Uniform"


def _shape() -> models.CharField[str, str]:
    return models.CharField(max_length=10, choices=Shape.choices, default=Shape.TRIANGULAR)


def _in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(low__lte=F("likely")) & Q(likely__lte=F("high")),
        violation_error_message="The likely value lies between the least and the most.",
    )


class Uncertainty(Governed):
    """What holds for all tasks of a project that have no range of their own."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="uncertainty")
    low_pct = models.SmallIntegerField(
        default=LOW_PCT, validators=[MinValueValidator(-99), MaxValueValidator(0)]
    )
    high_pct = models.SmallIntegerField(
        default=HIGH_PCT, validators=[MinValueValidator(0), MaxValueValidator(500)]
    )
    shape = _shape()

    def __str__(self) -> str:
        return f"Uncertainty of {self.project.code}"


class TaskRange(Governed):
    """How long a task may still take, in working days; by uid, for a task outlives an import."""

    class Source(models.TextChoices):
        TYPED = "typed", "Typed"
        ESTIMATE = "estimate", "A three-point estimate"
        HISTORY = "history", "Finished projects of the office"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="task_ranges")
    uid = models.IntegerField()
    name = models.CharField(max_length=500, editable=False)
    shape = _shape()
    low = models.DecimalField(max_digits=8, decimal_places=2, validators=_NOT_BELOW_ZERO)
    likely = models.DecimalField(max_digits=8, decimal_places=2, validators=_NOT_BELOW_ZERO)
    high = models.DecimalField(max_digits=8, decimal_places=2, validators=_NOT_BELOW_ZERO)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.TYPED)

    class Meta:
        ordering = ["uid"]
        constraints = [
            models.UniqueConstraint(fields=["project", "uid"], name="task_range_once"),
            _in_order("task_range_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.low} to {self.high} days"


class CostItem(Governed):
    """What the project still costs, in its currency: an amount, or one for each working day.

    A daily one runs for as long as its task lasts, or the whole plan.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="cost_items")
    name = models.CharField(max_length=NAME_LENGTH)
    shape = _shape()
    low = MoneyField(validators=_NOT_BELOW_ZERO)
    likely = MoneyField(validators=_NOT_BELOW_ZERO)
    high = MoneyField(validators=_NOT_BELOW_ZERO)
    per_day = models.BooleanField(default=False)
    task_uid = models.IntegerField(null=True, blank=True)
    voided = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(voided=False),
                name="cost_item_once",
                violation_error_message="There is already a cost of this name.",
            ),
            _in_order("cost_item_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Correlation(Governed):
    """Tasks and costs that go well or badly together: one number for all pairs, or a matrix.

    ``costs`` are keys of cost items. ``rows`` is the matrix over the tasks, then the costs.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="correlations")
    name = models.CharField(max_length=NAME_LENGTH)
    rho = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    tasks = models.JSONField(default=list, blank=True)
    costs = models.JSONField(default=list, blank=True)
    rows = models.JSONField(default=list, blank=True)
    voided = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(voided=False),
                name="correlation_once",
                violation_error_message="There is already a correlation of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SimulationRun(Governed):
    """One run over a project, or over all plans of a programme or portfolio; kept as it was.

    ``plan`` and ``risks`` are the whole input as files of the engine, compressed, so that the run
    can be repeated bit for bit with ``seed``; ``before`` and ``after`` what it said, without and
    with the responses to the risks. ``figures`` are the few numbers that lists show, ``told`` what
    had to be left out or repaired.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waits"
        RUNNING = "running", "Runs"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    GOING = (State.QUEUED, State.RUNNING)

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="simulation_runs"
    )
    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.PROTECT, related_name="simulation_runs"
    )
    portfolio = models.ForeignKey(
        Portfolio, null=True, blank=True, on_delete=models.PROTECT, related_name="simulation_runs"
    )
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    asked_label = models.CharField(max_length=NAME_LENGTH, editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    iterations = models.PositiveIntegerField(default=USUAL_ITERATIONS)
    seed = models.PositiveIntegerField()
    engine_version = models.CharField(max_length=20)
    plan_versions = models.JSONField(default=dict, blank=True)
    places = models.JSONField(default=list, blank=True)
    plan = models.BinaryField(null=True)
    risks = models.BinaryField(null=True)
    before = models.BinaryField(null=True)
    after = models.BinaryField(null=True)
    figures = models.JSONField(default=dict, blank=True)
    told = models.JSONField(default=list, blank=True)
    progress_pct = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="simulation_run_one_place",
                condition=Q(project__isnull=False, programme=None, portfolio=None)
                | Q(project=None, programme__isnull=False, portfolio=None)
                | Q(project=None, programme=None, portfolio__isnull=False),
            ),
            *(
                models.UniqueConstraint(
                    fields=[place, "number"],
                    condition=Q(**{f"{place}__isnull": False}),
                    name=f"simulation_run_{place}_number",
                )
                for place in ("project", "programme", "portfolio")
            ),
        ]
        indexes = [models.Index(fields=["project", "state"], name="simulation_run_project")]

    def __str__(self) -> str:
        return f"Run {self.number} of {self.place.code}"

    @property
    def place(self) -> Project | Programme | Portfolio:
        """What was simulated."""
        found = self.project or self.programme or self.portfolio
        assert found is not None
        return found
