# SPDX-License-Identifier: Apache-2.0
"""What can be done straight from a mail; each app hands down its acts once, at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.notifications.links import digest_of, live_link, make_link
from pilothouse.foundation.notifications.models import MailLink

SALT = "pilothouse.notices.act"
CHANNEL = "mail"
"""By which door whoever uses a link acts, in the trail."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page behind a link shows and asks; with ``day`` it asks for a day to come, too."""

    title: str
    lead: str
    text: str
    button: str
    done: str
    day: date | None = None
    day_label: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person may do to an object from a mail.

    ``offer`` is None where this person may not, or not any more; ``do`` asks the same again and
    writes with the person as actor by the door of the mail.
    """

    key: str
    offer: Callable[[User, int], Offer | None]
    do: Callable[[User, int, str, date | None], None]


_acts: dict[str, Act] = {}


def install_act(act: Act) -> None:
    """Add an act; called once at the start, by the app that knows how."""
    _acts[act.key] = act


@dataclass(frozen=True, slots=True)
class OpenAct:
    """A link that opens: whose, for what, and what it offers now."""

    link: MailLink
    act: Act
    offer: Offer | None

    def do(self, remark: str, day: date | None) -> None:
        """Do it in the name of the person of the link; the link ends."""
        with transaction.atomic():
            self.act.do(self.link.person, self.link.object_id, remark, day)
            end_links(self.link.person, act=self.act.key, object_id=self.link.object_id)


def address_for(person: User, key: str, object_id: int, site: str) -> str:
    """The address of a new link; an earlier one for the same ends."""
    end_links(person, act=key, object_id=object_id)
    token, _link = make_link(
        MailLink, person, f"{key}:{object_id}", SALT, act=key, object_id=object_id
    )
    return site + reverse("notices:do", args=[token])


def open_act(token: str, now: datetime) -> OpenAct:
    """What a link opens. Raises: NotFound, alike for all that opens nothing; NotAllowed."""
    found = live_link(MailLink, token, SALT, now)
    if found is not None:
        link, what = found
        act = _acts.get(link.act)
        if act is not None and what == digest_of(f"{link.act}:{link.object_id}"):
            return OpenAct(link, act, act.offer(link.person, link.object_id))
    raise gone()


def gone() -> NotFound:
    """The one answer for whatever opens nothing; an act raises it, too."""
    return NotFound(
        "notices.link",
        "This link does not open anything, or no longer. Sign in and look at your notices.",
    )


@transaction.atomic
def end_own_links(person: User) -> int:
    """End the links in all mails to a person. Who: the person. Returns how many."""
    ended = end_links(person)
    if ended:
        core.record(
            actor=person.actor(), action="notices.end_links", obj=person, after={"links": ended}
        )
    return ended


def end_links(person: User, **only: str | int) -> int:
    """End the links that were mailed to a person: all, or those for one act. Returns how many."""
    rows = MailLink.objects.filter(person=person, ended_at=None, **only)
    live = list(rows.values_list("pk", flat=True))
    return MailLink.objects.filter(pk__in=live).update(ended_at=timezone.now()) if live else 0
