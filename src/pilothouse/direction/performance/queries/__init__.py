# SPDX-License-Identifier: Apache-2.0
"""Reads over snapshots: the colour of portfolios and programmes, thresholds and their effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.projects.rules import (
    ACTIVE_STATES,
    OPEN_STATES,
    Placed,
    projects_with,
    visible_projects,
)
from pilothouse.direction.performance.colours import rated_again, rolled_up
from pilothouse.direction.performance.models import PerformanceSnapshot, ThresholdPolicy
from pilothouse.engine.errors import EngineError
from pilothouse.engine.health import DEFAULT_POLICY, DIMENSIONS, Policy, policy_from_data
from pilothouse.engine.health.rating import PolicyData
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.organisation.models import OrgUnit

COLOURS = ("red", "amber", "green", "grey")
READ_AT_ONCE = 500
KEPT = 4_000
"""Snapshots that a process keeps of each set of columns."""

Key = tuple[int, int]
"""Key and stamp. Computed anew, a snapshot bears another stamp: what is kept is never old."""


@dataclass(frozen=True, slots=True)
class Part:
    """One colour's share of what the active projects may cost, where all may be read."""

    colour: str
    count: int
    budget: Decimal | None
    share_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Rolled:
    """The colour of the whole or of one dimension, its reason and its shares."""

    name: str
    colour: str
    reason: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class RollUp:
    """Health of a portfolio or programme by R-RUP-01, from the latest snapshots."""

    currency: str
    rolled: list[Rolled]
    projects: list[PerformanceSnapshot]
    active: int
    on_hold: int
    ended: int
    without_budget: int
    other_currency: int
    oldest: date | None


def roll_up_of(actor: Actor, place: Portfolio | Programme) -> RollUp:
    """Roll up what the actor may see; on-hold and ended projects are counted, not weighed.

    Budgets in another currency than the portfolio's have no weight, for no exchange rate is
    kept: they are counted and named.
    """
    rows = _rows_in(actor, place)
    readable = _budgets_readable(actor, rows)
    currency = place.currency_id if isinstance(place, Portfolio) else place.portfolio.currency_id
    active = [row for row in rows if row.state in ACTIVE_STATES]
    told = all(row.project_id in readable for row in active)
    rolled = [_rolled(name, active, currency, told) for name in ("overall", *DIMENSIONS)]
    without = sum(not row.weight for row in active)
    others = sum(bool(row.weight) and row.currency_code != currency for row in active)
    for row in active:
        if row.project_id not in readable:
            row.budget = row.bac = None
    return RollUp(
        currency=currency,
        rolled=rolled,
        projects=active,
        active=len(active),
        on_hold=sum(row.state == "on_hold" for row in rows),
        ended=sum(row.state not in OPEN_STATES for row in rows),
        without_budget=without,
        other_currency=others,
        oldest=min((row.data_as_of for row in active if row.data_as_of), default=None),
    )


def _rows_in(actor: Actor, place: Portfolio | Programme) -> list[PerformanceSnapshot]:
    rows: QuerySet[PerformanceSnapshot] = PerformanceSnapshot.objects.filter(
        valid_to=None,
        in_portfolio=True,
        project__in=visible_projects(actor).values("pk"),
    )
    if isinstance(place, Portfolio):
        inside = Q(portfolio__path__gte=place.path, portfolio__path__lt=place.path + "~")
    else:
        inside = Q(programme=place)
    return list(
        rows.filter(inside)
        .select_related("project__portfolio__org_unit")
        .order_by("-severity", "name")
    )


def _budgets_readable(actor: Actor, rows: list[PerformanceSnapshot]) -> frozenset[int]:
    """Projects whose budget the matrix opens to the actor."""
    places = [
        Placed(
            row.project_id,
            row.office_id,
            row.project.portfolio.org_unit.path,
            row.project.portfolio.path,
            row.project.programme_id,
            row.project.classification,
        )
        for row in rows
    ]
    return projects_with(grants_of(actor), "R", places, "budget")


def _rolled(name: str, rows: list[PerformanceSnapshot], currency: str, told: bool) -> Rolled:
    weighed: list[tuple[Decimal, str, bool]] = []
    sums = dict.fromkeys(COLOURS, Decimal(0))
    counts = dict.fromkeys(COLOURS, 0)
    for row in rows:
        weight = Decimal(0)
        if row.currency_code == currency and row.weight is not None and row.weight > 0:
            weight = row.weight
        colour = getattr(row, name)
        weighed.append((weight, colour, row.strategic_critical))
        sums[colour] += weight
        counts[colour] += 1
    whole = rolled_up(weighed)
    total = sum(sums.values(), Decimal(0))
    parts = [
        Part(
            colour,
            counts[colour],
            sums[colour] if told else None,
            100 * sums[colour] / total if total and told else None,
        )
        for colour in COLOURS
    ]
    return Rolled(name, str(whole.colour), whole.reason, parts)


def policies_of(office: OrgUnit) -> list[ThresholdPolicy]:
    """All thresholds an office ever set, newest first."""
    return list(ThresholdPolicy.objects.filter(office=office).select_related("created_by"))


def require_latest(office: OrgUnit, number: int) -> None:
    """Raise Conflict unless these are still the last thresholds that an office set."""
    rows = policies_of(office)
    latest = rows[0].number if rows else 0
    if number != latest:
        who = f" ({rows[0].created_by or 'the system'}: {rows[0].reason})" if rows else ""
        raise Conflict(
            "core.stale",
            f"Somebody else set thresholds {latest} for {office} in the meantime{who}. "
            "Compare and set again.",
        )


def checked_policy(data: PolicyData) -> Policy:
    """Thresholds as the engine accepts them. Raises: Invalid by metric."""
    try:
        return policy_from_data(0, data)
    except EngineError as error:
        fields = dict.fromkeys(error.places, error.message)
        raise Invalid(error.code, error.message, fields=fields) from error


def policy_of(row: ThresholdPolicy | None) -> Policy:
    """A kept policy, or the built-in one where none was set."""
    return DEFAULT_POLICY if row is None else policy_from_data(row.number, row.rules)


@dataclass(frozen=True, slots=True)
class ColourChange:
    """A project that other thresholds would show in another colour."""

    project_id: int
    code: str
    name: str
    before: str
    after: str
    dimensions: list[tuple[str, str, str]]


def preview_policy(actor: Actor, office: OrgUnit, policy: Policy) -> list[ColourChange]:
    """Which open projects would change a colour; computed from the metrics of the snapshots."""
    rows = PerformanceSnapshot.objects.filter(
        valid_to=None,
        kind="live",
        in_portfolio=True,
        office_id=office.pk,
        state__in=OPEN_STATES,
        project__in=visible_projects(actor).values("pk"),
    )
    found: list[ColourChange] = []
    for row in rows.select_related("project").order_by("name"):
        after = rated_again(row.reasons, policy)
        changed = [
            (name, getattr(row, name), after[name])
            for name in DIMENSIONS
            if getattr(row, name) != after[name]
        ]
        if changed or after["overall"] != row.overall:
            found.append(
                ColourChange(
                    row.project_id,
                    row.project.code,
                    row.name,
                    row.overall,
                    after["overall"],
                    changed,
                )
            )
    return found


def published_states(office_id: int) -> dict[tuple[int, date], str]:
    """(Project, status date) → the state it was published in."""
    rows = PerformanceSnapshot.objects.filter(office_id=office_id, kind="published")
    return {
        (project, day): state
        for project, day, state in rows.values_list("project_id", "status_date", "state")
    }


class Stamped:
    """Some columns of snapshots, read once for each time that a snapshot is computed.

    Only what ``fill`` writes may be among them. What is given out must not be changed.
    """

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        self._known: dict[Key, tuple[Any, ...]] = {}

    def of(self, keys: Iterable[Key]) -> dict[int, tuple[Any, ...]]:
        """Key of a snapshot → its columns; one that is gone meanwhile is left out."""
        found: dict[int, tuple[Any, ...]] = {}
        missing: list[int] = []
        for key in keys:
            values = self._known.get(key)
            if values is None:
                missing.append(key[0])
            else:
                found[key[0]] = values
        if len(self._known) + len(missing) > KEPT:
            self._known.clear()
        for start in range(0, len(missing), READ_AT_ONCE):
            part = PerformanceSnapshot.objects.filter(pk__in=missing[start : start + READ_AT_ONCE])
            for row in part.order_by().values_list("pk", "stamp", *self.columns):
                found[row[0]] = self._known[row[:2]] = row[2:]
        return found
