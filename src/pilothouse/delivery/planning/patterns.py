# SPDX-License-Identifier: Apache-2.0
"""Templates of plans, kept by an office for all its projects."""

from __future__ import annotations

from django.db import models

from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class PlanTemplate(Governed):
    """One version of a template: rows, links, roles and calendars without dates and people.

    A new version takes the place of the one before, which is retired then. ``plan`` is the plan
    as JSON, compressed; ``offsets`` are its dates as working minutes from the start, by uid.
    """

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="plan_templates")
    name = models.CharField(max_length=120)
    number = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=80, blank=True)
    purpose = models.TextField(blank=True)
    retired = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)
    plan = models.BinaryField()
    offsets = models.JSONField(default=dict, blank=True)
    tasks = models.PositiveIntegerField()
    roles = models.PositiveIntegerField()
    length_minutes = models.BigIntegerField()
    minutes_per_day = models.PositiveIntegerField(default=480)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "name", "number"], name="plan_template_version_once"
            ),
            models.UniqueConstraint(
                fields=["office", "name"],
                condition=models.Q(retired=False),
                name="plan_template_in_use_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
