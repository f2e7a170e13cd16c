# SPDX-License-Identifier: Apache-2.0
"""The plan of a project as stored: calendars, tasks, links, resources, assignments."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from pilothouse.delivery.planning.aside import Sandbox as Sandbox
from pilothouse.delivery.planning.patterns import PlanTemplate as PlanTemplate
from pilothouse.delivery.planning.written_once import (
    OnceRows,
    Promised,
    Promises,
    WrittenOnce,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


def _one_place(name: str) -> models.CheckConstraint:
    """A row belongs to a project or to a sandbox."""
    in_project = models.Q(project__isnull=False, sandbox__isnull=True)
    return models.CheckConstraint(
        condition=in_project | models.Q(project__isnull=True, sandbox__isnull=False), name=name
    )


class ProjectPlan(Governed):
    """One plan of one project; ``plan_version`` grows with every change of its dates.

    It is the plan that the ``project`` has, or, without one, the copy of it in a ``sandbox``.
    ``last_task_uid`` is the highest number that a row ever had: none is given twice.
    ``source`` is the kind of file that it came from, whose rules it is scheduled by; ``rules`` are
    the options of that file, empty where they are the usual ones. Its dates are those of the clock
    of ``time_zone``; empty is that of the installation.
    """

    project = models.OneToOneField(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="plan"
    )
    sandbox = models.OneToOneField(
        Sandbox, null=True, blank=True, on_delete=models.PROTECT, related_name="plan"
    )
    plan_version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=300)
    start = models.DateTimeField()
    finish = models.DateTimeField(null=True, blank=True)
    status_date = models.DateTimeField(null=True, blank=True)
    schedule_from_finish = models.BooleanField(default=False)
    default_calendar_uid = models.IntegerField()
    minutes_per_day = models.PositiveIntegerField(default=480)
    minutes_per_week = models.PositiveIntegerField(default=2400)
    days_per_month = models.PositiveIntegerField(default=20)
    last_task_uid = models.IntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    work_after_status_date = models.BooleanField(default=False)
    critical_threshold_minutes = models.IntegerField(default=0)
    source_name = models.CharField(max_length=260, blank=True)
    source = models.CharField(max_length=100, blank=True, default="Microsoft Project XML")
    imposed_finish = models.DateTimeField(null=True, blank=True)
    lag_calendar = models.CharField(max_length=16, blank=True)
    rules = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    imported_at = models.DateTimeField(null=True, blank=True)
    notices = models.JSONField(default=list, blank=True)
    engine_version = models.CharField(max_length=20)

    class Meta:
        constraints = [_one_place("plan_of_one")]

    def __str__(self) -> str:
        return f"Plan of {self.home}" if self.sandbox_id is None else f"Sandbox {self.sandbox}"

    @property
    def home(self) -> Project:
        """The project that is planned, in a sandbox too."""
        found = self.project if self.sandbox is None else self.sandbox.project
        assert found is not None
        return found

    @property
    def home_id(self) -> int:
        """The key of the project that is planned."""
        found = self.project_id if self.sandbox is None else self.sandbox.project_id
        assert found is not None
        return found


class PlanRow(models.Model):
    """Base of everything that belongs to one plan and has a uid in it."""

    plan = models.ForeignKey(ProjectPlan, on_delete=models.CASCADE)
    uid = models.IntegerField()

    class Meta:
        abstract = True


class PlanCalendar(PlanRow):
    """A calendar as the plan brought it; ``data`` is the engine's specification."""

    name = models.CharField(max_length=500)
    base_uid = models.IntegerField(null=True)
    data = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "uid"], name="plan_calendar_once")]

    def __str__(self) -> str:
        return self.name


class Task(PlanRow):
    """A row of the plan in outline order; dates are wall-clock of the plan, kept as UTC.

    ``entered`` holds what stands in a field of a task scheduled by hand instead of a value;
    ``steps`` are name, weight and whether done, ``custom`` the values of fields of the office.
    ``guid`` is what another tool calls the task for good; one that none named has its own made of
    plan and uid wherever it leaves.
    ``baseline_…`` and ``…_variance`` follow from the baseline that counts now.
    """

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=500)
    outline_level = models.PositiveSmallIntegerField(default=1)
    wbs = models.CharField(max_length=100, blank=True)
    summary = models.BooleanField(default=False)
    milestone = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    manual = models.BooleanField(default=False)
    external = models.BooleanField(default=False)
    level_of_effort = models.BooleanField(default=False)
    duration_minutes = models.BigIntegerField(default=0)
    elapsed_duration = models.BooleanField(default=False)
    estimated = models.BooleanField(default=False)
    calendar_uid = models.IntegerField(null=True)
    ignore_resource_calendar = models.BooleanField(default=False)
    constraint = models.CharField(max_length=4, default="asap")
    constraint_date = models.DateTimeField(null=True)
    constraint_hard = models.BooleanField(default=False)
    deadline = models.DateTimeField(null=True)
    expected_finish = models.DateTimeField(null=True)
    external_early_start = models.DateTimeField(null=True)
    external_late_finish = models.DateTimeField(null=True)
    priority = models.IntegerField(default=500)
    work_type = models.CharField(max_length=16, default="fixed_units")
    effort_driven = models.BooleanField(default=False)
    percent_type = models.CharField(max_length=10, default="duration")
    work_minutes = models.BigIntegerField(default=0)
    actual_work_minutes = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    percent_complete = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    physical_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    actual_start = models.DateTimeField(null=True)
    actual_finish = models.DateTimeField(null=True)
    actual_duration_minutes = models.BigIntegerField(null=True)
    remaining_minutes = models.BigIntegerField(null=True)
    stop = models.DateTimeField(null=True)
    resume = models.DateTimeField(null=True)
    leveling_delay_minutes = models.BigIntegerField(default=0)
    notes = models.TextField(blank=True)
    guid = models.CharField(max_length=36, blank=True)
    entered = models.JSONField(default=dict, blank=True)
    steps = models.JSONField(default=list, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    start = models.DateTimeField(null=True)
    finish = models.DateTimeField(null=True)
    early_start = models.DateTimeField(null=True)
    early_finish = models.DateTimeField(null=True)
    late_start = models.DateTimeField(null=True)
    late_finish = models.DateTimeField(null=True)
    total_float_minutes = models.BigIntegerField(null=True)
    free_float_minutes = models.BigIntegerField(null=True)
    critical = models.BooleanField(default=False)
    longest_path = models.BooleanField(default=False)
    baseline_start = models.DateTimeField(null=True)
    baseline_finish = models.DateTimeField(null=True)
    start_variance_minutes = models.BigIntegerField(null=True)
    finish_variance_minutes = models.BigIntegerField(null=True)
    driving = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    stored = models.JSONField(default=dict)
    difference = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["plan", "uid"], name="task_uid_once")]
        indexes = [
            models.Index(fields=["plan", "position"], name="task_order"),
            models.Index(fields=["plan", "finish"], name="task_finish"),
        ]

    def __str__(self) -> str:
        return self.name


class PlanBaseline(Promised):
    """One baseline of the plan of a project: what was promised, in a set of rows (R-BAS-01).

    It hangs on the project, not on its plan: it outlives a deletion, an import and an undo.
    ``number`` is given by the file that it comes from, or with the approval. The one that counts
    now ``is_pmb``; without an approval that is number 0 of the file.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "First"
        REPLAN = "replan", "Replan"
        REBASELINE = "rebaseline", "Rebaseline"
        OVER_TARGET = "over_target", "Over target"
        IMPORTED = "imported", "From a file"

    class State(models.TextChoices):
        IMPORTED = "imported", "As the file says"
        PROPOSED = "proposed", "Waiting for approval"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        SUPERSEDED = "superseded", "Superseded"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="baselines")
    number = models.PositiveIntegerField(null=True, blank=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    is_pmb = models.BooleanField(default=False)
    taken_on = models.DateField()
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_label = models.CharField(max_length=200, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_label = models.CharField(max_length=200, blank=True)
    decision_note = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    reference = models.CharField(max_length=120, blank=True)
    plan_version = models.PositiveIntegerField()
    file_name = models.CharField(max_length=260, blank=True)
    start = models.DateTimeField(null=True, blank=True)
    finish = models.DateTimeField(null=True, blank=True)
    work_minutes = models.BigIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    tasks = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[PlanBaseline]] = Promises.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"],
                condition=models.Q(number__isnull=False),
                name="baseline_number_once",
            ),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(is_pmb=True), name="baseline_pmb_once"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state="proposed"),
                name="baseline_waiting_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BaselineTask(WrittenOnce):
    """A task as a baseline promised it, under the name and number that it had then.

    ``carried`` says that a replan kept the values of the baseline before it.
    """

    baseline = models.ForeignKey(PlanBaseline, on_delete=models.CASCADE, related_name="rows")
    uid = models.IntegerField()
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=500)
    wbs = models.CharField(max_length=100, blank=True)
    outline_level = models.PositiveSmallIntegerField(default=1)
    summary = models.BooleanField(default=False)
    milestone = models.BooleanField(default=False)
    start = models.DateTimeField(null=True)
    finish = models.DateTimeField(null=True)
    duration_minutes = models.BigIntegerField(null=True)
    work_minutes = models.BigIntegerField(null=True)
    cost = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    carried = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[BaselineTask]] = OnceRows.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["baseline", "uid"], name="baseline_task_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.baseline}"


class TaskLink(models.Model):
    """A dependency between two tasks of one plan."""

    plan = models.ForeignKey(ProjectPlan, on_delete=models.CASCADE, related_name="links")
    predecessor_uid = models.IntegerField()
    successor_uid = models.IntegerField()
    type = models.CharField(max_length=2, default="fs")
    lag_minutes = models.BigIntegerField(default=0)
    lag_kind = models.CharField(max_length=16, default="working")
    lag_percent = models.DecimalField(max_digits=9, decimal_places=2, default=0)

    class Meta:
        indexes = [models.Index(fields=["plan", "successor_uid"], name="link_successor")]

    def __str__(self) -> str:
        return f"{self.predecessor_uid}{self.type}{self.successor_uid}"


class PlanResource(PlanRow):
    """A resource as the plan names it, and the account that it is, where somebody said so."""

    name = models.CharField(max_length=500)
    kind = models.CharField(max_length=10, default="work")
    calendar_uid = models.IntegerField(null=True)
    max_units = models.DecimalField(max_digits=14, decimal_places=4, default=1)
    initials = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="plan_resources",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "uid"], name="plan_resource_once")]

    def __str__(self) -> str:
        return self.name


class PlanAssignment(PlanRow):
    """A resource on a task."""

    task_uid = models.IntegerField()
    resource_uid = models.IntegerField(null=True)
    units = models.DecimalField(max_digits=14, decimal_places=4, default=1)
    work_minutes = models.BigIntegerField(default=0)
    actual_work_minutes = models.BigIntegerField(default=0)
    remaining_work_minutes = models.BigIntegerField(default=0)
    start = models.DateTimeField(null=True)
    finish = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["plan", "task_uid"], name="assignment_task")]

    def __str__(self) -> str:
        return f"{self.resource_uid} on {self.task_uid}"


class PlanEvent(models.Model):
    """One beginning, import, deletion or undo, append-only; ``before`` is the plan it replaced."""

    class Kind(models.TextChoices):
        BEGUN = "begun", "Begun"
        IMPORTED = "imported", "Imported"
        DELETED = "deleted", "Deleted"
        RESTORED = "restored", "Restored"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="plan_events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(auto_now_add=True)
    by_label = models.CharField(max_length=200)
    plan_version = models.PositiveIntegerField()
    file_name = models.CharField(max_length=260, blank=True)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict)
    before = models.BinaryField(null=True)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "plan_version"], name="plan_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} plan {self.plan_version} of {self.project}"


class PlanArrival(models.Model):
    """A file that one person looks at before it becomes the plan of a project, or is left.

    ``plan`` is what it says, and ``holds`` what such a file can say; ``table`` are its rows where
    it is a spreadsheet, whose ``columns`` mean fields. It goes when it is accepted or left, or
    after a week.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    file_name = models.CharField(max_length=260)
    kind = models.CharField(max_length=100)
    plan = models.BinaryField(null=True)
    notices = models.JSONField(default=list)
    holds = models.JSONField(default=dict)
    table = models.BinaryField(null=True)
    columns = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="plan_arrival_once")
        ]

    def __str__(self) -> str:
        return self.file_name


class PlanColumn(models.Model):
    """What a header of a table of tasks last meant in an office; empty: left out on purpose."""

    office = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="+")
    header = models.CharField(max_length=120)
    field = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "header"], name="plan_column_once")
        ]

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"


class PlanFeed(models.Model):
    """A link by which the calendar of one person asks for dates of a plan; a digest is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    kinds = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Calendar link of {self.person} to {self.project}"


class PlanEdit(models.Model):
    """One step of editing, as far back as it can be taken back; the audit trail keeps the rest.

    ``delta`` is what it changed. An undo or redo is an edit too; one that was ``taken_back``
    counts no more. Those of a sandbox belong to no project.
    """

    class Kind(models.TextChoices):
        EDIT = "edit", "Edit"
        UNDO = "undo", "Undo"
        REDO = "redo", "Redo"

    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="plan_edits"
    )
    sandbox = models.ForeignKey(
        Sandbox, null=True, blank=True, on_delete=models.CASCADE, related_name="edits"
    )
    plan_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.EDIT)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    by_label = models.CharField(max_length=200)
    words = models.CharField(max_length=300)
    delta = models.JSONField()
    taken_back = models.BooleanField(default=False)

    class Meta:
        ordering = ["-plan_version"]
        constraints = [
            models.UniqueConstraint(fields=["project", "plan_version"], name="plan_edit_once"),
            models.UniqueConstraint(fields=["sandbox", "plan_version"], name="sandbox_edit_once"),
            _one_place("edit_of_one"),
        ]

    def __str__(self) -> str:
        return self.words


class ScheduleLook(models.Model):
    """How one person likes to see schedules: columns with widths, zoom, layers."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    look = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Look of {self.user}"


class BoardLimit(models.Model):
    """The most tasks that a column of the board of a project should hold.

    It hangs on the project, not on its plan: it outlives an import. ``column`` is the key of the
    column; of people their account or name (``limit_keys``).
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="board_limits")
    field = models.CharField(max_length=20)
    column = models.CharField(max_length=40, blank=True)
    most = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "field", "column"], name="board_limit_once")
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.column}: {self.most}"
