# SPDX-License-Identifier: Apache-2.0
"""What an actor may do, as one immutable value that rules and querysets ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from pilothouse.foundation.access.matrix import Reach, Role, roles_with
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.prepared import prepared, prepared_for, together

Scope = tuple[str, int]
"""(scope type, id); an object is asked for with the scopes that contain it, itself included.

Besides the types of assignments there is ``("office", root unit id)``.
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """One valid assignment, or one that is held for somebody else by delegation."""

    role: Role
    scope_type: str
    scope_id: int
    office_id: int
    letters: str | None = None
    amount_limit: Decimal | None = None
    for_person: int | None = None

    def passes(self, letter: str, amount: Decimal | None = None) -> bool:
        """Whether a delegation lets this letter and this amount through; own roles always do."""
        if self.letters is not None and letter not in self.letters:
            return False
        return amount is None or self.amount_limit is None or amount <= self.amount_limit


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where a letter on an object type reaches: everywhere, in offices, in scopes, on own rows."""

    everywhere: bool
    scopes: frozenset[Scope]
    own: bool

    @property
    def nothing(self) -> bool:
        return not (self.everywhere or self.scopes or self.own)

    def ids(self, scope_type: str) -> list[int]:
        return sorted(number for kind, number in self.scopes if kind == scope_type)


@dataclass(frozen=True, slots=True)
class Grants:
    """All that one actor holds on one day."""

    everything: bool
    grants: tuple[Grant, ...]
    user_id: int | None = None

    def reach(
        self,
        object_type: str,
        letter: str,
        amount: Decimal | None = None,
        *,
        published: bool = False,
    ) -> Allowed:
        """Where the actor holds ``letter`` on ``object_type``."""
        return _reach(self, object_type, letter, amount, published)

    def allows(
        self,
        object_type: str,
        letter: str,
        within: Iterable[Scope],
        *,
        own: bool = False,
        amount: Decimal | None = None,
        published: bool = False,
    ) -> bool:
        """Whether the letter is held on an object that lies within these scopes."""
        allowed = self.reach(object_type, letter, amount, published=published)
        if allowed.everywhere or (own and allowed.own):
            return True
        return any(scope in allowed.scopes for scope in within)

    def giver(
        self, object_type: str, letter: str, within: Iterable[Scope], amount: Decimal | None = None
    ) -> int | None:
        """Who let the actor use this letter here; None where the own roles give it too."""
        scopes = list(within)
        by_person: dict[int | None, list[Grant]] = {None: []}
        for grant in self.grants:
            by_person.setdefault(grant.for_person, []).append(grant)
        for person, grants in by_person.items() if len(by_person) > 1 else ():
            held = Grants(self.everything, tuple(grants), self.user_id)
            if held.allows(object_type, letter, scopes, amount=amount):
                return person
        return None

    def eligible(self, *barred: int | None) -> Grants:
        """What is left for a decision in which these people may have no hand (R-GEN-08).

        The barred are whoever submitted the item and, where it says so, the project's manager.
        A barred actor keeps nothing, whatever other role or delegation there is (O-ORG-1); a
        delegate loses what is held for a barred person.
        """
        people = {person for person in barred if person is not None}
        if self.user_id in people:
            return Grants(False, (), self.user_id)
        kept = tuple(grant for grant in self.grants if grant.for_person not in people)
        return Grants(self.everything, kept, self.user_id)

    def only(self, keep: Callable[[Grant], bool]) -> Grants:
        """The same actor with fewer grants."""
        return Grants(self.everything, tuple(g for g in self.grants if keep(g)), self.user_id)

    def offices_with(self, object_type: str, letter: str) -> frozenset[int] | None:
        """Offices in which the letter reaches more than own records; None means all."""
        if self.everything:
            return None
        roles = {r for r, reach in roles_with(object_type, letter) if reach is not Reach.OWN}
        held = [g for g in self.grants if g.role in roles and g.passes(letter)]
        if any(grant.scope_type == "global" for grant in held):
            return None
        return frozenset(grant.office_id for grant in held)

    @property
    def offices(self) -> frozenset[int]:
        """Offices in which the actor may read something."""
        return frozenset(
            grant.office_id for grant in self.grants if grant.office_id and grant.passes("R")
        )

    def has_role(self, *roles: Role) -> bool:
        """Whether a role is held anywhere, in person or with its approvals by delegation."""
        return self.everything or any(
            grant.role in roles and grant.passes("A") for grant in self.grants
        )


@lru_cache(maxsize=5000)
def _reach(
    held: Grants, object_type: str, letter: str, amount: Decimal | None, published: bool
) -> Allowed:
    if held.everything:
        return Allowed(True, frozenset(), True)
    everywhere = own = False
    scopes: set[Scope] = set()
    table = roles_with(object_type, letter, published)
    for grant in held.grants:
        if not grant.passes(letter, amount):
            continue
        for role, reach in table:
            if role is not grant.role:
                continue
            if reach is Reach.OWN:
                own = True
            elif grant.scope_type == "global":
                everywhere = True
            elif reach is Reach.OFFICE:
                scopes.add(("office", grant.office_id))
            else:
                scopes.add((grant.scope_type, grant.scope_id))
    return Allowed(everywhere, frozenset(scopes), own)


@prepared_for(varying=1)
def _delegated_to(user_id: int, day: date) -> QuerySet[Delegation, tuple[Any, ...]]:
    return Delegation.objects.filter(
        to_person_id=user_id,
        valid_from__lte=day,
        valid_to__gte=day,
        voided=False,
        from_person__is_active=True,
    ).values_list("from_person_id", "actions", "amount_limit")


@prepared_for(varying=1)
def _roles_of(user_id: int, day: date) -> QuerySet[RoleAssignment, tuple[Any, ...]]:
    return (
        RoleAssignment.objects.valid_on(day)
        .filter(person_id=user_id)
        .values_list("role", "scope_type", "scope_id", "office_id")
    )


@prepared
def _roles_of_others(
    people: frozenset[int], day: date
) -> QuerySet[RoleAssignment, tuple[Any, ...]]:
    return (
        RoleAssignment.objects.valid_on(day)
        .filter(person_id__in=people)
        .values_list("person_id", "role", "scope_type", "scope_id", "office_id")
    )


def grants_of(actor: Actor, day: date | None = None) -> Grants:
    """Read what the actor holds on a day (today by default): own roles and delegated ones.

    A delegate may not pass on what was delegated (O-ORG-2), so one step is all.
    """
    if actor.is_system:
        return Grants(True, ())
    if actor.user_id is None:
        return Grants(False, ())
    when = day or clock.today()
    delegated, own = _delegated_to.later(actor.user_id, when), _roles_of.later(actor.user_id, when)
    together(delegated, own)
    found = [Grant(Role(role), kind, at, office) for role, kind, at, office in own.rows]
    people = frozenset(row[0] for row in delegated.rows)
    for person_id, role, kind, at, office in _roles_of_others(people, when) if people else ():
        for from_id, letters, limit in delegated.rows:
            if from_id == person_id:
                found.append(Grant(Role(role), kind, at, office, letters, limit, from_id))
    return Grants(False, tuple(found), actor.user_id)


def in_place_of(actor: Actor, people: Iterable[int | None]) -> Actor:
    """The actor as the trail names them: for those who let them act, where anybody did."""
    others = list(dict.fromkeys(person for person in people if person is not None))
    if not others:
        return actor
    names = dict(User.objects.filter(pk__in=others).values_list("pk", "full_name"))
    return actor.for_others([(person, names[person]) for person in others])


def allowed_as(
    actor: Actor, object_type: str, letter: str, within: Iterable[Scope], held: Grants | None = None
) -> Actor | None:
    """As whom the actor may do this, for the trail; None where it is not allowed at all."""
    scopes = list(within)
    grants = held or grants_of(actor)
    if not grants.allows(object_type, letter, scopes):
        return None
    return in_place_of(actor, [grants.giver(object_type, letter, scopes)])


def people_in_role(
    role: Role, within: Iterable[Scope], day: date, barred: Iterable[int | None] = ()
) -> list[tuple[int, str]]:
    """(id, name) of those who hold a role on any of these scopes on a day.

    ``barred`` are left out: a quorum is counted without whoever submitted (O-ORG-1).
    """
    condition = Q(pk__in=[])
    for scope_type, scope_id in within:
        condition |= Q(scope_type=scope_type, scope_id=scope_id)
    return list(
        RoleAssignment.objects.valid_on(day)
        .filter(condition, role=role, person__is_active=True)
        .exclude(person_id__in=[person for person in barred if person is not None])
        .values_list("person_id", "person__full_name")
        .distinct()
        .order_by("person__full_name", "person_id")
    )
