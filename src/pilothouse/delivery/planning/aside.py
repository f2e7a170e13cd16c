# SPDX-License-Identifier: Apache-2.0
"""Sandboxes: copies of a plan aside, to try things on (R-BAS-03)."""

from __future__ import annotations

from django.db import models

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed


class Sandbox(Governed):
    """A named copy of the plan of a project. Its rows hang on a plan without a project.

    So nothing that asks for the plan of a project, or for tasks of projects, ever meets it.
    ``base`` is the plan that it was copied from, of version ``base_version``: what either changed
    since is told by it. ``base_plan`` is the key of its row; to another plan nothing is taken
    over. A sandbox that is closed keeps who, when and why, and no rows.
    ``slopes`` are what a day less of a task costs, and how many can be gained: uid → [cost, days].
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ADOPTED = "adopted", "Adopted"
        DISCARDED = "discarded", "Thrown away"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="sandboxes")
    name = models.CharField(max_length=120)
    purpose = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    base = models.BinaryField(null=True)
    base_version = models.PositiveIntegerField()
    base_plan = models.BigIntegerField(null=True, editable=False)
    slopes = models.JSONField(default=dict, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    adopted_version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(state="open"),
                name="sandbox_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name
