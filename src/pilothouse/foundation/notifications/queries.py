# SPDX-License-Identifier: Apache-2.0
"""Reads of the own notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.notifications.models import Delivery, Notice
from pilothouse.foundation.notifications.topics import Words, gone, words_for

AT_ONCE = 500
"""Names that one read asks for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice with what its person may read of it now; ``open`` where it leads somewhere."""

    notice: Notice
    words: Words
    is_open: bool


def unread_of(person: str) -> Combinable:
    """How many notices a person has not read; ``person`` is the outer column of their id."""
    rows = Notice.objects.unread().filter(person=OuterRef(person)).order_by()
    count = rows.values("person").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count), Value(0), output_field=IntegerField())


def told_once(names: Collection[str]) -> set[str]:
    """Those of these names of single notices that somebody was told already."""
    rows = Notice.objects.exclude(once="").order_by()
    found: set[str] = set()
    listed = list(names)
    for first in range(0, len(listed), AT_ONCE):
        part = listed[first : first + AT_ONCE]
        found.update(rows.filter(once__in=part).values_list("once", flat=True))
    return found


def notices_of(person: User, *, only_unread: bool = False) -> QuerySet[Notice]:
    """The notices of a person, the newest first."""
    rows = Notice.objects.unread() if only_unread else Notice.objects.all()
    return rows.filter(person=person)


def shown_to(person: User, notices: Sequence[Notice]) -> list[Shown]:
    """These notices as their person may read them now."""
    words = words_for(person, notices)
    return [Shown(notice, words.get(notice.pk) or gone(), notice.pk in words) for notice in notices]


def get_notice(person: User, notice_id: int) -> Notice:
    """One of the own notices. Raises: NotFound."""
    found = Notice.objects.filter(person=person, pk=notice_id).first()
    if found is None:
        raise NotFound("notices.notice", "There is no such notice, or it is not yours.")
    return found


def delivery_of(person: User) -> Delivery:
    """How a person wants to be mailed; as it is where nothing was chosen."""
    return Delivery.objects.filter(person=person).first() or Delivery(person=person)
