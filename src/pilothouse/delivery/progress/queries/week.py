# SPDX-License-Identifier: Apache-2.0
"""The week of one person: the tasks that are asked about, with what was said of each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.editing import Amount, Measures, write_amount
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.pages import as_text

TaskKey = tuple[int, int]
"""The project and the number of the task in its plan."""
REMEMBERED = timedelta(days=30)
"""So long a row tells that its last update was not taken."""
NOTHING_SAID = TaskUpdate()


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One task as it is asked about.

    ``said`` is what the person said and nobody has decided yet, without any value where there is
    nothing. ``refused`` is why the last update was not taken. ``shown`` are the texts of the form.
    """

    project_id: int
    uid: int
    name: str
    path: str
    milestone: bool
    elapsed: bool
    measures: Measures
    start: date | None
    finish: date | None
    begun: date | None
    percent: Decimal
    said: TaskUpdate
    waits: bool
    refused: str
    late: bool
    stale: bool
    physical: bool
    left_minutes: int
    shown: Mapping[str, str]

    @property
    def key(self) -> str:
        """How the fields of the row are named."""
        return f"{self.project_id}.{self.uid}"

    @property
    def shown_text(self) -> str:
        """What stands in the fields before anything is typed, to be sent back with them."""
        return json.dumps(dict(self.shown))

    @property
    def seen(self) -> dict[str, str]:
        """What is kept of the task beside an update of it."""
        return {
            "name": self.name,
            "percent": self.shown["percent"],
            "left": self.shown["remaining"],
        }


@dataclass(frozen=True, slots=True)
class WeekGroup:
    """The tasks of one project; ``confirms`` says whether somebody looks at what is sent."""

    project: Project
    manager: str
    rows: list[WeekRow]


@dataclass(frozen=True, slots=True)
class Week:
    """What is asked of one person; ``next_task`` begins after the window where nothing lies in it.

    ``more`` rows are not shown, for the page sends no more at once.
    """

    today: date
    last_day: date
    groups: list[WeekGroup]
    more: int
    next_task: str
    next_start: date | None
    has_projects: bool

    @property
    def rows(self) -> list[WeekRow]:
        return [row for group in self.groups for row in group.rows]

    @property
    def waiting(self) -> int:
        """Rows of which something was sent and not decided."""
        return sum(row.waits for row in self.rows)


def week_of(
    person: Actor,
    today: date,
    *,
    only: Collection[TaskKey] | None = None,
    within: Iterable[Project] | None = None,
    any_time: bool = False,
) -> Week:
    """The tasks of a person that are due around today, by project; ``only`` some of them.

    ``person`` is who is asked; ``within`` narrows the projects to some that another actor sees.
    With ``any_time`` unfinished tasks of other weeks are there too, and finished ones.
    """
    projects = {row.pk: row for row in rules.reporting_projects(person)}
    if within is not None:
        allowed = {row.pk for row in within}
        projects = {pk: row for pk, row in projects.items() if pk in allowed}
    user_id = person.user_id or 0
    tasks = _tasks(user_id, projects, Q() if any_time else rules.due_around(today), only)
    shown, more = tasks[: rules.MOST_ROWS], max(0, len(tasks) - rules.MOST_ROWS)
    last_day = today + rules.AROUND
    if not shown:
        following = _next(user_id, projects, last_day) if only is None else None
        return Week(
            today,
            last_day,
            [],
            0,
            following.name if following else "",
            following.start.date() if following and following.start else None,
            bool(projects),
        )
    groups = _groups(user_id, projects, shown, today)
    return Week(today, last_day, groups, more, "", None, True)


def _tasks(
    user_id: int, projects: Mapping[int, Project], due: Q, only: Collection[TaskKey] | None
) -> list[Task]:
    rows = rules.tasks_of(user_id).filter(due, plan__project_id__in=projects)
    if only is not None:
        chosen = Q(pk__in=[])
        for project_id, uid in only:
            chosen |= Q(plan__project_id=project_id, uid=uid)
        rows = rows.filter(chosen)
    places = {pk: place for place, pk in enumerate(projects)}
    found = rows.select_related("plan").defer("notes", "reason", "stored", "driving")
    return sorted(
        found, key=lambda row: (places[row.plan.home_id], row.finish or row.start, row.position)
    )


def _next(user_id: int, projects: Mapping[int, Project], last_day: date) -> Task | None:
    rows = rules.tasks_of(user_id).filter(plan__project_id__in=projects, actual_finish=None)
    after = datetime.combine(last_day, datetime.min.time(), UTC)
    return rows.filter(start__gte=after).order_by("start", "pk").first()


def _groups(
    user_id: int, projects: Mapping[int, Project], tasks: list[Task], today: date
) -> list[WeekGroup]:
    paths = _paths({row.plan_id for row in tasks})
    here = {row.plan.home_id for row in tasks}
    mine, heard = _said(user_id, here, today)
    by_project: defaultdict[int, list[WeekRow]] = defaultdict(list)
    for task in tasks:
        number = task.plan.home_id
        above = paths.get(task.plan_id, [])
        by_project[number].append(
            _row(task, above, mine.get((number, task.uid)), (number, task.uid) in heard, today)
        )
    return [
        WeekGroup(projects[number], str(projects[number].pm or ""), rows)
        for number, rows in by_project.items()
    ]


def _paths(plans: Collection[int]) -> dict[int, list[tuple[int, int, str]]]:
    """Plan → its summaries as (position, level, name), in order."""
    found: defaultdict[int, list[tuple[int, int, str]]] = defaultdict(list)
    rows = Task.objects.filter(plan_id__in=plans, summary=True).order_by("plan_id", "position")
    for plan, position, level, name in rows.values_list(
        "plan_id", "position", "outline_level", "name"
    ):
        found[plan].append((position, level, name))
    return found


def _path(task: Task, above: list[tuple[int, int, str]]) -> str:
    """The summaries around a task, the outermost first."""
    inside: list[tuple[int, str]] = []
    for position, level, name in above:
        if position > task.position:
            break
        while inside and inside[-1][0] >= level:
            inside.pop()
        inside.append((level, name))
    return " › ".join(name for level, name in inside if level < task.outline_level)


def _said(
    user_id: int, projects: Collection[int], today: date
) -> tuple[dict[TaskKey, TaskUpdate], set[TaskKey]]:
    """The last update of each task by this person, and tasks that anybody reported on lately."""
    rows = TaskUpdate.objects.filter(project_id__in=projects)
    recent = rows.filter(day__gt=today - rules.CYCLE)
    heard = set(recent.values_list("project_id", "task_uid"))
    own = rows.filter(
        Q(state=TaskUpdate.State.SUBMITTED) | Q(day__gt=today - REMEMBERED), person_id=user_id
    )
    return {(row.project_id, row.task_uid): row for row in own.order_by("pk")}, heard


def _row(
    task: Task, above: list[tuple[int, int, str]], last: TaskUpdate | None, heard: bool, today: date
) -> WeekRow:
    waits = last is not None and last.state == TaskUpdate.State.SUBMITTED
    said = last if last is not None and waits else NOTHING_SAID
    refused = last.reason if last and last.state == TaskUpdate.State.REJECTED else ""
    physical = task.percent_type == "physical"
    percent = (task.physical_percent or Decimal(0)) if physical else task.percent_complete
    measures = measures_of(task.plan)
    left = left_of(task)
    finish = None if task.finish is None else task.finish.date()
    begun = None if task.actual_start is None else task.actual_start.date()
    known = _known_on(task.plan)
    fresh = heard or (known is not None and known > today - rules.CYCLE)
    return WeekRow(
        project_id=task.plan.home_id,
        uid=task.uid,
        name=task.name,
        path=_path(task, above),
        milestone=task.milestone,
        elapsed=task.elapsed_duration,
        measures=measures,
        start=None if task.start is None else task.start.date(),
        finish=finish,
        begun=begun,
        percent=percent,
        said=said,
        waits=waits,
        refused=refused,
        late=finish is not None and finish < today,
        stale=begun is not None and begun <= today - rules.CYCLE and not fresh,
        physical=physical,
        left_minutes=left,
        shown=_shown(said, percent, Amount(left, task.elapsed_duration), measures, begun),
    )


def _known_on(plan: ProjectPlan) -> date | None:
    """The day on which a file last told how far the work of a plan is."""
    return None if plan.imported_at is None else clock.day_of(plan.imported_at)


def _shown(
    said: TaskUpdate, percent: Decimal, left: Amount, measures: Measures, begun: date | None
) -> dict[str, str]:
    """What stands in the fields: what was said last, else what the plan has."""
    measured = said.percent is not None or said.remaining_minutes is not None
    if said.remaining_minutes is not None:
        left = Amount(said.remaining_minutes, left.elapsed)
    text = write_amount(left, measures)
    if measured:
        percent_text = as_text(said.percent)
        left_text = "" if said.remaining_minutes is None else text
    else:
        percent_text, left_text = as_text(percent), text
    return {
        "percent": percent_text,
        "remaining": left_text,
        "started": as_text(said.started or begun),
        "finish": as_text(said.finished or said.expected_finish),
        "remark": said.remark,
        "help": "on" if said.need_help else "",
    }


def left_of(task: Task) -> int:
    """Minutes that are left of a task as the plan has it."""
    if task.remaining_minutes is not None:
        return task.remaining_minutes
    return round(task.duration_minutes * (100 - task.percent_complete) / 100)


def measures_of(plan: ProjectPlan) -> Measures:
    """How long a day, a week and a month of a plan are."""
    day = plan.minutes_per_day
    return Measures(day, plan.minutes_per_week, plan.days_per_month * day)
