# SPDX-License-Identifier: Apache-2.0
"""Mails of dependencies: to whom an answer is asked, a slip told, or a milestone moved.

Each is ordered in the transaction of its cause and written when it goes out, from what holds then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pilothouse.delivery.dependencies import queries, rules
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import BOTH
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes, visible_projects
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of, people_in_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock, jobs
from pilothouse.foundation.core import services as core

State = PlanDependency.State
ASK, WARN, MOVED = "dependencies.ask", "dependencies.warn", "dependencies.moved"
CHANNEL = "mail"
SETTLES = timedelta(minutes=10)
"""Someone who edits a plan moves a date to and fro; a slip is told once it has stayed."""
_ABOVE = (Role.PGM, Role.PFM)


def order_question(row: PlanDependency) -> None:
    """Ask who has not agreed yet, if anybody has not."""
    if row.arbiters_told is not None:
        row.arbiters_told = None
        core.save_many([row], ("arbiters_told",))
    if row.state == State.PROPOSED:
        key = f"{ASK}:{row.pk}:{row.version}"
        jobs.enqueue(
            name=ASK,
            payload={"dependency_id": row.pk},
            run_at=timezone.now(),
            unique_key=key,
        )


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


def order_notice(project: Project, rows: Iterable[PlanDependency], moves: Sequence[str]) -> None:
    """Tell of milestones of a plan that what it waits for has moved."""
    numbers = ",".join(str(row.pk) for row in rows)
    jobs.enqueue(
        name=MOVED,
        payload={"project_id": project.pk, "dependencies": numbers, "moves": "\n".join(moves)},
        run_at=timezone.now(),
    )


def ask_sides(*, dependency_id: int) -> int:
    """Mail the managers of the sides that have not agreed. Who: the job. Returns how many."""
    row = queries.for_mail(dependency_id)
    if row is None or row.state != State.PROPOSED:
        return 0
    silent = [side for side in BOTH if not getattr(row, f"{side.value}_agreed_label")]
    return _send(row, "ask", [side.project(row).pm for side in silent])


@transaction.atomic
def warn_late(*, dependency_id: int) -> int:
    """Mail both managers, and those above a project that gets it too late. Who: the job."""
    row = queries.for_mail(dependency_id, locked=True)
    if row is None or _slip(row) is None or not _is_news(row):
        return 0
    people = [row.giver.pm, row.receiver.pm]
    if rules.colour_of(row.slack_days) == "red":
        people += _above(row.receiver)
    row.told_late = row.forecast_date
    core.save_many([row], ("told_late",))
    return _send(row, "late", people)


def tell_moves(*, project_id: int, dependencies: Sequence[int], moves: Sequence[str]) -> int:
    """Mail the managers of all sides and those above them what moved. Who: the job."""
    rows = [row for pk in dependencies if (row := queries.for_mail(pk)) is not None]
    people: list[User | None] = []
    for row in rows:
        for project in (row.giver, row.receiver):
            people += [project.pm, *_above(project)]
    return _send(rows[0], "moved", people, moves) if rows else 0


@transaction.atomic
def remind_arbiters(*, today: date) -> int:
    """Mail those who may now answer in the place of a silent side, once. Who: the job."""
    rows = PlanDependency.objects.waiting().filter(arbitrate_from__lte=today, arbiters_told=None)
    mails = 0
    for pk in list(rows.values_list("pk", flat=True)):
        row = queries.for_mail(pk, locked=True)
        if row is None or not rules.unanswered(row, today):
            continue
        people = _above(row.giver) + _above(row.receiver)
        able = [
            user
            for user in people
            if rules.may_arbitrate(grants_of(user.actor(CHANNEL)), row, today)
        ]
        mails += _send(row, "arbitrate", able)
        row.arbiters_told = today
        core.save_many([row], ("arbiters_told",))
    return mails


def _slip(row: PlanDependency) -> int | None:
    """Days that an agreed delivery comes after its promise; None where it does not."""
    if row.state not in (State.AGREED, State.IN_PROGRESS) or row.forecast_date is None:
        return None
    days = (row.forecast_date - row.promised_date).days
    return days if days > 0 else None


def _is_news(row: PlanDependency) -> bool:
    told = row.told_late
    return row.forecast_date is not None and (told is None or row.forecast_date > told)


def _above(project: Project) -> list[User]:
    """Programme and portfolio managers of a project."""
    found: set[int] = set()
    for role in _ABOVE:
        held = people_in_role(role, project_scopes(project), clock.today())
        found |= {pk for pk, _ in held}
    return list(User.objects.filter(pk__in=found, is_active=True).order_by("pk"))


def _send(
    row: PlanDependency, kind: str, people: Iterable[User | None], moves: Sequence[str] = ()
) -> int:
    """One mail to each person who may see the dependency, in what they may see of it."""
    told = {person.pk: person for person in people if person is not None and person.is_active}
    sent = 0
    for person in told.values():
        actor = person.actor(CHANNEL)
        shown = queries.seen_by(actor, row)
        if shown is None:
            continue
        seen = visible_projects(actor).filter(pk=row.receiver_id).exists()
        context = {
            "name": person.full_name,
            "row": shown,
            "it": row,
            "slip": _slip(row),
            "moves": moves if seen else (),
            "count": len(moves),
            "days": rules.ANSWER_DAYS,
            "address": row.site + reverse("dependencies:one", args=[row.pk]) if row.site else "",
        }
        subject = render_to_string(f"dependencies/mail_{kind}_subject.txt", context).strip()
        body = render_to_string(f"dependencies/mail_{kind}.txt", context)
        send_mail(subject, body, None, [person.email])
        sent += 1
    return sent
