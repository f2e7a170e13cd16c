# SPDX-License-Identifier: Apache-2.0
"""What one project gives and another waits for, and what was promised when (DOMAIN 4.7)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed

TITLE_LENGTH = 200
TEXT_LENGTH = 2000


def _agreed_by() -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class Dependencies(models.QuerySet["PlanDependency"]):
    """Dependencies by what is wanted of them."""

    def open(self) -> Dependencies:
        """Those that still bind two projects."""
        return self.filter(state__in=PlanDependency.OPEN)

    def awaited(self) -> Dependencies:
        """Those whose deliverable is still to come, so that the plan of the giver counts."""
        return self.filter(state__in=PlanDependency.AWAITED)

    def bound(self) -> Dependencies:
        """Those that bind two projects, or still hold the task of one."""
        return self.filter(Q(state__in=PlanDependency.OPEN) | Q(held_until__isnull=False))

    def waiting(self) -> Dependencies:
        """Those whose dates one side has not agreed to yet."""
        return self.filter(state=PlanDependency.State.PROPOSED)

    def of_project(self, project_id: int) -> Dependencies:
        """What a project gives and what it gets."""
        return self.filter(Q(giver_id=project_id) | Q(receiver_id=project_id))

    def with_projects(self) -> Dependencies:
        """With both projects and all that decides who may what in them."""
        return self.select_related("giver__portfolio__org_unit", "receiver__portfolio__org_unit")

    def locked_of(self, project_id: int) -> Dependencies:
        """Those of a project, locked in the one order in which everybody locks them.

        The plan of the project is locked before them.
        """
        return self.of_project(project_id).select_for_update(of=("self",)).order_by("pk")

    def worst_first(self) -> Dependencies:
        """The least slack first; where it is not known, last."""
        return self.order_by(F("slack_days").asc(nulls_last=True), "need_date", "pk")


class PlanDependency(Governed):
    """A deliverable of a task of one project that another project waits for.

    Its days are those of the clock of the plan that waits.
    Tasks are named by their uid, for a task outlives an import and an undo of its plan.
    ``forecast_date``, ``slack_days``, ``red_since`` and the names of the tasks follow from the
    plans; they are kept, so that lists need no plan. Once it is delivered, the forecast is the day
    of delivery.

    ``drive`` says what keeps the receiver's task from an earlier start; ``held_until`` is what its
    plan was told last, ``found_until`` what a file had told it before, ``not_driven`` why it
    could not be told. From ``arbitrate_from`` on
    somebody above settles dates that one side has not answered. ``site`` is the address under
    which it was last changed, for mails; ``told_late`` and ``arbiters_told`` what they said.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        AGREED = "agreed", "Agreed"
        IN_PROGRESS = "in_progress", "In progress"
        DELIVERED = "delivered", "Delivered"
        ACCEPTED = "accepted", "Accepted"
        DISPUTED = "disputed", "Disputed"
        CANCELLED = "cancelled", "Cancelled"

    class Drive(models.TextChoices):
        NOTHING = "nothing", "Nothing: it is only watched"
        PROMISE = "promise", "The promised date (frozen)"
        PLAN = "plan", "The plan of the giver (live)"

    AWAITED = (State.PROPOSED, State.AGREED, State.IN_PROGRESS, State.DISPUTED)
    OPEN = (*AWAITED, State.DELIVERED)
    AGREED_ON = (State.AGREED, State.IN_PROGRESS, State.DELIVERED)

    giver = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="gives")
    giver_uid = models.IntegerField()
    giver_task = models.CharField(max_length=500, blank=True)
    receiver = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="gets")
    receiver_uid = models.IntegerField(null=True, blank=True)
    receiver_task = models.CharField(max_length=500, blank=True)
    deliverable = models.CharField(max_length=TITLE_LENGTH)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    state_reason = models.TextField(blank=True)
    need_date = models.DateField(validators=[plausible.day])
    promised_date = models.DateField(validators=[plausible.day])
    forecast_date = models.DateField(null=True, blank=True)
    slack_days = models.IntegerField(null=True, blank=True)
    red_since = models.DateField(null=True, blank=True)
    drive = models.CharField(max_length=8, choices=Drive.choices, default=Drive.NOTHING)
    held_until = models.DateTimeField(null=True, blank=True)
    found_until = models.DateTimeField(null=True, blank=True)
    not_driven = models.CharField(max_length=400, blank=True)
    arbitrate_from = models.DateField(null=True, blank=True)
    site = models.CharField(max_length=300, blank=True)
    told_late = models.DateField(null=True, blank=True)
    arbiters_told = models.DateField(null=True, blank=True)
    giver_agreed_by = _agreed_by()
    giver_agreed_label = models.CharField(max_length=200, blank=True)
    giver_agreed_at = models.DateTimeField(null=True, blank=True)
    receiver_agreed_by = _agreed_by()
    receiver_agreed_label = models.CharField(max_length=200, blank=True)
    receiver_agreed_at = models.DateTimeField(null=True, blank=True)

    objects = Dependencies.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="dependency_two_projects",
                condition=~Q(giver=F("receiver")),
                violation_error_message="A dependency binds two projects.",
            )
        ]
        indexes = [
            models.Index(fields=["giver", "state"], name="dependency_giver"),
            models.Index(fields=["receiver", "state"], name="dependency_receiver"),
        ]

    def __str__(self) -> str:
        return self.deliverable

    @property
    def agreed_at(self) -> datetime | None:
        """When the second of the two sides agreed."""
        if self.giver_agreed_at is None or self.receiver_agreed_at is None:
            return None
        return max(self.giver_agreed_at, self.receiver_agreed_at)


class DependencyPromise(models.Model):
    """The dates of a dependency as somebody put them, written once."""

    dependency = models.ForeignKey(
        PlanDependency, on_delete=models.CASCADE, related_name="promises"
    )
    at = models.DateTimeField(auto_now_add=True)
    by_label = models.CharField(max_length=200)
    need_date = models.DateField()
    promised_date = models.DateField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.promised_date} by {self.by_label}"
