# SPDX-License-Identifier: Apache-2.0
"""The cockpit of the office: worst first what is in breach, who must act, what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pilothouse.delivery.dependencies.queries import bonds_in_breach
from pilothouse.delivery.dependencies.rules import OBJECT as BOND
from pilothouse.delivery.projects.queries import Tenures
from pilothouse.delivery.projects.rules import HEADER_ROLES, counted_on
from pilothouse.direction.portfolio.cockpit_bonds import of_bonds
from pilothouse.direction.portfolio.cockpit_changes import Changed, changes_since
from pilothouse.direction.portfolio.cockpit_checks import (
    ACT,
    KINDS,
    SEVERITIES,
    Breach,
    Reach,
    Rhythm,
    Told,
    acting_on,
    of_project,
    of_publications,
    of_roles,
    rhythm_of,
)
from pilothouse.direction.portfolio.cockpit_facts import Fact, assignments, facts, publications
from pilothouse.direction.portfolio.project_figures import Sight
from pilothouse.direction.portfolio.project_page import sight_of
from pilothouse.direction.portfolio.queries.rows import STALE_AFTER_DAYS
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.queries import (
    Memory,
    beginnings,
    office_ids,
    require_remembered,
)

PAGE_SIZE = 40
NOBODY = "nobody"
CHANGES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the cockpit asks for."""

    since: date
    kind: str = ""
    portfolio: int | None = None
    owner: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who must act: how many lines, how many of them now."""

    name: str
    lines: int
    act: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the data in sight are."""

    week: int
    allowed: int
    older: int
    never: int
    published: int


@dataclass(frozen=True, slots=True)
class Cockpit:
    """All that the page shows."""

    asked: Asked
    lines: tuple[Breach, ...]
    total: int
    all_lines: int
    page: int
    pages: int
    by_severity: tuple[tuple[int, str, int], ...]
    kinds: tuple[tuple[str, str, int], ...]
    portfolios: tuple[tuple[int, str, int], ...]
    owners: tuple[Owner, ...]
    changes: tuple[Changed, ...]
    more_changes: int
    freshness: Freshness
    rhythms: tuple[Rhythm, ...]
    projects: int
    stale_after: int
    attributions: tuple[str, ...]


def parse_asked(data: Mapping[str, str], today: date) -> Asked:
    """Read the query string; a malformed value is an error that names it."""
    since = today - timedelta(days=1)
    if text := data.get("since", ""):
        try:
            since = date.fromisoformat(text)
        except ValueError:
            raise Invalid(
                "portfolio.since",
                f"‘{text[:40]}’ is no date; write it as 2026-09-30.",
                fields={"since": "Not a date."},
            ) from None
        if since >= today:
            raise Invalid(
                "portfolio.since",
                f"Nothing can have changed since {written(since)}; choose a day before today.",
                fields={"since": "Not before today."},
            )
    kind = data.get("kind", "")
    return Asked(
        since=since,
        kind=kind if kind in KINDS else "",
        portfolio=_number(data, "portfolio"),
        owner=data.get("owner", "").replace("\0", "")[:200],
        page=_number(data, "page") or 1,
    )


def _number(data: Mapping[str, str], name: str) -> int | None:
    text = data.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise Invalid("portfolio.filter", f"‘{text[:40]}’ is no valid value for {name}.")
    return int(text)


def cockpit(actor: Actor, asked: Asked, today: date, size: int = PAGE_SIZE) -> Cockpit:
    """The cockpit in a fixed number of queries whatever the number of projects.

    It holds one page of ``size`` lines; a page too far is the last one. Raises: Invalid for changes
    since a day before what is kept of an office in sight begins.
    """
    grants = grants_of(actor)
    if asked.since < today - timedelta(days=1):
        offices = office_ids(actor, grants)
        require_remembered(asked.since, beginnings(offices, asked.since, *Memory), "since")
    rows = facts(actor, grants)
    sights = _sights(grants)
    rhythms = _rhythms(rows)
    every = breaches(rows, grants, sights, rhythms, today)
    shown = [line for line in every if _matches(line, asked)]
    pages = max(1, -(-len(shown) // size))
    page = min(asked.page, pages)
    changes = changes_since(rows, asked.since, sights)
    return Cockpit(
        asked=asked,
        lines=tuple(shown[(page - 1) * size : page * size]),
        total=len(shown),
        all_lines=len(every),
        page=page,
        pages=pages,
        by_severity=tuple(
            (number, label, sum(1 for line in shown if line.severity == number))
            for number, label in SEVERITIES.items()
        ),
        kinds=tuple(
            (kind, label, sum(1 for line in every if line.kind == kind))
            for kind, label in KINDS.items()
        ),
        portfolios=_portfolios(every),
        owners=_owners(shown),
        changes=changes[:CHANGES_SHOWN],
        more_changes=max(0, len(changes) - CHANGES_SHOWN),
        freshness=_freshness(rows, today),
        rhythms=rhythms,
        projects=len(rows),
        stale_after=STALE_AFTER_DAYS,
        attributions=tuple(dict.fromkeys(row.attribution for row in rows if row.attribution)),
    )


def breaches(
    rows: Sequence[Fact],
    grants: Grants,
    sights: Callable[[Fact], Sight],
    rhythms: Sequence[Rhythm],
    today: date,
) -> list[Breach]:
    """Every line, the worst first: severity, strategic projects, the longest standing."""
    roles = assignments(rows, today)
    tenures = Tenures(roles, today)
    found: list[Breach] = []
    places: dict[Scope, Fact] = {}
    told: set[Told] = set()
    for row in rows:
        scopes = row.scopes
        staff = tenures.staff(row, scopes)
        acting = acting_on(row, staff.lapsed)
        for scope in scopes:
            places.setdefault(scope, acting)
        if sights(row).roles and not row.published:
            told |= {
                (scopes[-1], HEADER_ROLES[field], was.person) for field, was in staff.lapsed.items()
            }
        reach = _reach(counted_on(grants, row.project_id, row.classification), scopes)
        found += of_project(acting, sights(row), reach, staff, today)
    found += _bonds(rows, grants, today)
    found += of_roles(roles, places, told, grants, today)
    found += of_publications(rhythms, today)
    return sorted(
        found,
        key=lambda line: (
            -line.severity,
            not line.strategic,
            line.since or today,
            line.project,
            line.kind,
            line.sentence,
        ),
    )


def _bonds(rows: Sequence[Fact], grants: Grants, today: date) -> Iterator[Breach]:
    facts = {row.project_id: row for row in rows}

    def may(row: Fact) -> bool:
        held = counted_on(grants, row.project_id, row.classification)
        return held.allows(BOND, "R", row.scopes)

    return of_bonds(bonds_in_breach({row.office_id for row in rows}, today), facts, may, today)


def _sights(grants: Grants) -> Callable[[Fact], Sight]:
    """What the actor may know inside each project, asked once per project."""
    known: dict[int, Sight] = {}

    def sight(row: Fact) -> Sight:
        if row.project_id not in known:
            held = counted_on(grants, row.project_id, row.classification)
            known[row.project_id] = sight_of(held, row.scopes)
        return known[row.project_id]

    return sight


def _reach(grants: Grants, scopes: Sequence[Scope]) -> Reach:
    return Reach(
        edit=grants.allows("project", "U", scopes), plan=grants.allows("task", "R", scopes)
    )


def _rhythms(rows: Sequence[Fact]) -> tuple[Rhythm, ...]:
    names = {row.office_id: row.office for row in rows}
    return tuple(
        rhythm_of(
            names[office_id],
            sum(1 for row in rows if row.office_id == office_id and row.published),
            days,
        )
        for office_id, days in publications(rows).items()
    )


def _matches(line: Breach, asked: Asked) -> bool:
    return (
        (not asked.kind or line.kind == asked.kind)
        and (asked.portfolio is None or line.portfolio_id == asked.portfolio)
        and (not asked.owner or (line.owner or NOBODY) == asked.owner)
    )


def _portfolios(lines: Sequence[Breach]) -> tuple[tuple[int, str, int], ...]:
    counts: dict[tuple[str, int], int] = {}
    for line in lines:
        if line.portfolio_id is not None:
            key = (line.portfolio, line.portfolio_id)
            counts[key] = counts.get(key, 0) + 1
    return tuple((pk, name, count) for (name, pk), count in sorted(counts.items()))


def _owners(lines: Sequence[Breach]) -> tuple[Owner, ...]:
    counts: dict[str, list[int]] = {}
    for line in lines:
        entry = counts.setdefault(line.owner or NOBODY, [0, 0])
        entry[0] += 1
        entry[1] += line.severity == ACT
    owners = [Owner(name, lines, act) for name, (lines, act) in counts.items()]
    return tuple(sorted(owners, key=lambda owner: (-owner.act, -owner.lines, owner.name)))


def _freshness(rows: Sequence[Fact], today: date) -> Freshness:
    kept = [row for row in rows if not row.published]
    ages = [(today - row.data_as_of).days for row in kept if row.data_as_of is not None]
    return Freshness(
        week=sum(1 for age in ages if age <= 7),
        allowed=sum(1 for age in ages if 7 < age <= STALE_AFTER_DAYS),
        older=sum(1 for age in ages if age > STALE_AFTER_DAYS),
        never=len(kept) - len(ages),
        published=len(rows) - len(kept),
    )
