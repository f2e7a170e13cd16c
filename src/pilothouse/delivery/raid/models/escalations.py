# SPDX-License-Identifier: Apache-2.0
"""An entry on its way up, and what the level above answered (R-RSK-02, R-ISS-01)."""

from __future__ import annotations

from django.db import models

from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.raid.models.entries import Entry
from pilothouse.delivery.raid.models.kinds import NAME_LENGTH, Level, moment, person
from pilothouse.foundation.core.models import Governed


class Escalations(models.QuerySet["Escalation"]):
    """Escalations by what is wanted of them."""

    def waiting(self) -> Escalations:
        """Those that nobody has answered."""
        return self.filter(state=Escalation.State.WAITING)


class Escalation(Governed):
    """One step up. ``passed_over`` names levels at which nobody holds the role, so it went on."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        LIFTED = "lifted", "Lifted further"
        WITHDRAWN = "withdrawn", "Withdrawn"

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="escalations")
    from_level = models.CharField(max_length=9, choices=Level.choices)
    to_level = models.CharField(max_length=9, choices=Level.choices)
    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    portfolio = models.ForeignKey(
        Portfolio, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    reason = models.TextField()
    passed_over = models.CharField(max_length=500, blank=True)
    asked_by = person(editable=False)
    asked_label = models.CharField(max_length=NAME_LENGTH)
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    answered_by = person(editable=False)
    answered_label = models.CharField(max_length=NAME_LENGTH, blank=True)
    answered_at = moment()
    answer = models.TextField(blank=True)
    late_told = models.BooleanField(default=False)

    objects = Escalations.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=models.Q(state="waiting"),
                name="escalation_one_waiting",
            )
        ]
        indexes = [models.Index(fields=["state", "to_level"], name="escalation_waiting")]

    def __str__(self) -> str:
        return f"{self.entry} to {self.get_to_level_display().lower()}"
