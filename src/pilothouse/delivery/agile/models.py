# SPDX-License-Identifier: Apache-2.0
"""Backlog, sprints and releases of an agile project (DOMAIN 2.3, R-LIF-09)."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.core.numbers import exact

TITLE_LENGTH = 200
TEXT_LENGTH = 4000
MOST_POINTS = Decimal(999)
"""Of one item; what is larger is no item of a sprint."""
MOST_VALUE = 999
MOST_CAPACITY = Decimal(100_000)
MOST_ITEMS = 5000
"""Of one backlog."""


def _day() -> models.DateField:  # type: ignore[type-arg]
    return models.DateField(validators=[plausible.day])


def _points(most: Decimal | None = None, *, editable: bool = True) -> models.DecimalField:  # type: ignore[type-arg]
    """Points, whole or a fraction such as 0.5; with ``most`` those that somebody types."""
    limits = [] if most is None else [MinValueValidator(Decimal(0)), MaxValueValidator(most)]
    return models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        editable=editable,
        validators=limits,
    )


def _limit() -> models.PositiveSmallIntegerField:  # type: ignore[type-arg]
    """How many items a column of the board takes; none: as many as there are."""
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )


class Backlog(Governed):
    """That a project works in sprints, and how its one team counts.

    One project has one backlog: points of different teams are never added.
    """

    class Method(models.TextChoices):
        AGILE = "agile", "Agile"
        HYBRID = "hybrid", "Hybrid"

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="backlog")
    method = models.CharField(max_length=6, choices=Method.choices, default=Method.AGILE)
    last_number = models.PositiveIntegerField(default=0)
    velocity_sprints = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    sprint_days = models.PositiveSmallIntegerField(
        default=14, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    limit_todo = _limit()
    limit_in_progress = _limit()
    limit_review = _limit()

    def __str__(self) -> str:
        return f"Backlog of {self.project.code}"


class Release(Governed):
    """What is delivered together; its milestone lies in the plan of the project."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RELEASED = "released", "Released"
        CANCELLED = "cancelled", "Cancelled"

    class Confidence(models.IntegerChoices):
        P50 = 50, "P50"
        P80 = 80, "P80"
        P95 = 95, "P95"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    name = models.CharField(max_length=TITLE_LENGTH)
    goal = models.TextField(blank=True)
    position = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(999)]
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    start = _day()
    planned_sprints = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    planned_points = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MOST_ITEMS * MOST_POINTS)],
    )
    plan_note = models.TextField(blank=True)
    confidence = models.PositiveSmallIntegerField(
        choices=Confidence.choices, default=Confidence.P80
    )
    milestone_uid = models.IntegerField(null=True, blank=True)
    released_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="release_name_once",
                violation_error_message="The project already has a release of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Sprint(Governed):
    """A time box. ``committed`` is written when it starts, ``completed`` when it closes."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        ACTIVE = "active", "Active"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="sprints")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=TITLE_LENGTH)
    goal = models.TextField(blank=True)
    start = _day()
    finish = _day()
    capacity = _points(MOST_CAPACITY)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    committed = _points(editable=False)
    completed = _points(editable=False)
    started_on = models.DateField(null=True, blank=True, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="sprint_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="active"), name="sprint_one_active"
            ),
            models.CheckConstraint(
                name="sprint_in_order",
                condition=Q(finish__gte=F("start")),
                violation_error_message="The finish lies before the start.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BacklogItem(Governed):
    """Something to be done, in the order in which it is to be done.

    An epic holds others and has no points of its own. ``rank`` orders the backlog, with gaps.
    """

    class Kind(models.TextChoices):
        EPIC = "epic", "Epic"
        STORY = "story", "Story"
        BUG = "bug", "Bug"
        TASK = "task", "Task"

    class State(models.TextChoices):
        TODO = "todo", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        REVIEW = "review", "Review"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    OPEN = (State.TODO, State.IN_PROGRESS, State.REVIEW)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="backlog_items")
    number = models.PositiveIntegerField()
    rank = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=TITLE_LENGTH)
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.STORY)
    points = _points(MOST_POINTS)
    value = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_VALUE)]
    )
    state = models.CharField(max_length=11, choices=State.choices, default=State.TODO)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acceptance = models.TextField(blank=True)
    epic = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    sprint = models.ForeignKey(
        Sprint, null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    done_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="backlog_number_once"),
            models.CheckConstraint(
                name="backlog_epic_alone",
                condition=~Q(kind="epic") | Q(points=None, sprint=None, epic=None),
                violation_error_message="An epic has no points, no sprint and no epic above it.",
            ),
        ]
        indexes = [models.Index(fields=["project", "rank"], name="backlog_order")]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def key(self) -> str:
        """The name by which people call it: HARB-12."""
        return f"{self.project.code}-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class SprintItem(models.Model):
    """What an item was to a sprint: committed when it started, and what became of it."""

    class Result(models.TextChoices):
        DONE = "done", "Done"
        BACK = "back", "Back to the backlog"
        FORWARD = "forward", "Forward to the next sprint"
        OUT = "out", "Taken out during the sprint"

    sprint = models.ForeignKey(Sprint, on_delete=models.CASCADE, related_name="rows")
    item = models.ForeignKey(BacklogItem, on_delete=models.PROTECT, related_name="sprint_rows")
    points = _points()
    committed = models.BooleanField()
    result = models.CharField(max_length=7, choices=Result.choices, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["sprint", "item"], name="sprint_item_once")]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.sprint_id}"


class PointsMove(models.Model):
    """A change of points in scope or done on a day; their sums draw every burn chart.

    What goes out of a release or a sprint and into another is two rows. ``closing`` marks what
    leaves a sprint because it closes, which is no change of its scope.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="points_moves")
    item = models.ForeignKey(BacklogItem, on_delete=models.CASCADE, related_name="moves")
    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    sprint = models.ForeignKey(Sprint, null=True, on_delete=models.CASCADE, related_name="+")
    scope = models.DecimalField(max_digits=10, decimal_places=2)
    done = models.DecimalField(max_digits=10, decimal_places=2)
    closing = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["project", "day"], name="points_by_day")]

    def __str__(self) -> str:
        return f"{exact(self.scope, True)} in scope, {exact(self.done, True)} done"
