# SPDX-License-Identifier: Apache-2.0
"""What people are told of entries, and in which words they may read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.urls import reverse

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, Escalation, Kind, Level
from pilothouse.delivery.raid.rules import Step
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.notifications.acts import address_for
from pilothouse.foundation.notifications.models import Notice
from pilothouse.foundation.notifications.services import News, tell
from pilothouse.foundation.notifications.topics import Group, Words

CHANNEL = "mail"
FINISH, LOOK = "raid.finish", "raid.look"
"""What can be done from a mail; see ``by_mail``."""
ASSIGNED, VERIFY, REMARK, ANSWERED = (
    "raid.assigned",
    "raid.verify",
    "raid.remark",
    "raid.answered",
)
REMINDER, REVIEW, PASSED = "raid.reminder", "raid.review", "raid.passed"
ESCALATED, UNANSWERED, BREACH, STUCK = (
    "raid.escalated",
    "raid.unanswered",
    "raid.breach",
    "raid.stuck",
)


def topics() -> Sequence[Group]:
    """What people can be told of the registers."""
    return (
        Group(
            key="raid.yours",
            label="Risks, issues and actions: what becomes yours",
            hint="An entry is given to you, remarked on, answered from above, or to be verified.",
            topics=frozenset({ASSIGNED, VERIFY, REMARK, ANSWERED}),
            render=words,
        ),
        Group(
            key="raid.reminders",
            label="Risks, issues and actions: reminders",
            hint="An action comes due or is late, a risk is to be looked at again.",
            topics=frozenset({REMINDER, REVIEW, PASSED}),
            render=words,
        ),
        Group(
            key="raid.up",
            label="Risks, issues and actions: escalations",
            hint="An entry comes up to you, waits too long, or a promise of service is broken.",
            topics=frozenset({ESCALATED, UNANSWERED, BREACH, STUCK}),
            render=words,
        ),
    )


def words(person: User, notices: Sequence[Notice], mailing: bool) -> dict[int, Words]:
    """What these notices say to one person: nothing of entries they cannot read now."""
    readable = entries_open_to(person, {notice.object_id for notice in notices})
    found: dict[int, Words] = {}
    linked: set[int] = set()
    for notice in notices:
        row = readable.get(notice.object_id)
        if row is None:
            continue
        links = []
        if mailing and notice.site and row.pk not in linked:
            links = _links(person, row, notice.site)
            linked.update([row.pk] if links else [])
        found[notice.pk] = Words(notice.title, notice.text, links)
    return found


def _links(person: User, row: Entry, site: str) -> list[tuple[str, str]]:
    """What the reader of a mail may do to an entry without signing in: what is theirs to do."""
    if row.owner_id != person.pk:
        return []
    if row.kind == Kind.ACTION and Step.FINISH in rules.leads_on(row):
        label, act = "Say that it is done, without signing in", FINISH
    elif row.kind == Kind.RISK and row.is_open:
        label, act = "Say that you looked at it, without signing in", LOOK
    else:
        return []
    return [(label, address_for(person, act, row.pk, site))]


def entries_open_to(person: User, entries: Iterable[int]) -> dict[int, Entry]:
    """Those of these entries that a person reads whole, also where they are confidential."""
    actor = person.actor(CHANNEL)
    held = grants_of(actor)
    asked = Entry.objects.with_place().filter(pk__in=set(entries), voided=False)
    rows = asked.filter(rules.sight_of(actor, held).condition())
    waiting = Escalation.objects.waiting().filter(entry__in=set(entries)).select_related("entry")
    found = {row.pk: row for row in rows if rules.opens(held, row)}
    missing = {row.entry_id for row in waiting} - found.keys()
    if missing:
        # Whoever is asked from below reads what they are to answer.
        whole = {row.pk: row for row in asked.filter(pk__in=missing)}
        for row in waiting:
            entry = whole.get(row.entry_id)
            if entry is not None and rules.answering_as(actor, row, entry) is not None:
                found[entry.pk] = entry
    return found


def path_of(entry: Entry) -> str:
    """The page of an entry."""
    return reverse("raid:entry", args=[entry.pk])


def say(
    topic: str,
    row: Entry,
    people: Iterable[int | None],
    lead: str,
    text: str = "",
    *,
    but: int | None = None,
    due: date | None = None,
    once: str = "",
) -> list[User]:
    """Tell people something of an entry. Returns who is told by this."""
    news = News(
        topic=topic,
        title=f"{lead}: {row} {row.title}",
        text=text,
        path=path_of(row),
        site=row.site,
        office_id=row.office_id,
        about=row,
        due=due,
        once=once,
    )
    return tell(people=people, news=news, but=but)


def assigned(actor: Actor, row: Entry, people: Iterable[int | None]) -> None:
    """Tell people that an entry is theirs now, unless they took it themselves."""
    until = f"Until {written(row.due)}." if row.due is not None else ""
    say(ASSIGNED, row, people, "Given to you", until, but=actor.user_id, due=row.due)


def remarked(actor: Actor, row: Entry, text: str) -> None:
    """Tell those who answer for an entry, and who raised it, what was remarked on it."""
    people = (row.owner_id, row.actionee_id, row.raised_by_id)
    say(REMARK, row, people, "Remark", f"{actor.label}: {text}", but=actor.user_id)


def escalated(actor: Actor, row: Entry, asked: Escalation) -> None:
    """Tell the level above that it is asked."""
    people = rules.holders_of(Level(asked.to_level), row, barred=[actor.user_id])
    text = f"{asked.asked_label}: {asked.reason}\nPlease answer by {_moment(asked)}."
    say(ESCALATED, row, people, "Escalated to you", text, but=actor.user_id)


def _moment(asked: Escalation) -> str:
    return written(clock.day_of(asked.answer_by))


def answered(actor: Actor, row: Entry, waiting: Escalation) -> None:
    """Tell below what was answered."""
    people = (waiting.asked_by_id, row.owner_id, manager_of(row))
    said = Escalation.State(waiting.state).label
    text = f"{waiting.answered_label}: {waiting.answer}" if waiting.answer else ""
    say(ANSWERED, row, people, said, text, but=actor.user_id)


def to_verify(actor: Actor, row: Entry) -> None:
    """Tell one of those who may that something waits to be verified: whoever is nearest."""
    asked = [manager_of(row), row.raised_by_id]
    for level in (Level.PROGRAMME, Level.PORTFOLIO):
        asked += rules.holders_of(level, row)
    people = User.objects.filter(pk__in=[pk for pk in asked if pk], is_active=True).in_bulk()
    for pk in dict.fromkeys(asked):
        person = people.get(pk or 0)
        if person is None or pk == actor.user_id:
            continue
        if rules.taking_as(person.actor(CHANNEL), row, Step.VERIFY) is not None:
            doing = "resolved" if row.kind == Kind.ISSUE else "done"
            say(VERIFY, row, [pk], "Please verify", f"{actor.label} says that it is {doing}.")
            return


def manager_of(row: Entry) -> int | None:
    """Who manages the place where an entry belongs."""
    place = row.place
    return place.pm_id if isinstance(place, Project) else place.manager_id
