# SPDX-License-Identifier: Apache-2.0
"""Telling people, in the product and by mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.mail import send_mail
from django.db import models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock, jobs
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.notifications import rules
from pilothouse.foundation.notifications.models import (
    TITLE_LENGTH,
    Delivery,
    MailLink,
    Notice,
    Way,
)
from pilothouse.foundation.notifications.queries import delivery_of
from pilothouse.foundation.notifications.topics import group_of, groups, words_for

MAIL = "notifications.mail"
LINKS_KEPT = timedelta(days=30)
MOST = 100
"""Notices of one mail; the rest is counted in it and read in the product."""


@dataclass(frozen=True, slots=True)
class News:
    """What people are told; ``path`` is where it leads, ``site`` the address for mails.

    ``once`` names what a person is told a single time, whoever asks for it again.
    """

    topic: str
    title: str
    path: str
    text: str = ""
    site: str = ""
    office_id: int = 0
    about: models.Model | None = None
    due: date | None = None
    once: str = ""


@transaction.atomic
def tell(*, people: Iterable[int | None], news: News, but: int | None = None) -> list[User]:
    """Tell people something in the transaction of its cause; ``but`` not whoever did it.

    Mails go out by jobs: what a person is told within a minute in one, nothing in quiet hours.
    Who: the services of the apps above. Writes: Notice, Job. Returns who is told by this.
    """
    group = group_of(news.topic)
    wanted = {pk for pk in people if pk is not None and pk != but}
    if not wanted:
        return []
    known = Notice.objects.filter(once=news.once, person__in=wanted) if news.once else None
    rows = User.objects.filter(pk__in=wanted, is_active=True).order_by("pk")
    if known is not None:
        rows = rows.exclude(pk__in=known.values("person"))
    found = list(rows)
    chosen = {row.person_id: row for row in Delivery.objects.filter(person__in=found)}
    now = timezone.now()
    made = [
        Notice(
            person=person,
            at=now,
            topic=news.topic,
            title=" ".join(news.title.split())[:TITLE_LENGTH],
            text=news.text,
            path=news.path,
            site=news.site,
            office_id=news.office_id,
            object_type=(news.about._meta.model_name or "") if news.about is not None else "",
            object_id=int(news.about.pk) if news.about is not None else 0,
            due=news.due,
            once=news.once,
            way=rules.way_of(chosen.get(person.pk), group.key),
        )
        for person in found
    ]
    Notice.objects.bulk_create(made, ignore_conflicts=bool(news.once))
    for notice in made:
        if notice.way == Way.AT_ONCE:
            _order(notice.person_id, chosen.get(notice.person_id), now)
    return found


def _order(person_id: int, delivery: Delivery | None, now: datetime) -> None:
    jobs.enqueue(
        name=MAIL,
        payload={"person_id": person_id},
        run_at=rules.after_quiet(delivery, now + rules.GATHERS),
        unique_key=f"{MAIL}:{person_id}",
    )


@transaction.atomic
def mail_at_once(*, person_id: int, now: datetime) -> int:
    """Mail one person what waits for that; in quiet hours nothing. Who: the job.

    A mail that cannot be sent leaves everything as it was, and the job is tried again. Returns how
    many notices the mail tells.
    """
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None or rules.quiet_at(delivery_of(person), now):
        return 0
    return _send(person, Way.AT_ONCE, now)


@transaction.atomic
def mail_digest(*, person_id: int, now: datetime) -> int:
    """Mail one person the digest that is due, if there is anything in it. Who: the job."""
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("person")
    delivery = rows.filter(person=person_id, person__is_active=True).first()
    if delivery is None or not rules.digest_is_due(delivery, now):
        return 0
    delivery.digested_on = clock.day_of(now)
    delivery.save(update_fields=["digested_on"])
    return _send(delivery.person, Way.DIGEST, now)


def _send(person: User, way: Way, now: datetime) -> int:
    rows = Notice.objects.to_mail(way).filter(person=person)
    waiting = list(rows.select_for_update(of=("self",)).order_by("at", "pk"))
    if not waiting:
        return 0
    shown = waiting[:MOST]
    words = words_for(person, shown, mailing=True)
    Notice.objects.filter(pk__in=[row.pk for row in waiting]).update(mailed_at=now)
    told = [(row, words[row.pk]) for row in shown if row.pk in words]
    if not told:
        return 0
    site = next((row.site for row, _words in reversed(told) if row.site), "")
    context = {
        "name": person.full_name,
        "told": told,
        "more": len(waiting) - len(shown),
        "digest": way == Way.DIGEST,
        "site": site,
    }
    subject = told[0][1].title if len(told) == 1 else _("%(n)d notices") % {"n": len(told)}
    body = render_to_string("notices/mail.txt", context)
    send_mail(" ".join(subject.split()), body, None, [person.email])
    return len(told)


def due_for_mail(now: datetime) -> tuple[list[int], list[int]]:
    """People with mails that are overdue, and people whose digest is due.

    The first are those whose job was lost, or ran in a moment in which it could not see a notice.
    """
    late = Notice.objects.to_mail(Way.AT_ONCE).filter(
        at__lt=now - 2 * rules.GATHERS, person__is_active=True
    )
    people = list(late.order_by("person").values_list("person", flat=True).distinct())
    chosen = {row.person_id: row for row in Delivery.objects.filter(person__in=people)}
    at_once = [pk for pk in people if not rules.quiet_at(chosen.get(pk), now)]
    waiting = Notice.objects.to_mail(Way.DIGEST)
    rows = Delivery.objects.filter(person__in=waiting.values("person")).order_by("person")
    return at_once, [row.person_id for row in rows if rules.digest_is_due(row, now)]


def order_due(now: datetime) -> int:
    """Order the mails that are due and that nobody ordered. Who: the job. Returns how many."""
    at_once, digests = due_for_mail(now)
    for person_id in at_once:
        _order(person_id, None, now - rules.GATHERS)
    for person_id in digests:
        jobs.enqueue(
            name=MAIL,
            payload={"person_id": person_id, "digest": True},
            run_at=now,
            unique_key=f"{MAIL}:digest:{person_id}",
        )
    return len(at_once) + len(digests)


@transaction.atomic
def mark_read(*, person: User, notices: Sequence[int] | None = None) -> int:
    """Say that notices of a person are read: some, or all. Who: the person. Returns how many."""
    rows = Notice.objects.unread().filter(person=person)
    if notices is not None:
        rows = rows.filter(pk__in=notices)
    return rows.update(read_at=timezone.now())


@dataclass(frozen=True, slots=True)
class Chosen:
    """How somebody wants to be mailed; hours None where no hour is quiet."""

    ways: Mapping[str, str]
    digest: str
    hour: int
    weekday: int
    quiet_from: int | None
    quiet_until: int | None


@transaction.atomic
def choose_delivery(*, person: User, chosen: Chosen) -> Delivery:
    """Save how a person wants to be mailed.

    Who: the person. Writes: Delivery. Raises: Invalid naming what does not fit together.
    """
    _require_fit(chosen)
    row, _made = Delivery.objects.select_for_update(of=("self",)).get_or_create(person=person)
    row.ways = {key: way for key, way in chosen.ways.items() if way != Way.AT_ONCE}
    row.digest, row.hour, row.weekday = chosen.digest, chosen.hour, chosen.weekday
    row.quiet_from, row.quiet_until = chosen.quiet_from, chosen.quiet_until
    row.save()
    if row.digest == Delivery.Digest.NONE:
        waiting = Notice.objects.filter(person=person, way=Way.DIGEST, mailed_at=None)
        waiting.update(way=Way.PRODUCT)
    return row


def _require_fit(chosen: Chosen) -> None:
    problems: dict[str, str] = {}
    known = {group.key for group in groups()}
    for key, way in chosen.ways.items():
        if key not in known or way not in Way.values:
            problems[f"way_{key}"] = _("Choose one of the list.")
    if chosen.digest not in Delivery.Digest.values:
        problems["digest"] = _("Choose one of the list.")
    elif chosen.digest == Delivery.Digest.NONE and Way.DIGEST in chosen.ways.values():
        problems["digest"] = _("Something goes into the digest: say when it is mailed.")
    if (chosen.quiet_from is None) != (chosen.quiet_until is None):
        missing = "quiet_from" if chosen.quiet_from is None else "quiet_until"
        problems[missing] = _("Quiet hours have a beginning and an end.")
    elif chosen.digest != Delivery.Digest.NONE and rules.is_quiet(
        chosen.quiet_from, chosen.quiet_until, chosen.hour
    ):
        problems["hour"] = _("This hour is a quiet one; choose another.")
    if problems:
        raise Invalid("notices.delivery", " ".join(problems.values()), fields=problems)


def tidy(now: datetime) -> int:
    """Remove notices whose time is over: read ones after 90 days, others after a year.

    Links go a month after they expired. Returns how many notices went.
    """
    MailLink.objects.filter(expires_at__lt=now - LINKS_KEPT).delete()
    old = Q(at__lt=now - 4 * rules.KEPT) | Q(at__lt=now - rules.KEPT, read_at__isnull=False)
    return Notice.objects.filter(old).delete()[0]
