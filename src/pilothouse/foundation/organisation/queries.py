# SPDX-License-Identifier: Apache-2.0
"""Reads of units and what hangs on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.organisation.iso import CURRENCIES
from pilothouse.foundation.organisation.models import (
    STEP,
    CustomField,
    FormerUnitPlace,
    Membership,
    OrgUnit,
    ids_of_path,
)


def unit_scopes(unit: OrgUnit) -> list[Scope]:
    """All scopes that contain a unit."""
    return [
        ("global", 0),
        ("office", unit.office_id),
        *(("org_unit", number) for number in ids_of_path(unit.path)),
    ]


def office_ids(actor: Actor, grants: Grants | None = None) -> list[int] | None:
    """Offices in which the actor holds any role; None means all of them."""
    held = grants or grants_of(actor)
    if held.everything or any(grant.scope_type == "global" for grant in held.grants):
        return None
    return sorted(held.offices)


def visible_units(actor: Actor, grants: Grants | None = None) -> QuerySet[OrgUnit]:
    """Units of the offices in which the actor holds a role (R* in the matrix for every role)."""
    offices = office_ids(actor, grants)
    if offices is None:
        return OrgUnit.objects.all()
    return OrgUnit.objects.filter(office_id__in=offices)


def units_kept(actor: Actor, grants: Grants | None = None) -> list[OrgUnit]:
    """Units that the actor may change, hence whose people they keep."""
    held = grants or grants_of(actor)
    return [
        unit
        for unit in visible_units(actor, held)
        if held.allows("org_unit", "U", unit_scopes(unit))
    ]


def may_set_for_everybody(actor: Actor, grants: Grants | None = None) -> bool:
    """A system administrator, or whoever keeps every organisation: it holds for all."""
    held = grants or grants_of(actor)
    offices = list(OrgUnit.objects.filter(parent=None))
    return actor.is_system_admin or (
        bool(offices) and all(held.allows("org_unit", "U", unit_scopes(row)) for row in offices)
    )


def get_unit(actor: Actor, unit_id: int) -> OrgUnit:
    """One visible unit, or NotFound."""
    unit = visible_units(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotFound("organisation.unit", "There is no such unit.")
    return unit


def people_of_offices(offices: Iterable[int]) -> QuerySet[User]:
    """Everybody with a place or a role in these offices, today or earlier."""
    ids = list(offices)
    roles = RoleAssignment.objects.filter(office_id__in=ids, voided=False).values("person_id")
    return User.objects.filter(Q(membership__org_unit__office_id__in=ids) | Q(pk__in=roles))


def office_people(office_id: int) -> QuerySet[User]:
    """Active people of an office: who may be named on what belongs to it."""
    return people_of_offices([office_id]).filter(is_active=True)


class PeopleSight(NamedTuple):
    """All that decides which people are in sight; a value, so that reads can be prepared.

    ``offices`` are those whose people are seen, ``known`` those whose people's addresses are
    seen too; None means every account.
    """

    offices: frozenset[int] | None
    known: frozenset[int] | None
    user_id: int | None

    def rows(self) -> QuerySet[User]:
        """The people in sight."""
        return User.objects.filter(self._in(self.offices))

    def known_condition(self) -> Q:
        """People whose mail address may be seen."""
        return self._in(self.known)

    def named(self, text: str) -> QuerySet[User]:
        """People in sight by a part of the name, or of an address that may be seen."""
        by_address = self.known_condition() & Q(email__icontains=text)
        return self.rows().filter(Q(full_name__icontains=text) | by_address)

    def _in(self, offices: frozenset[int] | None) -> Q:
        if offices is None:
            return ~Q(pk__in=[])
        return Q(pk__in=people_of_offices(offices).values("pk")) | Q(pk=self.user_id)


def people_sight(actor: Actor, grants: Grants | None = None) -> PeopleSight:
    """People of the actor's offices and the actor; every account for a system administrator.

    An address is for those who may read people as *resource* (DOMAIN 1.4) in an office; a team
    member reads only the own record of it. A system administrator keeps the accounts.
    """
    held = grants or grants_of(actor)
    if actor.is_system_admin:
        return PeopleSight(None, None, actor.user_id)
    offices = office_ids(actor, held)
    return PeopleSight(
        None if offices is None else frozenset(offices),
        held.offices_with("resource", "R"),
        actor.user_id,
    )


def visible_people(actor: Actor, grants: Grants | None = None) -> QuerySet[User]:
    """People the actor sees."""
    return people_sight(actor, grants).rows()


def head_above(person_id: int | None) -> int | None:
    """Who heads the unit of a person, or the nearest one above that somebody else heads."""
    membership = Membership.objects.filter(person=person_id).select_related("org_unit").first()
    if person_id is None or membership is None:
        return None
    numbers = [int(part) for part in membership.org_unit.path.split("/") if part.isdecimal()]
    units = OrgUnit.objects.filter(pk__in=[*numbers, membership.org_unit_id])
    heads = {row.pk: row.head_id for row in units.filter(head__is_active=True)}
    above = [membership.org_unit_id, *reversed(numbers)]
    found = (heads.get(pk) for pk in above)
    return next((head for head in found if head is not None and head != person_id), None)


def subtree(unit: OrgUnit) -> Q:
    """Condition on ``path`` that holds for a unit and everything below it."""
    return Q(path__gte=unit.path, path__lt=unit.path + "~")


def custom_fields(
    office_id_list: list[int] | None, of: CustomField.Of = CustomField.Of.PROJECT
) -> QuerySet[CustomField]:
    """Active fields of projects, or of tasks, in these offices (None: all)."""
    rows = CustomField.objects.filter(is_active=True, of=of)
    return rows if office_id_list is None else rows.filter(office_id__in=office_id_list)


def unit_parents_on(day: date) -> dict[int, int]:
    """Unit → the unit above it on a day, for every unit that moved after that day (R-ORG-02)."""
    return dict(
        FormerUnitPlace.objects.filter(until__gt=day)
        .order_by("-until")
        .values_list("unit_id", "parent_id")
    )


class Memory(StrEnum):
    """What of an office's past may have been removed under its rules; each has a first day."""

    TRAIL = "trail_from"
    SNAPSHOTS = "snapshots_from"


_BEGINS = {
    Memory.TRAIL: "The trail of {office} begins on {day}",
    Memory.SNAPSHOTS: "The daily figures of {office} begin on {day}",
}


def require_remembered(
    day: date, began: Iterable[tuple[str, Memory, date | None]], name: str = "as_of"
) -> None:
    """Raise Invalid for a day that lies before what is kept of an office that is looked at.

    ``began`` are name, kind and first day of each; what has none is kept whole.
    """
    late = [(office, kind, first) for office, kind, first in began if first and day < first]
    if not late:
        return
    said = "; ".join(_BEGINS[kind].format(office=o, day=written(first)) for o, kind, first in late)
    last = max(first for _, _, first in late)
    raise Invalid(
        "organisation.not_kept",
        f"{said}; what was before was removed under its rule of retention. "
        f"Choose {written(last)} or a later day.",
        fields={name: f"Choose {written(last)} or a later day."},
    )


def beginnings(
    offices: Iterable[int] | None, day: date, *kinds: Memory
) -> list[tuple[str, Memory, date | None]]:
    """For ``require_remembered``: what of these offices (None: all) begins after a day."""
    late = Q(pk__in=[])
    for kind in kinds:
        late |= Q(**{f"{kind}__gt": day})
    rows = OrgUnit.objects.filter(late, parent=None).order_by("name")
    if offices is not None:
        rows = rows.filter(pk__in=list(offices))
    return [(row.name, kind, getattr(row, kind)) for row in rows for kind in kinds]


def offices_in_sight(actor: Actor, grants: Grants | None = None) -> QuerySet[OrgUnit]:
    """The roots among the units that the actor may see."""
    return visible_units(actor, grants).filter(parent=None).order_by("name")


def attributions(offices: Iterable[int]) -> list[str]:
    """Source and licence of the data of offices, where it is somebody else's."""
    rows = OrgUnit.objects.filter(pk__in=offices).exclude(attribution="").order_by("name")
    return list(rows.values_list("attribution", flat=True))


def unit_options(units: Iterable[OrgUnit]) -> list[tuple[str, str]]:
    """Choices of a form, indented by depth, in the order of the tree."""
    return [
        (str(unit.pk), "– " * (len(unit.path) // STEP - 1) + unit.name)
        for unit in sorted(units, key=lambda unit: unit.path)
    ]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One line of the tree of units; ``above`` is the unit that it stood below."""

    unit: OrgUnit
    above: int | None
    depth: int
    members: int
    closed: bool


def unit_rows(actor: Actor, day: date | None, grants: Grants | None = None) -> list[UnitRow]:
    """Units in sight in the order of the tree, as it is or as it was on a day (R-ORG-02)."""
    units = list(visible_units(actor, grants).select_related("head").order_by("name"))
    people = dict(
        Membership.objects.filter(org_unit__in=[unit.pk for unit in units])
        .values_list("org_unit")
        .annotate(Count("pk"))
        .order_by()
    )
    former = unit_parents_on(day) if day is not None else {}
    below: dict[int | None, list[OrgUnit]] = defaultdict(list)
    for unit in units:
        if day is None or unit.valid_from is None or unit.valid_from <= day:
            below[former.get(unit.pk, unit.parent_id)].append(unit)
    when = day or clock.today()
    rows: list[UnitRow] = []

    def walk(parent: int | None, depth: int) -> None:
        for unit in below[parent]:
            closed = unit.valid_to is not None and unit.valid_to < when
            rows.append(UnitRow(unit, parent, depth, people.get(unit.pk, 0), closed))
            walk(unit.pk, depth + 1)

    walk(None, 0)
    return rows


def offered_currencies() -> list[tuple[str, str]]:
    """Code and label of the currencies with which an office can be opened."""
    return [(code, f"{code} {name}") for code, (name, _) in CURRENCIES.items()]


def members_of(unit: OrgUnit) -> list[Membership]:
    """People whose unit this is."""
    rows = Membership.objects.filter(org_unit=unit, person__is_active=True)
    return list(rows.select_related("person").order_by("person__full_name"))
