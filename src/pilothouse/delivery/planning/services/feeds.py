# SPDX-License-Identifier: Apache-2.0
"""Calendars of a plan: to download, and to subscribe to by a link that needs no sign-in.

A link carries its own signature; only its digest is kept. It opens what its person may see at
that moment, and nothing once it was ended, has expired, or the person may no longer sign in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from django.core import signing
from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import PlanFeed
from pilothouse.delivery.planning.queries import existing_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.foundation.accounts.queries import require_second_factor
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound

LIFE = timedelta(days=366)
MOST_FEEDS = 10
"""Living links of one person to one plan."""
_SALT = "pilothouse.plan.feed"


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar and a name for its file."""

    name: str
    body: bytes


def plan_calendar(*, actor: Actor, project: Project, kinds: Collection[str]) -> Feed:
    """Milestones, deadlines or the actor's own tasks as an iCalendar file. Who: R on task.

    Raises: NotFound without a plan, Invalid where nothing of these is asked for.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = existing_plan(project)
    code = "".join(char if char.isalnum() and char.isascii() else "-" for char in project.code)
    body = bridge.icalendar_of(project, row, _known(kinds), actor.user_id)
    return Feed(f"{code}-plan.ics", body)


@transaction.atomic
def make_feed(*, actor: Actor, project: Project, kinds: Collection[str]) -> tuple[PlanFeed, str]:
    """Make a link to the calendar of a plan, for the actor; its text is told once.

    Who: R on task, as oneself. Writes: PlanFeed. Raises: Invalid where nothing is asked for, or
    there are ten links already.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    existing_plan(project)
    known = _known(kinds)
    if actor.user_id is None:
        raise NotAllowed("planning.feed_person", "Only a person has links to calendars.")
    core.lock(Project.objects.all(), project.pk)
    now = timezone.now()
    if len(feeds_of(actor, project, now)) >= MOST_FEEDS:
        message = f"There are {MOST_FEEDS} links already; end one of them first."
        raise Invalid("planning.feeds", message, fields={"kinds": message})
    token = signing.dumps([actor.user_id, project.pk, token_urlsafe(16)], salt=_SALT)
    row = PlanFeed.objects.create(
        project=project,
        person_id=actor.user_id,
        digest=_digest(token),
        kinds=sorted(known),
        expires_at=now + LIFE,
    )
    core.record(
        actor=actor,
        action="plan.feed",
        obj=row,
        after={"kinds": row.kinds, "until": row.expires_at},
        office_id=project.office_id,
    )
    return row, token


def feeds_of(actor: Actor, project: Project, now: datetime) -> list[PlanFeed]:
    """The actor's living links to a plan, the newest first."""
    rows = PlanFeed.objects.filter(project=project, person_id=actor.user_id, expires_at__gt=now)
    return list(rows.order_by("-pk"))


@transaction.atomic
def end_feed(*, actor: Actor, project: Project, feed_id: int) -> None:
    """End a link of the actor; whoever subscribed to it gets nothing more. Writes: PlanFeed."""
    row = PlanFeed.objects.filter(project=project, person_id=actor.user_id, pk=feed_id).first()
    if row is None:
        raise NotFound("planning.feed", "There is no such link of yours.")
    core.record(
        actor=actor,
        action="plan.feed_ended",
        obj=row,
        before={"kinds": row.kinds},
        office_id=project.office_id,
    )
    row.delete()


def open_feed(token: str, now: datetime) -> Feed:
    """The calendar behind a link, as its person may see it now.

    Raises: NotFound, alike for a link that is altered, ended, expired, or that opens nothing now.
    """
    gone = NotFound("planning.feed", "This link does not open anything, or no longer.")
    try:
        person_id, project_id, _ = signing.loads(token, salt=_SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        raise gone from None
    row = PlanFeed.objects.select_related("person").filter(digest=_digest(token)).first()
    if row is None or row.expires_at <= now or not row.person.is_active:
        raise gone
    if (row.person_id, row.project_id) != (person_id, project_id):
        raise gone
    try:
        require_second_factor(row.person)
        actor = row.person.actor("link")
        project = get_project(actor, row.project_id)
        return plan_calendar(actor=actor, project=project, kinds=row.kinds)
    except (NotFound, NotAllowed):
        raise gone from None


def _known(kinds: Collection[str]) -> Sequence[str]:
    known = [kind for kind in bridge.CALENDAR_KINDS if kind in kinds]
    if not known or set(kinds) - set(known):
        message = f"Choose among {', '.join(bridge.CALENDAR_KINDS)}."
        raise Invalid("planning.calendar_kinds", message, fields={"kinds": message})
    return known


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
