# SPDX-License-Identifier: Apache-2.0
"""What people report of their tasks each week, how they are asked, and the links of the mails."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.notifications.models import SignedLink
from pilothouse.foundation.organisation.models import OrgUnit

USER = settings.AUTH_USER_MODEL
LAST_HOUR = 23


class Weekday(models.IntegerChoices):
    """Days on which people are asked; the week begins on Monday."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class OfficeRhythm(Governed):
    """On which day and from which hour the projects of an office ask that say no other."""

    office = models.OneToOneField(OrgUnit, on_delete=models.PROTECT, related_name="rhythm")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, default=Weekday.THURSDAY)
    hour = models.PositiveSmallIntegerField(default=9, validators=[MaxValueValidator(LAST_HOUR)])

    def __str__(self) -> str:
        return f"Weekly updates of {self.office}"


class Rhythm(Governed):
    """How the people of one project are asked for their updates.

    Day and hour are those of the office's clock, and without them its own count; ``site`` is the
    address under which it was switched on, for the links; ``asked_on`` the last day on which mails
    went out by themselves.
    """

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="rhythm")
    by_mail = models.BooleanField(default=False)
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, null=True, blank=True)
    hour = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LAST_HOUR)]
    )
    at_once = models.BooleanField(default=False)
    site = models.CharField(max_length=300, blank=True)
    asked_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Weekly updates of {self.project}"


class TaskUpdates(models.QuerySet["TaskUpdate"]):
    def waiting(self) -> TaskUpdates:
        """Those that nobody has decided."""
        return self.filter(state=TaskUpdate.State.SUBMITTED)


class TaskUpdate(models.Model):
    """What one person said of one task; written once, decided once (R-PRG-05).

    ``day`` is the office's day on which it was said. ``seen`` holds what the person saw of the
    task then. ``entered_by`` is somebody else where a manager read in a returned sheet.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Waiting"
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Not taken"
        SUPERSEDED = "superseded", "Replaced by a later one"

    class Door(models.TextChoices):
        PAGE = "page", "page"
        LINK = "link", "link of a mail"
        SHEET = "sheet", "spreadsheet"
        API = "api", "API"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="task_updates")
    task_uid = models.IntegerField()
    task_name = models.CharField(max_length=500)
    person = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="task_updates")
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    day = models.DateField()
    door = models.CharField(max_length=5, choices=Door.choices)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    remaining_minutes = models.BigIntegerField(null=True)
    started = models.DateField(null=True)
    finished = models.DateField(null=True)
    expected_finish = models.DateField(null=True)
    remark = models.TextField(blank=True)
    need_help = models.BooleanField(default=False)
    seen = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    decided_at = models.DateTimeField(null=True)
    decided_by_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    objects: ClassVar[models.Manager[TaskUpdate]] = TaskUpdates.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["project", "task_uid", "at"], name="update_task"),
            models.Index(fields=["person", "state"], name="update_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "task_uid", "person"],
                condition=Q(state="submitted"),
                name="update_waiting_once",
            ),
            models.CheckConstraint(
                name="update_percent_range",
                condition=Q(percent=None) | Q(percent__gte=0, percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_name} by {self.person}"

    @property
    def says_progress(self) -> bool:
        """Whether there is anything for the plan in it, besides remark and help."""
        said = (self.percent, self.remaining_minutes, self.started, self.finished)
        return any(value is not None for value in said)


class UpdateLink(SignedLink):
    """A link of a mail that opens the form of one person for some tasks."""

    tasks = models.JSONField()
