# SPDX-License-Identifier: Apache-2.0
"""Projects as snapshots say they stood on a day, for a list of them.

Filtering, ordering and adding up happen on these rows in Python: money stays exact and both
databases give the same list. An office has hundreds of projects, not millions.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import DateField, Q, QuerySet, Value

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import manager_until
from pilothouse.delivery.projects.rules import OPEN_STATES, ProjectSight, phase_of
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.queries import Stamped
from pilothouse.direction.performance.rules import over_by, over_pct, stated_gap
from pilothouse.direction.portfolio.columns import STATE_CHOICES
from pilothouse.engine.health import DIMENSIONS
from pilothouse.foundation.core.prepared import prepared

STALE_AFTER_DAYS = 35
SEVERITY = {"red": 3, "amber": 2, "grey": 1, "green": 0}
_RANK = {"green": 0, "amber": 1, "red": 2}
_STATES = tuple(STATE_CHOICES)
_TOLD_BY_PHASE = ("initiating", "planning", "executing", "closing", "cancelled")
_PHASES = ("Initiation", "Planning", "Execution", "Closing", "Benefits", "Cancelled")


class Listed(NamedTuple):
    """One project as its snapshot of the day says.

    First where the project stands today, as ``Placed`` has it, and what else the register says,
    the columns of ``REGISTER``; then the snapshot's own.
    """

    project_id: int
    office_id: int
    now_unit_path: str
    now_portfolio_path: str
    now_programme_id: int | None
    classification: str
    code: str
    portfolio_name: str
    portfolio_path: str
    unit_name: str
    programme_name: str | None
    now_pm_id: int | None
    now_pm_name: str | None
    now_pm_until: date | None

    status_date: date
    kind: str
    source: str
    name: str
    state: str
    project_type: str
    owner_name: str
    portfolio_id: int
    programme_id: int | None
    currency: str
    planned_start: date | None
    forecast_finish: date | None
    baseline_start: date | None
    baseline_finish: date | None
    slip_days: int | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    bac: Decimal | None
    eac: Decimal | None
    benefits_forecast: Decimal | None
    next_milestone: str
    next_milestone_on: date | None
    percent_complete: Decimal | None
    data_as_of: date | None
    in_portfolio: bool
    severity: int
    overall: str
    schedule: str
    cost: str
    scope: str
    benefits: str
    risk: str
    resources: str
    stated: str
    stated_label: str
    previous_overall: str
    previous_stated: str
    custom: dict[str, Any]

    @property
    def publication(self) -> str:
        """The source as a whole: what stands in its brackets is where inside the project stands."""
        return self.source.partition(" (")[0]

    @property
    def phase(self) -> str:
        return phase_of(self.state)

    @property
    def phase_number(self) -> int:
        return _PHASES.index(phase_of(self.state))

    @property
    def ended(self) -> bool:
        """Whether it is closed, cancelled or no longer in the portfolio: nothing runs any more."""
        return self.state not in OPEN_STATES or not self.in_portfolio

    @property
    def state_number(self) -> int:
        return _STATES.index(self.state)

    @property
    def state_told(self) -> str:
        """The state in words, and whether the project has left the portfolio."""
        return STATE_CHOICES[self.state] + (
            "" if self.in_portfolio else ", no longer in the portfolio"
        )

    @property
    def beside_phase(self) -> str:
        """The state in words where it says more than the phase does."""
        return "" if self.in_portfolio and self.state in _TOLD_BY_PHASE else self.state_told

    @property
    def stated_severity(self) -> int:
        return SEVERITY.get(self.stated, 1)

    @property
    def trend(self) -> str:
        """up, down, same, or nothing where there is no earlier colour."""
        return trend(self.previous_stated, self.stated) or trend(
            self.previous_overall, self.overall
        )

    @property
    def trend_number(self) -> int | None:
        return {"down": 2, "same": 1, "up": 0}.get(self.trend)

    @property
    def owner(self) -> tuple[int | None, str]:
        """The manager: who it is where today's is meant, else no more than the name is known."""
        known = self.now_pm_id if self.owner_name == self.now_pm_name else None
        return known, self.owner_name

    @property
    def owner_until(self) -> date | None:
        """Until when the manager held the role, where it has ended and nobody followed."""
        return self.now_pm_until if self.owner_name == self.now_pm_name else None

    @property
    def variance(self) -> Decimal | None:
        """What it is to cost above what it may; positive is over."""
        return over_by(self)

    @property
    def variance_pct(self) -> Decimal | None:
        """The same in percent of what it may cost; none of nothing."""
        return over_pct(self)

    @property
    def slip_pct(self) -> Decimal | None:
        """Slip in percent of the approved duration."""
        if self.slip_days is None or self.baseline_start is None or self.baseline_finish is None:
            return None
        length = (self.baseline_finish - self.baseline_start).days
        return Decimal(100 * self.slip_days) / length if length > 0 else None

    @property
    def disagrees(self) -> bool:
        """The figures say another colour than the stated one, and both are rated."""
        if self.stated == self.overall or self.stated not in _RANK or self.overall not in _RANK:
            return False
        return bool(stated_gap(self.overall, self.stated, [getattr(self, d) for d in DIMENSIONS]))

    def age_days(self, day: date) -> int | None:
        return (day - self.data_as_of).days if self.data_as_of else None

    def is_stale(self, day: date) -> bool:
        """Whether newer data are due; none are of what has ended."""
        if self.ended or self.data_as_of is None:
            return False
        return self.data_as_of < day - timedelta(STALE_AFTER_DAYS)


REGISTER = (
    "project_id",
    "project__office_id",
    "project__portfolio__org_unit__path",
    "project__portfolio__path",
    "project__programme_id",
    "project__classification",
    "project__code",
    "portfolio__name",
    "portfolio__path",
    "portfolio__org_unit__name",
    "programme__name",
    "project__pm_id",
    "project__pm__full_name",
    "pm_until",
)
_OWN = Stamped(
    *({"currency": "currency_code"}.get(name, name) for name in Listed._fields[len(REGISTER) :])
)


class Then(NamedTuple):
    """The colours of a project at the last publication."""

    project_id: int
    overall: str
    stated: str


def trend(before: str, now: str) -> str:
    """up, down, same, or nothing where one of the two is not rated."""
    if before not in _RANK or now not in _RANK:
        return ""
    if _RANK[now] == _RANK[before]:
        return "same"
    return "up" if _RANK[now] < _RANK[before] else "down"


Held = tuple[tuple[int | None, date | None], ...]
"""(office, day): the snapshots that held on that day in that office; None means any, and latest."""


def held_on(held: Held) -> Q:
    """Condition for the snapshots that held on these days."""
    condition = Q()
    for office, day in held:
        valid = Q(valid_to=None)
        if day is not None:
            valid = Q(valid | Q(valid_to__gt=day), status_date__lte=day)
        condition |= valid if office is None else Q(valid, office_id=office)
    return condition


@prepared
def _rows(
    sight: ProjectSight | None,
    held: Held,
    states: tuple[str, ...],
    columns: tuple[str, ...],
    today: date | None = None,
) -> QuerySet[PerformanceSnapshot, tuple[Any, ...]]:
    rows = PerformanceSnapshot.objects.filter(held_on(held))
    if "pm_until" in columns:
        nothing = Value(None, DateField())
        rows = rows.annotate(
            pm_until=manager_until(today, "project__") if today is not None else nothing
        )
    if sight is not None:
        rows = rows.filter(project_id__in=Project.objects.filter(sight.condition()).values("pk"))
    if states:
        rows = rows.filter(state__in=states, in_portfolio=True)
    return rows.order_by().values_list(*columns)


def listed(
    sight: ProjectSight | None, held: Held, closed_too: bool = False, today: date | None = None
) -> list[Listed]:
    """Projects that may be read today as they stood then, open ones only unless asked otherwise.

    With ``today`` it is said of each manager until when they were, where the role has ended.
    One that left the portfolio stands as it was last published, with the day of its data.
    """
    states = () if closed_too else OPEN_STATES
    rows = _rows(sight, held, states, ("pk", "stamp", *REGISTER), today)
    own = _OWN.of(row[:2] for row in rows)
    return [Listed(*row[2:], *own[row[0]]) for row in rows if row[0] in own]


def colours_then(sight: ProjectSight | None, held: Held) -> dict[int, Then]:
    """Colours of the open projects of an earlier day by project."""
    rows = _rows(sight, held, OPEN_STATES, ("project_id", "overall", "stated"))
    return {row[0]: Then(*row) for row in rows}
