# SPDX-License-Identifier: Apache-2.0
"""Reading accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pilothouse.foundation.accounts.models import SecondFactor
from pilothouse.foundation.core.actor import Actor


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
