# SPDX-License-Identifier: Apache-2.0
"""Which right of the matrix each field of a project asks for (DOMAIN 1.4).

The header belongs to the object *project*: U. What somebody approved belongs to what was approved,
and its change is a decision: A on *budget*, *baseline* or *benefit_profile*. R-GEN-08 holds for it:
whoever manages the project, named in its header or by a role, never decides, in whatever other
role, and where nobody else could, the director of the office does. Finance counts for the budget,
for it endorses it (note 4).

The first values come with the project: whoever may enter it enters what was authorised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules.places import project_scopes
from pilothouse.delivery.projects.rules.sight import classified
from pilothouse.delivery.projects.rules.two_people import managers_known
from pilothouse.foundation.access.matrix import Role, role_words, roles_with
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

Right = tuple[str, str]
"""Object type and letter of the matrix."""

HEADER: Right = ("project", "U")
APPROVED: Mapping[str, Right] = {
    "budget": ("budget", "A"),
    "baseline_start": ("baseline", "A"),
    "baseline_finish": ("baseline", "A"),
    "benefits_approved": ("benefit_profile", "A"),
}
"""Approved value → who changes it; every other field is part of the header."""

APPROVED_LABELS = {
    "budget": "approved budget",
    "baseline_start": "approved start",
    "baseline_finish": "approved finish",
    "benefits_approved": "approved benefits",
}


def right_of(name: str) -> Right:
    """The right that a field of a project asks for."""
    return APPROVED.get(name, HEADER)


class FieldRights:
    """What one actor may change of projects; made once, asked for many projects and fields."""

    def __init__(self, actor: Actor, grants: Grants | None = None) -> None:
        self._held = grants or grants_of(actor)
        self._user_id = actor.user_id
        self._approvers: dict[tuple[int, Right], _Holders] = {}

    def may(self, project: Project, name: str, amount: Decimal | None = None) -> bool:
        """Whether the actor may change a field; ``amount`` counts for limits of delegations."""
        return self._holds(project, right_of(name), amount)

    def of(self, project: Project, names: Iterable[str]) -> frozenset[str]:
        """Those of the fields that the actor may change."""
        held = {right: self._holds(project, right) for right in {right_of(name) for name in names}}
        return frozenset(name for name in names if held[right_of(name)])

    def anything(self, project: Project) -> bool:
        """Whether there is a field that the actor may change."""
        rights = dict.fromkeys([HEADER, *APPROVED.values()])
        return any(self._holds(project, right) for right in rights)

    def refusals(self, project: Project, changes: Mapping[str, object]) -> dict[str, str]:
        """Field → why the actor may not give it this value."""
        found: dict[str, str] = {}
        for name, value in changes.items():
            amount = _amount(getattr(project, name, None), value)
            if not self.may(project, name, amount):
                found[name] = self._refusal(project, name, amount)
        return found

    def require(self, project: Project, changes: Mapping[str, object]) -> None:
        """Raises NotAllowed naming every field that the actor may not give this value."""
        if found := self.refusals(project, changes):
            raise NotAllowed("projects.fields", " ".join(found.values()), fields=found)

    def givers(self, project: Project, changes: Mapping[str, object]) -> tuple[int, ...]:
        """Those who let the actor make changes that are allowed and that no own role allows."""
        found: dict[int, None] = {}
        for name, value in changes.items():
            held, right = self._counted(project, right_of(name)), right_of(name)
            amount = _amount(getattr(project, name, None), value) if name in APPROVED else None
            person = held.giver(*right, project_scopes(project), amount)
            if person is not None:
                found[person] = None
        return tuple(found)

    def _refusal(self, project: Project, name: str, amount: Decimal | None) -> str:
        """Why a field stays as it is for this actor, and who changes it."""
        if name not in APPROVED:
            label = name.replace("_", " ")
            return f"Your roles do not allow changing the {label} of project {project.code}."
        what = f"{APPROVED_LABELS[name]} of project {project.code}"
        roles = approving_roles(name)
        if self._user_id in managers_known(self._held, project):
            return (
                f"The {what} is changed by those who approve it, never by its own manager: {roles}."
            )
        limit = self._limit(project, right_of(name))
        if amount is not None and limit is not None:
            unit = project.currency_id
            return (
                f"You may decide on up to {unit} {limit:,.2f}, which is the limit of what was "
                f"delegated to you; this change of the {what} asks for {unit} {amount:,.2f}. "
                f"Without that limit it is changed by: {roles}."
            )
        return (
            f"Your roles do not approve the {what}; it is changed by those who approve it: {roles}."
        )

    def _limit(self, project: Project, right: Right) -> Decimal | None:
        """The largest amount that what was delegated to the actor lets through."""
        held, scopes = self._counted(project, right), project_scopes(project)
        limits = {grant.amount_limit for grant in held.grants if grant.amount_limit is not None}
        open_ones = [limit for limit in limits if held.allows(*right, scopes, amount=limit)]
        return max(open_ones, default=None)

    def _counted(self, project: Project, right: Right) -> Grants:
        """The grants that count for a right on a project."""
        held = classified(self._held, project)
        if right == HEADER:
            return held
        return held.eligible(*managers_known(self._held, project))

    def _holds(self, project: Project, right: Right, amount: Decimal | None = None) -> bool:
        object_type, letter = right
        held = self._counted(project, right)
        scopes = project_scopes(project)
        if right == HEADER:
            return held.allows(object_type, letter, scopes)
        return held.allows(object_type, letter, scopes, amount=amount) or (
            self._directs(held, scopes) and not self._somebody_approves(project, right, scopes)
        )

    @staticmethod
    def _directs(held: Grants, scopes: Iterable[Scope]) -> bool:
        within = set(scopes)
        return any(
            grant.role is Role.DIR
            and grant.letters is None
            and (grant.scope_type, grant.scope_id) in within
            for grant in held.grants
        )

    def _somebody_approves(self, project: Project, right: Right, scopes: Iterable[Scope]) -> bool:
        key = (project.office_id, right)
        if key not in self._approvers:
            self._approvers[key] = _approvers(project.office_id, right)
        found = self._approvers[key]
        barred = {project.pm_id, self._user_id}
        barred |= {person for scope in scopes for person in found.managers.get(scope, ())}
        return any(found.approvers.get(scope, set()) - barred for scope in scopes)


class _Holders(NamedTuple):
    """Who approves, and who manages, by where the role is held."""

    approvers: Mapping[Scope, set[int]]
    managers: Mapping[Scope, set[int]]


def _approvers(office_id: int, right: Right) -> _Holders:
    roles = {role for role, _ in roles_with(*right)}
    rows = RoleAssignment.objects.valid_on(clock.today()).filter(
        role__in=roles | {Role.PM}, office_id__in=(office_id, 0), person__is_active=True
    )
    found = _Holders(defaultdict(set), defaultdict(set))
    for role, kind, at, person_id in rows.values_list(
        "role", "scope_type", "scope_id", "person_id"
    ):
        if role in roles:
            found.approvers[kind, at].add(person_id)
        if role == Role.PM:
            found.managers[kind, at].add(person_id)
    return found


def _amount(before: object, after: object) -> Decimal | None:
    """What a change of money decides on: the larger of the two amounts."""
    amounts = [abs(value) for value in (before, after) if isinstance(value, Decimal)]
    return max(amounts, default=None)


def approving_roles(name: str) -> str:
    """The roles that change an approved value, in words; nothing for a field of the header."""
    if name not in APPROVED:
        return ""
    return ", ".join(dict.fromkeys(role_words(role) for role, _ in roles_with(*APPROVED[name])))


def require_reason(project: Project, changes: Mapping[str, object], reason: str) -> None:
    """Raises Invalid where an approved value would be replaced without a reason."""
    names = [name for name in APPROVED if name in changes and getattr(project, name) is not None]
    if names and not reason.strip():
        labels = " and ".join(APPROVED_LABELS[name] for name in names)
        message = f"Say why the {labels} of project {project.code} changes."
        raise Invalid("projects.reason", message, fields={"reason": message})
