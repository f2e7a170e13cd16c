# SPDX-License-Identifier: Apache-2.0
"""Taking in what people report: looked at whole, then kept whole, or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.planning.rules import can_confirm_progress, may_enter_progress
from pilothouse.delivery.planning.services import Progress
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import (
    TaskKey,
    WeekRow,
    progress_of,
    rhythm_of,
    week_of,
)
from pilothouse.delivery.progress.services.reading import PAST, Mistakes, Report
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, PilothouseError

Wrong = Mapping[str, Mistakes]
"""Key of a row → its mistakes."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of reports: how many are kept, and how many of them count already."""

    updates: int
    counted: int
    managers: tuple[str, ...]


@transaction.atomic
def report(
    *,
    actor: Actor,
    person: User,
    reports: Sequence[Report],
    door: TaskUpdate.Door,
    today: date,
    only: Collection[TaskKey] | None = None,
) -> Reported:
    """Keep what a person reports, all or none; it counts once it is confirmed (R-PRG-05).

    What a manager reports counts at once, but by the link of a mail; on projects that say so, what
    the team does. A later update of a task replaces one that waits. ``only`` are the tasks that may
    be reported on.

    Who: U on task_progress; of own tasks the team. Writes: TaskUpdate, the plan where it counts.
    Publishes: PlanChanged there. Raises: Invalid with ``fields`` by row and field.
    """
    if not reports:
        raise Invalid("progress.nothing", "Nothing was changed, so nothing was sent.")
    rows = rows_of(actor, person, reports, today, only)
    wrong = mistakes_in(actor, reports, rows, today)
    require_none(wrong)
    by_project: defaultdict[int, list[Report]] = defaultdict(list)
    for item in reports:
        by_project[item.project_id].append(item)
    counted, managers = 0, []
    for number in sorted(by_project):
        project = core.lock(Project.objects.all(), number)
        kept = [
            _keep(actor, person, project, item, rows[item.key], door, today)
            for item in by_project[number]
        ]
        _note(actor, person, project, kept)
        if _counts(actor, project, door):
            counted += _count(actor, project, kept)
        elif project.pm is not None:
            managers.append(project.pm.full_name)
    return Reported(len(reports), counted, tuple(dict.fromkeys(managers)))


def _counts(actor: Actor, project: Project, door: TaskUpdate.Door) -> bool:
    """Whether nobody need confirm; a link of a mail proves too little to confirm anything."""
    manages = door != TaskUpdate.Door.LINK and can_confirm_progress(actor, project)
    return manages or rhythm_of(project).at_once


def rows_of(
    actor: Actor,
    person: User,
    reports: Sequence[Report],
    today: date,
    only: Collection[TaskKey] | None = None,
) -> dict[str, WeekRow]:
    """The rows of the person that reports are about, by key. Raises Invalid for any other."""
    keys = {(item.project_id, item.uid) for item in reports}
    if len(keys) < len(reports):
        raise Invalid("progress.twice", "A task is reported on twice; send one row for each.")
    if len(reports) > rules.MOST_ROWS:
        raise Invalid("progress.many", f"At most {rules.MOST_ROWS} rows are sent at once.")
    if only is not None and not keys <= set(only):
        keys &= set(only)
    within = None if actor.user_id == person.pk else projects_for_others(actor)
    week = week_of(person.actor(actor.channel), today, only=keys, within=within, any_time=True)
    found = {row.key: row for row in week.rows}
    require_none(
        {
            item.key: Mistakes(
                task="This task is not one of yours that can be reported on, or it is no longer in "
                "the plan. Load the page again and send the others."
            )
            for item in reports
            if item.key not in found
        }
    )
    return found


def projects_for_others(actor: Actor) -> list[Project]:
    """Projects on which the actor may report what somebody else has said."""
    seen = visible_projects(actor).select_related("portfolio__org_unit", "programme")
    return [row for row in seen if may_enter_progress(actor, row, own=False)]


def mistakes_in(
    actor: Actor, reports: Sequence[Report], rows: Mapping[str, WeekRow], today: date
) -> dict[str, Mistakes]:
    """What is wrong with each report, by what the plans take. Nothing is written."""
    wrong: dict[str, Mistakes] = {}
    by_project: defaultdict[int, list[Progress]] = defaultdict(list)
    for item in reports:
        found = _mistakes(item, rows[item.key], today)
        if found:
            wrong[item.key] = found
            continue
        progress = Progress(
            item.uid, today, item.percent, item.remaining_minutes, item.started, item.finished
        )
        by_project[item.project_id].append(progress)
    for number, said in by_project.items():
        project = Project.objects.select_related("portfolio__org_unit", "programme").get(pk=number)
        refused = planning.refusals(actor=actor, project=project, reports=said)
        for uid, error in refused.items():
            wrong[f"{number}.{uid}"] = _told(error)
    return wrong


def require_none(wrong: Wrong) -> None:
    """Raise Invalid with all mistakes, named by row and field."""
    if not wrong:
        return
    count = len(wrong)
    words = "One row needs" if count == 1 else f"{count} rows need"
    raise Invalid(
        "progress.reports",
        f"{words} your attention; nothing was saved.",
        fields={
            f"{key}.{name}": message
            for key, mistakes in wrong.items()
            for name, message in mistakes.items()
        },
    )


def _mistakes(item: Report, row: WeekRow, today: date) -> Mistakes:
    found = Mistakes()
    lowered = item.percent is not None and item.percent < row.percent
    if row.physical and lowered and not item.remark.strip():
        found.note("remark", f"Less than the {row.percent:f} % of before: say why.")
    for name, day in (
        ("started", item.started),
        ("finish", item.finished),
        ("finish", item.expected_finish),
    ):
        if day is not None and not rules.FIRST_YEAR <= day.year <= rules.LAST_YEAR:
            found.note(name, f"The year lies between {rules.FIRST_YEAR} and {rules.LAST_YEAR}.")
    if item.expected_finish is not None and item.expected_finish < today:
        found.note("finish", PAST)
    if len(item.remark) > rules.MOST_REMARK:
        found.note("remark", f"At most {rules.MOST_REMARK:,} characters.")
    return found


def _told(error: PilothouseError) -> Mistakes:
    """A refusal of the plan beside the field that it is about."""
    names = [name for name in error.fields if name in {"remaining", "finish", "started"}]
    return Mistakes({names[0] if names else "percent": error.message})


def _keep(
    actor: Actor,
    person: User,
    project: Project,
    item: Report,
    row: WeekRow,
    door: TaskUpdate.Door,
    today: date,
) -> TaskUpdate:
    before = TaskUpdate.objects.filter(
        project=project, task_uid=item.uid, person=person, state=TaskUpdate.State.SUBMITTED
    )
    before.update(state=TaskUpdate.State.SUPERSEDED)
    return TaskUpdate.objects.create(
        project=project,
        task_uid=item.uid,
        task_name=row.name,
        person=person,
        entered_by_id=actor.user_id or person.pk,
        day=today,
        door=door,
        percent=item.percent,
        remaining_minutes=item.remaining_minutes,
        started=item.started,
        finished=item.finished,
        expected_finish=item.expected_finish,
        remark=item.remark.strip(),
        need_help=item.need_help,
        seen=row.seen,
    )


def _note(actor: Actor, person: User, project: Project, kept: Sequence[TaskUpdate]) -> None:
    said: dict[str, object] = {f"{row.task_uid} ‘{row.task_name}’": words_of(row) for row in kept}
    core.record(
        actor=actor,
        action="progress.report",
        obj=project,
        after=said | {"person": person.full_name, "door": kept[0].door},
        office_id=project.office_id,
    )


def words_of(row: TaskUpdate) -> str:
    """An update in a line, for the trail."""
    parts = [
        f"{row.percent:f} %" if row.percent is not None else "",
        f"{row.remaining_minutes} min left" if row.remaining_minutes is not None else "",
        f"begun {row.started}" if row.started else "",
        f"finished {row.finished}" if row.finished else "",
        f"expected {row.expected_finish}" if row.expected_finish else "",
        "needs help" if row.need_help else "",
        row.remark[:200],
    ]
    return ", ".join(part for part in parts if part) or "all as before"


def _count(actor: Actor, project: Project, kept: Sequence[TaskUpdate]) -> int:
    """Enter what counts at once."""
    said = [progress_of(row) for row in kept if row.says_progress]
    if said:
        planning.enter_progress(actor=actor, project=project, reports=said)
    now = timezone.now()
    for row in kept:
        row.state, row.decided_at = TaskUpdate.State.CONFIRMED, now
        row.decided_by_label = actor.label[:200]
        row.save(update_fields=["state", "decided_at", "decided_by_label"])
    return len(kept)
