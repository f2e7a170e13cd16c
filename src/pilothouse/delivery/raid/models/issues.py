# SPDX-License-Identifier: Apache-2.0
"""Issues and the clocks that run for them (8.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from pilothouse.delivery.raid.models.entries import Entry
from pilothouse.delivery.raid.models.kinds import Level, moment, person
from pilothouse.foundation.core import plausible


class Issue(Entry):
    """Something that has happened and needs somebody.

    ``…_by`` are the instants until which it is to be acknowledged, planned and resolved, counted
    in working time from ``clock_from`` on; they are empty while it waits for a level above.
    """

    class Type(models.TextChoices):
        PROBLEM = "problem", "Problem"
        OFF_SPECIFICATION = "off_specification", "Off-specification"
        REQUEST_FOR_CHANGE = "request_for_change", "Request for change"
        EXTERNAL_EVENT = "external_event", "External event"

    class Severity(models.IntegerChoices):
        CRITICAL = 1, "S1 critical"
        MAJOR = 2, "S2 major"
        MEDIUM = 3, "S3 medium"
        MINOR = 4, "S4 minor"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ASSIGNED = "assigned", "Assigned"
        IN_PROGRESS = "in_progress", "In progress"
        RESOLVED = "resolved", "Resolved"
        VERIFIED = "verified", "Verified"
        CLOSED = "closed", "Closed"
        DUPLICATE = "duplicate", "Duplicate"

    type = models.CharField(max_length=18, choices=Type.choices, default=Type.PROBLEM)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MEDIUM)
    impact = models.TextField(blank=True, validators=[plausible.long_text])
    resolution = models.TextField(blank=True, validators=[plausible.long_text])
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    clock_from = moment()
    acknowledge_by, plan_by, resolve_by = moment(), moment(), moment()
    acknowledged_at, planned_at, resolved_at = moment(), moment(), moment()
    resolver = person(editable=False)
    reopened = models.PositiveSmallIntegerField(default=0, editable=False)

    rows: ClassVar[models.Manager[Issue]] = models.Manager()


class IssueBreach(models.Model):
    """A promise of the service level that was broken; recorded once for each level.

    ``further_at`` is when the next ones were told of it.
    """

    class Promise(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", "Acknowledge"
        PLAN = "plan", "Plan"
        RESOLVE = "resolve", "Resolve"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="breaches")
    promise = models.CharField(max_length=11, choices=Promise.choices)
    level = models.CharField(max_length=9, choices=Level.choices)
    due_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    told = models.CharField(max_length=500, blank=True)
    further_at = moment()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "promise", "level"], name="issue_breach_once")
        ]

    def __str__(self) -> str:
        return f"{self.promise} of {self.issue_id}"
