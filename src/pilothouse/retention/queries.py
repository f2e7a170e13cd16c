# SPDX-License-Identifier: Apache-2.0
"""What an office keeps for how long, what would go next, what is held, and what went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import (
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.retention.held import Held, held_in
from pilothouse.retention.kinds import CLASSES, Class, first_kept
from pilothouse.retention.models import Kind, LegalHold, RetentionRule, RetentionRun
from pilothouse.retention.rules import can_hold, can_set_rule, get_office, visible_offices

RUNS_SHOWN = 10
RELEASED_SHOWN = 20
UNSEEN = "not in your sight"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a rule would remove if it were applied on a day."""

    first: date
    goes: int
    held: int


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One kind of data of an office: its rule, if it has one, and what that would remove next."""

    about: Class
    rule: RetentionRule | None
    outlook: Outlook | None

    @property
    def keep_months(self) -> int | None:
        return self.rule.keep_months if self.rule else None

    @property
    def version(self) -> int:
        """1 where no rule was ever set; the first one that is set is the second."""
        return self.rule.version if self.rule else 1


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold and the name of what it keeps, where the actor may see that."""

    hold: LegalHold
    label: str


@dataclass(frozen=True, slots=True)
class OfficePage:
    """All that the page of an office shows."""

    office: OrgUnit
    may_set: bool
    may_hold: bool
    rules: tuple[RuleLine, ...]
    holds: tuple[HoldLine, ...]
    released: tuple[HoldLine, ...]
    runs: tuple[RetentionRun, ...]

    @property
    def keeps_all(self) -> bool:
        return all(line.keep_months is None for line in self.rules)


def outlook(office: OrgUnit, about: Class, months: int | None, today: date) -> Outlook | None:
    """What a rule of so many months would remove; None for one that keeps for ever."""
    return None if months is None else _outlook(office.pk, about, months, today, held_in(office.pk))


def _outlook(office_id: int, about: Class, months: int, today: date, held: Held) -> Outlook:
    """Counted by the object that rows tell of, in one query: holds are judged by object."""
    first = first_kept(today, months)
    told = about.found(office_id, first).order_by().values_list("of_type", "of_id")
    goes = kept = 0
    for object_type, object_id, count in told.annotate(Count("pk")):
        if held.holds(object_type, object_id):
            kept += count
        else:
            goes += count
    return Outlook(first, goes, kept)


def rule_lines(office: OrgUnit, today: date) -> tuple[RuleLine, ...]:
    """Every kind of data with its rule and what that would remove on a day."""
    held = held_in(office.pk)
    rules = {row.kind: row for row in RetentionRule.objects.filter(office=office)}
    return tuple(
        _line(office, about, rules.get(about.kind), today, held) for about in CLASSES.values()
    )


def _line(
    office: OrgUnit, about: Class, rule: RetentionRule | None, today: date, held: Held
) -> RuleLine:
    months = rule.keep_months if rule else None
    told = None if months is None else _outlook(office.pk, about, months, today, held)
    return RuleLine(about, rule, told)


def get_class(kind: str) -> Class:
    """What a kind of data is, or NotFound."""
    if kind not in Kind.values:
        raise NotFound("retention.kind", "There is no such kind of data.")
    return CLASSES[Kind(kind)]


def rule_of(actor: Actor, office_id: int, kind: str, today: date) -> tuple[OrgUnit, RuleLine]:
    """One kind of data of an office whose rules may be read. Raises: NotFound, NotAllowed."""
    office = get_office(actor, office_id)
    about = get_class(kind)
    rule = RetentionRule.objects.filter(office=office, kind=about.kind).first()
    return office, _line(office, about, rule, today, held_in(office.pk))


def office_page(actor: Actor, office_id: int, today: date) -> OfficePage:
    """Rules, holds and runs of an office, in a fixed number of queries for any size of it.

    Raises: NotFound, NotAllowed.
    """
    grants = grants_of(actor)
    office = get_office(actor, office_id, grants)
    holds = hold_lines(actor, office, grants)
    return OfficePage(
        office,
        can_set_rule(actor, office, grants),
        can_hold(actor, office, grants),
        rule_lines(office, today),
        tuple(line for line in holds if line.hold.released_at is None),
        tuple(line for line in holds if line.hold.released_at is not None)[:RELEASED_SHOWN],
        tuple(RetentionRun.objects.filter(office=office)[:RUNS_SHOWN]),
    )


def hold_lines(actor: Actor, office: OrgUnit, grants: Grants | None = None) -> list[HoldLine]:
    """Every hold of an office, newest first, each with the name of its object if that is seen."""
    rows = LegalHold.objects.filter(office=office).select_related("created_by", "released_by")
    holds = list(rows)
    names = _names(actor, holds, grants or grants_of(actor))
    names[LegalHold.Scope.OFFICE, office.pk] = office.name
    return [HoldLine(row, names.get((row.scope_type, row.scope_id), UNSEEN)) for row in holds]


def _names(actor: Actor, holds: Iterable[LegalHold], grants: Grants) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {scope: set() for scope in LegalHold.Scope.values}
    for hold in holds:
        wanted[hold.scope_type].add(hold.scope_id)
    return {
        (scope, row.pk): str(row)
        for scope, rows in _seen(actor, grants)
        if wanted[scope]
        for row in rows.filter(pk__in=wanted[scope])
    }


def _seen(
    actor: Actor, grants: Grants
) -> Iterator[tuple[LegalHold.Scope, QuerySet[Portfolio | Programme | Project]]]:
    """What of the tree the actor sees, by the kind of hold that can stand against it."""
    yield LegalHold.Scope.PORTFOLIO, visible_portfolios(actor, grants)
    yield LegalHold.Scope.PROGRAMME, visible_programmes(actor, grants)
    yield LegalHold.Scope.PROJECT, visible_projects(actor, grants)


def get_hold(actor: Actor, hold_id: int) -> HoldLine:
    """A hold of an office whose rules the actor may read. Raises: NotFound, NotAllowed."""
    row = LegalHold.objects.select_related("office").filter(pk=hold_id).first()
    if row is None:
        raise NotFound("retention.hold", "There is no such legal hold.")
    try:
        office = get_office(actor, row.office_id)
    except NotFound:
        raise NotFound("retention.hold", "There is no such legal hold.") from None
    return next(line for line in hold_lines(actor, office) if line.hold.pk == row.pk)


def holdable(actor: Actor, office: OrgUnit) -> list[tuple[str, str]]:
    """Choices of a form: the office, and what of its tree the actor sees."""
    found = [(f"office:{office.pk}", f"{office.name}: everything")]
    for scope, rows in _seen(actor, grants_of(actor)):
        found += [
            (f"{scope}:{row.pk}", f"{scope.label}: {row}")
            for row in rows.filter(office_id=office.pk).order_by("code")
        ]
    return found


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """An office in the list of offices: which kinds it does not keep for ever, and open holds."""

    office: OrgUnit
    terms: tuple[tuple[str, int], ...]
    holds: int


def office_lines(actor: Actor) -> list[OfficeLine]:
    """Offices whose rules the actor may read, in three queries."""
    offices = visible_offices(actor)
    ids = [row.pk for row in offices]
    rules: dict[int, list[tuple[str, int]]] = {}
    for row in RetentionRule.objects.filter(office__in=ids).exclude(keep_months=None):
        rules.setdefault(row.office_id, []).append((row.get_kind_display(), row.keep_months or 0))
    open_holds: Mapping[int, int] = dict(
        LegalHold.objects.filter(office__in=ids, released_at=None)
        .order_by()
        .values_list("office_id")
        .annotate(Count("pk"))
    )
    return [
        OfficeLine(row, tuple(rules.get(row.pk, ())), open_holds.get(row.pk, 0)) for row in offices
    ]
