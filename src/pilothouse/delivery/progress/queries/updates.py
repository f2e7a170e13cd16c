# SPDX-License-Identifier: Apache-2.0
"""What came in for a project since: before and after of each update, and who is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from pilothouse.delivery.planning.models import PlanResource, ProjectPlan, Task
from pilothouse.delivery.planning.rules import can_confirm_progress
from pilothouse.delivery.planning.services import Progress
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.models import OfficeRhythm, Rhythm, TaskUpdate, Weekday
from pilothouse.delivery.progress.queries.week import left_of, measures_of
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import OPEN_STATES, can_on_project
from pilothouse.engine.editing import Amount, Measures, write_amount
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.pages import as_text

DECIDED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One update beside the task as it is now; ``task`` is None where it is gone.

    ``mark`` stands for what is shown of the task, so that a decision on a stale page is noticed.
    """

    update: TaskUpdate
    task: Task | None
    percent_now: Decimal | None
    left_now: str
    left_said: str
    mark: str
    changed_since: bool
    replaced: bool


@dataclass(frozen=True, slots=True)
class UpdatesPage:
    """What waits for a decision on one project, and what was decided lately.

    With ``own_only`` these are the updates of whoever looks at them.
    """

    project: Project
    plan: ProjectPlan | None
    rhythm: Rhythm
    asks_on: tuple[Weekday, int] | None
    may_confirm: bool
    may_report: bool
    own_only: bool
    rows: list[UpdateRow]
    decided: list[TaskUpdate]
    people: list[User]

    @property
    def reports(self) -> list[Progress]:
        """What the plan would be told; of each task the latest."""
        return reports_of(row.update for row in self.rows if row.task is not None)


def rhythm_of(project: Project) -> Rhythm:
    """How a project asks; as is usual, in its first version, where nobody has said."""
    return Rhythm.objects.filter(project=project).first() or Rhythm(project=project)


def rhythm_of_office(office_id: int) -> OfficeRhythm:
    """When the projects of an office ask that say no other; the usual, where nobody has said."""
    row = OfficeRhythm.objects.filter(office_id=office_id).first()
    return row or OfficeRhythm(office_id=office_id)


def asks_on(rhythm: Rhythm) -> tuple[Weekday, int]:
    """Day and hour from which the people of a project are asked: its own, else the office's."""
    usual = rhythm_of_office(rhythm.project.office_id)
    weekday = usual.weekday if rhythm.weekday is None else rhythm.weekday
    return Weekday(weekday), usual.hour if rhythm.hour is None else rhythm.hour


def updates_page(actor: Actor, project_id: int) -> UpdatesPage:
    """Updates of a project, those that need help first.

    Who: R on task_progress; the team sees the own ones.
    """
    grants = grants_of(actor)
    project = get_project(actor, project_id, grants)
    reports = any(row.pk == project.pk for row in rules.reporting_projects(actor, grants))
    own_only = not can_on_project(actor, project, "R", "task_progress", grants)
    if own_only and not reports:
        raise NotAllowed(
            "progress.not_allowed",
            f"Your roles do not let you see the updates of project {project.code}.",
        )
    plan = ProjectPlan.objects.filter(project=project).first()
    updates = TaskUpdate.objects.filter(project=project).select_related("person", "entered_by")
    if own_only:
        updates = updates.filter(person_id=actor.user_id)
    waiting = updates.filter(state=TaskUpdate.State.SUBMITTED)
    decided = updates.exclude(state=TaskUpdate.State.SUBMITTED).exclude(decided_at=None)
    is_open = project.state in OPEN_STATES
    confirms = is_open and can_confirm_progress(actor, project, grants)
    rhythm = rhythm_of(project)
    return UpdatesPage(
        project,
        plan,
        rhythm,
        asks_on(rhythm) if rhythm.by_mail else None,
        confirms,
        reports,
        own_only,
        _rows(plan, list(waiting.order_by("-need_help", "pk"))),
        list(decided.order_by("-decided_at", "-pk")[:DECIDED_SHOWN]),
        people_of(plan) if plan is not None and confirms else [],
    )


def hanging(actor: Actor, project: Project, uids: Collection[int]) -> dict[int, list[str]]:
    """Updates of tasks of a project that wait for a decision, in words; without a right, none."""
    if not can_on_project(actor, project, "R", "task_progress"):
        return {}
    rows = TaskUpdate.objects.waiting().filter(project=project, task_uid__in=uids)
    found: dict[int, list[str]] = {}
    for uid, name in rows.order_by("pk").values_list("task_uid", "person__full_name"):
        words = _("update of %(name)s that waits for a decision") % {"name": name}
        found.setdefault(uid, []).append(words)
    return found


def people_of(plan: ProjectPlan) -> list[User]:
    """Active accounts that are resources of a plan."""
    linked = PlanResource.objects.filter(plan=plan, user__isnull=False).values("user_id")
    rows = User.objects.filter(pk__in=linked, is_active=True)
    return list(rows.order_by("full_name", "pk"))


def waiting_rows(plan: ProjectPlan | None, ids: Iterable[int]) -> list[UpdateRow]:
    """Some updates of a plan that wait, in the order in which they came."""
    rows = TaskUpdate.objects.filter(pk__in=list(ids), state=TaskUpdate.State.SUBMITTED)
    return _rows(plan, list(rows.select_related("person").order_by("pk")))


def reports_of(updates: Iterable[TaskUpdate]) -> list[Progress]:
    """What updates say of progress; of each task the latest counts."""
    latest = {row.task_uid: row for row in sorted(updates, key=lambda row: row.pk)}
    return [progress_of(row) for row in latest.values() if row.says_progress]


def progress_of(row: TaskUpdate) -> Progress:
    """One update as the plan takes it."""
    return Progress(
        row.task_uid, row.day, row.percent, row.remaining_minutes, row.started, row.finished
    )


def _rows(plan: ProjectPlan | None, updates: list[TaskUpdate]) -> list[UpdateRow]:
    uids = {row.task_uid for row in updates}
    tasks: dict[int, Task] = {}
    if plan is not None and uids:
        rows = Task.objects.filter(plan=plan, uid__in=uids, summary=False)
        tasks = {row.uid: row for row in rows}
    latest = {row.task_uid: row.pk for row in sorted(updates, key=lambda row: row.pk)}
    measures = Measures() if plan is None else measures_of(plan)
    return [_row(row, tasks.get(row.task_uid), measures, latest) for row in updates]


def _row(
    update: TaskUpdate, task: Task | None, measures: Measures, latest: dict[int, int]
) -> UpdateRow:
    said = update.remaining_minutes
    elapsed = task is not None and task.elapsed_duration
    left_said = "" if said is None else write_amount(Amount(said, elapsed), measures)
    if task is None:
        return UpdateRow(update, None, None, "", left_said, "gone", True, False)
    percent = percent_of(task)
    left = write_amount(Amount(left_of(task), elapsed), measures)
    seen = update.seen
    return UpdateRow(
        update,
        task,
        percent,
        left,
        left_said,
        f"{as_text(percent)}|{left}|{_day(task.actual_start)}|{_day(task.actual_finish)}",
        (seen.get("percent"), seen.get("left")) != (as_text(percent), left)
        or seen.get("name") != task.name,
        latest[update.task_uid] != update.pk,
    )


def percent_of(task: Task) -> Decimal:
    """How much of a task is done, by what its percentage measures."""
    if task.percent_type == "physical":
        return task.physical_percent or Decimal(0)
    return task.percent_complete


def _day(instant: date | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d}"
