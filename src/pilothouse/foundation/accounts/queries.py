# SPDX-License-Identifier: Apache-2.0
"""Reading accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import Combinable

from pilothouse.foundation.accounts.models import SecondFactor, Standing, User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import NotAllowed

Row = TypeVar("Row", bound=models.Model)


def second_factor_of(user_id: int) -> SecondFactor | None:
    """What a person is asked for after the password, if anything."""
    return SecondFactor.objects.filter(user_id=user_id).first()


@dataclass(frozen=True, slots=True)
class OwnRole:
    """A role as "My account" shows it; ``page`` is the path of its place, empty without one."""

    label: str
    where: str
    page: str
    valid_from: date
    valid_to: date | None


OwnRoles = Callable[[Actor, date], Sequence[OwnRole]]

_own_roles: OwnRoles


def install_own_roles(read: OwnRoles) -> None:
    """Set how own roles are read; called once at the start, by the app that knows the places."""
    global _own_roles
    _own_roles = read


def own_roles(actor: Actor, day: date) -> Sequence[OwnRole]:
    """The roles that a person holds on a day, with the names of the places in their sight."""
    return _own_roles(actor, day)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks everybody for a second factor, and from which day; no name: the installation."""

    name: str
    since: date

    def sentence(self, day: date) -> str:
        """Port of Exampleton asks everybody for a second factor."""
        who = self.name or "This installation"
        when = "" if self.since <= day else f" from {written(self.since)} on"
        return f"{who} asks everybody for a second factor{when}."


@dataclass(frozen=True, slots=True)
class FactorRules:
    """Who must have a second factor, as the app that knows offices and roles says it.

    ``due`` makes, of the outer column with a person's id and a day, the days from which each kind
    of rule holds for that person; ``askers`` names them for one person, the earliest first.
    """

    due: Callable[[str, date], Sequence[Combinable]]
    askers: Callable[[int, date], list[Asker]]


_factor_rules: FactorRules


def install_factor_rules(rules: FactorRules) -> None:
    """Set who must have a second factor; called once at the start."""
    global _factor_rules
    _factor_rules = rules


def with_standing(rows: QuerySet[Row], person: str, day: date) -> QuerySet[Row]:
    """The rows with what ``standing_of_row`` needs; ``person`` is their column of a person's id."""
    due = {f"factor_due_{n}": each for n, each in enumerate(_factor_rules.due(person, day))}
    has = Exists(SecondFactor.objects.filter(user_id=OuterRef(person)))
    return cast("QuerySet[Row]", rows.annotate(has_factor=has, **due))


Unread = Callable[[str], Combinable]
"""Of the outer column with a person's id, how many notices this person has not read."""

_unread: Unread


def install_unread(count: Unread) -> None:
    """Set how unread notices are counted; called once at the start, by the app that keeps them."""
    global _unread
    _unread = count


def with_unread(rows: QuerySet[Row], person: str) -> QuerySet[Row]:
    """The rows with ``unread``; ``person`` is their column of a person's id."""
    return cast("QuerySet[Row]", rows.annotate(unread=_unread(person)))


def standing_of_row(row: Any, day: date) -> Standing:
    """What ``with_standing`` read."""
    found = (getattr(row, f"factor_due_{n}", None) for n in range(FACTOR_RULES))
    return Standing(day, row.has_factor, min((due for due in found if due), default=None))


FACTOR_RULES = 2
"""So many kinds of rules there are: of offices, and of the installation."""


def standing_of(user_id: int, day: date) -> Standing:
    """How a person stands on a day, by a read of its own."""
    rows = with_standing(User.objects.filter(pk=user_id), "pk", day)
    return standing_of_row(rows.get(), day)


def askers_of(user_id: int, day: date) -> list[Asker]:
    """Who asks this person for a second factor, on this day or from a later one."""
    return _factor_rules.askers(user_id, day)


def require_second_factor(user: User) -> None:
    """Raise NotAllowed if a second factor is a must for this person, who has none.

    The standing read with the person is believed; without one it is read.
    """
    standing = user.standing or standing_of(user.pk, clock.today())
    if standing.is_shut:
        asks = " ".join(asker.sentence(standing.day) for asker in askers_of(user.pk, standing.day))
        raise NotAllowed(
            "accounts.second_factor_needed",
            f"{asks} {user.full_name} has none yet: sign in on the pages and set it up, then this "
            "works.",
        )
