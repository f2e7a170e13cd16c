# SPDX-License-Identifier: Apache-2.0
"""Notices of dependencies: to whom an answer is asked, a slip told, or a milestone moved.

Each is told in the transaction of its cause and written when it is read or mailed, from what holds
then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pilothouse.delivery.dependencies import queries, rules
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import BOTH
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of, people_in_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock, jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.notifications.models import Notice
from pilothouse.foundation.notifications.services import News, tell
from pilothouse.foundation.notifications.topics import Group, Words

State = PlanDependency.State
PREFIX = "dependencies."
WARN = "dependencies.warn"
CHANNEL = "mail"
SETTLES = timedelta(minutes=10)
"""Someone who edits a plan moves a date to and fro; a slip is told once it has stayed."""
_ABOVE = (Role.PGM, Role.PFM)


class Letter(StrEnum):
    """What somebody is told about."""

    ASK = "ask"
    LATE = "late"
    MOVED = "moved"
    ARBITRATE = "arbitrate"


def topics() -> Group:
    """What people can be told of dependencies."""
    return Group(
        key="dependencies",
        label="Dependencies between projects",
        hint="An answer is asked of you, a promise slips, milestones are moved by another project.",
        topics=frozenset(f"{PREFIX}{letter.value}" for letter in Letter),
        render=words,
    )


def order_question(row: PlanDependency) -> None:
    """Ask the managers of the sides that have not agreed yet, if there are any."""
    if row.arbiters_told is not None:
        row.arbiters_told = None
        core.save_many([row], ("arbiters_told",))
    if row.state == State.PROPOSED:
        silent = [side for side in BOTH if not rules.has_agreed(row, side)]
        _order(row, Letter.ASK, [side.project(row).pm_id for side in silent])


def order_warning(row: PlanDependency) -> None:
    """Tell of a promise that the plan of the giver no longer keeps, or keeps even less."""
    if _slip(row) is None:
        if row.told_late is not None:
            row.told_late = None
            core.save_many([row], ("told_late",))
    elif _is_news(row):
        jobs.enqueue(
            name=WARN,
            payload={"dependency_id": row.pk},
            run_at=timezone.now() + SETTLES,
            unique_key=f"{WARN}:{row.pk}",
        )


def order_notice(rows: Iterable[PlanDependency], moves: Sequence[str]) -> None:
    """Tell the managers of both sides, and those above them, of milestones that were moved.

    Each is told by the first of these dependencies that concerns them.
    """
    told: set[int] = set()
    for row in rows:
        people = _people_of(row.receiver) + _people_of(row.giver)
        fresh = [pk for pk in people if pk not in told]
        told.update(fresh)
        _order(row, Letter.MOVED, fresh, "\n".join(moves))


@transaction.atomic
def warn_late(*, dependency_id: int) -> int:
    """Tell both managers, and those above a receiver that gets it too late.

    Who: the job. Returns how many.
    """
    row = queries.for_mail(dependency_id, locked=True)
    if row is None or _slip(row) is None or not _is_news(row):
        return 0
    people = [row.giver.pm_id, row.receiver.pm_id]
    if rules.colour_of(row.slack_days) == "red":
        people += _above(row.receiver)
    row.told_late = row.forecast_date
    core.save_many([row], ("told_late",))
    return _order(row, Letter.LATE, people)


@transaction.atomic
def remind_arbiters(*, today: date) -> int:
    """Tell those who may now answer in the place of a silent side, once.

    Who: the job. Returns how many.
    """
    rows = PlanDependency.objects.waiting().filter(arbitrate_from__lte=today, arbiters_told=None)
    mails = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        row = queries.for_mail(pk, locked=True)
        if row is None or not rules.unanswered(row, today):
            continue
        people = User.objects.filter(pk__in=_above(row.giver) + _above(row.receiver))
        able = [
            user.pk
            for user in people.order_by("pk")
            if rules.may_arbitrate(grants_of(user.actor(CHANNEL)), row, today)
        ]
        mails += _order(row, Letter.ARBITRATE, able)
        row.arbiters_told = today
        core.save_many([row], ("arbiters_told",))
    return mails


def words(person: User, notices: Sequence[Notice], mailing: bool) -> dict[int, Words]:
    """What these notices say to one person: what still holds, in what they may see of it."""
    seen = queries.seen_by(person.actor(CHANNEL), {notice.object_id for notice in notices})
    found = {}
    for notice in notices:
        letter, shown = Letter(notice.topic.removeprefix(PREFIX)), seen.get(notice.object_id)
        if shown is not None and _still_holds(shown.dependency, letter):
            found[notice.pk] = _written(letter, shown, notice.text.splitlines())
    return found


def _written(letter: Letter, shown: queries.Row, moves: Sequence[str]) -> Words:
    row = shown.dependency
    context = {
        "row": shown,
        "it": row,
        "slip": _slip(row),
        "moves": moves if shown.receiver.seen else (),
        "count": len(moves),
        "days": rules.ANSWER_DAYS,
    }
    subject = render_to_string(f"dependencies/mail_{letter.value}_subject.txt", context)
    text = render_to_string(f"dependencies/mail_{letter.value}.txt", context)
    return Words(" ".join(subject.split()), text.strip())


def _still_holds(row: PlanDependency, letter: Letter) -> bool:
    if letter in (Letter.ASK, Letter.ARBITRATE):
        return row.state == State.PROPOSED
    return letter is Letter.MOVED or _slip(row) is not None


def _slip(row: PlanDependency) -> int | None:
    """Days that an agreed delivery comes after its promise; None where it does not."""
    if row.state not in (State.AGREED, State.IN_PROGRESS) or row.forecast_date is None:
        return None
    days = (row.forecast_date - row.promised_date).days
    return days if days > 0 else None


def _is_news(row: PlanDependency) -> bool:
    told = row.told_late
    return row.forecast_date is not None and (told is None or row.forecast_date > told)


def _people_of(project: Project) -> list[int]:
    return [*([project.pm_id] if project.pm_id else []), *_above(project)]


def _above(project: Project) -> list[int]:
    """Programme and portfolio managers of a project."""
    found: set[int] = set()
    for role in _ABOVE:
        held = people_in_role(role, project_scopes(project), clock.today())
        found |= {pk for pk, _ in held}
    return sorted(found)


def _order(
    row: PlanDependency, letter: Letter, people: Iterable[int | None], moves: str = ""
) -> int:
    """Tell each of these people; what it says is written when it is read or mailed."""
    news = News(
        topic=f"{PREFIX}{letter.value}",
        title=row.deliverable,
        text=moves,
        path=reverse("dependencies:one", args=[row.pk]),
        site=row.site,
        office_id=row.giver.office_id,
        about=row,
        due=row.promised_date if letter is Letter.LATE else None,
    )
    return len(tell(people=people, news=news))
