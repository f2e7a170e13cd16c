# SPDX-License-Identifier: Apache-2.0
"""Asking people for their updates by mail, with a link that opens their form without sign-in.

The link is signed, for one person and the tasks of its mail, and ends by itself; a row with its
digest lets it be ended sooner.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.models import OfficeRhythm, Rhythm, UpdateLink
from pilothouse.delivery.progress.queries import TaskKey, Week, people_of, week_of
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock, jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.notifications.links import LIFE, digest_of, live_link, make_link

MAIL = "progress.mail_week_of"
SALT = "pilothouse.progress.week"
CHANNEL = "mail"
"""By which door whoever uses a link acts, in the trail."""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that opens: whose, and which tasks."""

    link: UpdateLink
    person: User
    tasks: frozenset[TaskKey]

    @property
    def actor(self) -> Actor:
        """The person, by the door of the mail."""
        return self.person.actor(CHANNEL)


@transaction.atomic
def ask_now(*, actor: Actor, project: Project, people: Collection[int], site: str) -> int:
    """Mail chosen people of a project their open tasks with a link. Returns how many mails go out.

    Each is mailed about a project once a day at most.
    Who: A on task_progress. Writes: Job. Raises: Invalid where nobody can be asked.
    """
    rules.require_confirm(actor, project)
    core.lock(Project.objects.all(), project.pk)
    plan = ProjectPlan.objects.filter(project=project).first()
    known = {row.pk: row for row in (people_of(plan) if plan else [])}
    chosen = [known[pk] for pk in people if pk in known]
    if not chosen:
        message = "Choose somebody of this plan who has an account."
        raise Invalid("progress.nobody", message, fields={"person": message})
    asked = _asked_today(project)
    fresh = [row for row in chosen if row.pk not in asked]
    if not fresh:
        raise Invalid(
            "progress.asked_today",
            "Everybody chosen was mailed about this project today already; wait until tomorrow.",
        )
    for person in fresh:
        _enqueue(person.pk, [project.pk], site)
    core.record(
        actor=actor,
        action="progress.ask",
        obj=project,
        after={"people": ", ".join(row.full_name for row in fresh)},
        office_id=project.office_id,
    )
    return len(fresh)


@transaction.atomic
def ask_due(*, actor: Actor, now: datetime) -> int:
    """Mail everybody whose projects ask on this day from this hour on; once a day.

    Who: the system. Writes: Rhythm, Job. Returns how many mails go out.
    """
    moment = clock.local(now)
    today = moment.date()
    usual = OfficeRhythm.objects.filter(office_id=OuterRef("project__office_id"))
    rows = Rhythm.objects.alias(
        day=Coalesce("weekday", Subquery(usual.values("weekday")), OfficeRhythm().weekday),
        from_hour=Coalesce("hour", Subquery(usual.values("hour")), OfficeRhythm().hour),
    ).filter(
        Q(asked_on=None) | Q(asked_on__lt=today),
        by_mail=True,
        day=moment.weekday(),
        from_hour__lte=moment.hour,
        project__state__in=OPEN_STATES,
    )
    wanted: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        plan = ProjectPlan.objects.filter(project_id=row.project_id).first()
        for person in people_of(plan) if plan else []:
            wanted[person.pk, row.site].append(row.project_id)
        row.asked_on = today
        row.save(update_fields=["asked_on"])
    for (person_id, site), projects in wanted.items():
        _enqueue(person_id, projects, site)
    return len(wanted)


def _enqueue(person_id: int, projects: Iterable[int], site: str) -> None:
    text = ",".join(map(str, sorted(projects)))
    jobs.enqueue(
        name=MAIL,
        payload={"person_id": person_id, "projects": text, "site": site},
        run_at=timezone.now(),
        unique_key=f"{MAIL}:{person_id}:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
    )


def _asked_today(project: Project) -> set[int]:
    since = clock.start_of(clock.today())
    rows = UpdateLink.objects.filter(made_at__gte=since).values_list("person_id", "tasks")
    return {person for person, tasks in rows if any(number == project.pk for number, _ in tasks)}


@transaction.atomic
def mail_week(*, person_id: int, projects: Collection[int], site: str, today: date) -> bool:
    """Mail one person their open tasks and a link for them, if there are any. Who: the job.

    A mail that cannot be sent leaves no link, and the job is tried again.
    """
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        return False
    within = Project.objects.filter(pk__in=projects)
    week = week_of(person.actor(CHANNEL), today, within=within)
    if not week.rows:
        return False
    tasks = sorted((row.project_id, row.uid) for row in week.rows)
    token, link = make_link(UpdateLink, person, repr(tasks), SALT, tasks=tasks)
    _send(person, week, site + reverse("progress:link", args=[token]), link)
    return True


def _send(person: User, week: Week, address: str, link: UpdateLink) -> None:
    context = {
        "name": person.full_name,
        "groups": [
            (
                f"{group.project.code} {group.project.name}",
                [
                    (row.name, row.path, row.start, row.finish, row.shown["percent"], row.late)
                    for row in group.rows
                ],
            )
            for group in week.groups
        ],
        "address": address,
        "until": written(clock.day_of(link.expires_at)),
    }
    subject = render_to_string("progress/week_subject.txt", context).strip()
    body = render_to_string("progress/week_mail.txt", context)
    send_mail(subject, body, None, [person.email])


def open_link(token: str, now: datetime) -> OpenLink:
    """What a link opens. Raises: NotFound, alike for one that is altered, expired, ended or none;
    NotAllowed where a second factor is a must for its person, who has none.
    """
    found = live_link(UpdateLink, token, SALT, now)
    if found is not None:
        link, what = found
        tasks = sorted((number, uid) for number, uid in link.tasks)
        if what == digest_of(repr(tasks)):
            return OpenLink(link, link.person, frozenset(tasks))
    raise NotFound(
        "progress.link",
        "This link does not open anything, or no longer. Sign in and report on the page “My week”, "
        "or ask your project manager for a new mail.",
    )


@transaction.atomic
def end_links(*, actor: Actor, person: User, project: Project | None = None) -> int:
    """End the links that were mailed to a person: all, or those with tasks of one project.

    Who: the person; on a project, A on task_progress. Writes: UpdateLink. Returns how many.
    """
    if project is not None:
        rules.require_confirm(actor, project)
    elif actor.user_id != person.pk:
        raise NotFound("progress.links", "There are no such links.")
    now = timezone.now()
    live = UpdateLink.objects.filter(person=person, ended_at=None, expires_at__gt=now)
    ended = [
        row.pk
        for row in live
        if project is None or any(number == project.pk for number, _ in row.tasks)
    ]
    if not ended:
        return 0
    UpdateLink.objects.filter(pk__in=ended).update(ended_at=now)
    core.record(
        actor=actor,
        action="progress.end_links",
        obj=person,
        after={"links": len(ended)},
        office_id=project.office_id if project else 0,
    )
    return len(ended)


def live_links(person_id: int, now: datetime) -> int:
    """How many links of mails still open the form of a person."""
    return UpdateLink.objects.filter(person_id=person_id, ended_at=None, expires_at__gt=now).count()


def tidy(now: datetime) -> int:
    """Remove links that ended or expired a month ago."""
    old = now - 3 * LIFE
    return UpdateLink.objects.filter(Q(expires_at__lt=old) | Q(ended_at__lt=old)).delete()[0]
