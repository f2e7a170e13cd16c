# SPDX-License-Identifier: Apache-2.0
"""What work was estimated to take, by whom, how and on what basis (DOMAIN 4.8)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed

BASIS_LENGTH = 2000
LARGEST = 10**12


def _amount(*, null: bool = False) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=18, decimal_places=4, null=null, blank=null)


class Estimate(Governed):
    """One estimate of a task or of a whole project; ``task_uid`` is empty for the latter.

    ``inputs`` hold what was typed, ``value`` what follows from it by the method, ``sd`` its
    standard deviation where the method says one. What was estimated is never changed: a better
    estimate is another row.
    """

    class Unit(models.TextChoices):
        DAYS = "days", "days"
        HOURS = "hours", "hours of work"
        COST = "cost", "cost"

    class Method(models.TextChoices):
        THREE_POINT = "three_point", "Three points (PERT)"
        TRIANGULAR = "triangular", "Three points (triangular)"
        PARAMETRIC = "parametric", "Parametric"
        ANALOGOUS = "analogous", "Analogous"
        REFERENCE_CLASS = "reference_class", "Reference class"

    class Accuracy(models.TextChoices):
        ROUGH = "rough", "Rough"
        BUDGET = "budget", "Budget"
        DEFINITIVE = "definitive", "Definitive"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="estimates")
    task_uid = models.IntegerField(null=True, blank=True)
    task_name = models.CharField(max_length=500, blank=True)
    unit = models.CharField(max_length=5, choices=Unit.choices, default=Unit.DAYS)
    method = models.CharField(max_length=15, choices=Method.choices)
    accuracy = models.CharField(max_length=10, choices=Accuracy.choices)
    value = _amount()
    sd = _amount(null=True)
    low = _amount()
    high = _amount()
    inputs = models.JSONField(default=dict)
    basis = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    author_label = models.CharField(max_length=200)
    made_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    accepted_on = models.DateField(null=True, blank=True, editable=False)
    accepted_label = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["project", "task_uid"], name="estimate_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "task_uid", "unit"],
                condition=Q(state="accepted", task_uid__isnull=False),
                name="estimate_task_accepted_once",
            ),
            models.UniqueConstraint(
                fields=["project", "unit"],
                condition=Q(state="accepted", task_uid=None),
                name="estimate_project_accepted_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Estimate of {self.task_name or self.project}"
