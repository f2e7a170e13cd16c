# SPDX-License-Identifier: Apache-2.0
"""Projects as snapshots say they stood on a day. One read brings all that a list needs.

Filtering, ordering and adding up happen on these rows in Python: money stays exact and both
databases give the same list. An office has hundreds of projects, not millions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES, phase_of, project_condition
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor

STALE_AFTER_DAYS = 35
SEVERITY = {"red": 3, "amber": 2, "grey": 1, "green": 0}
_RANK = {"green": 0, "amber": 1, "red": 2}
_PHASES = ("Initiation", "Planning", "Execution", "Closing", "Benefits", "Cancelled")


class Listed(NamedTuple):
    """One project as its snapshot of the day says; the columns of ``SOURCE`` in order."""

    project_id: int
    office_id: int
    status_date: date
    kind: str
    source: str
    code: str
    name: str
    state: str
    project_type: str
    owner_name: str
    portfolio_id: int
    portfolio_name: str
    portfolio_path: str
    programme_id: int | None
    programme_name: str | None
    currency: str
    planned_start: date | None
    forecast_finish: date | None
    baseline_start: date | None
    baseline_finish: date | None
    slip_days: int | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    benefits_forecast: Decimal | None
    next_milestone: str
    next_milestone_on: date | None
    percent_complete: Decimal | None
    data_as_of: date | None
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
    now_portfolio_path: str
    now_unit_path: str
    now_programme_id: int | None
    classification: str

    @property
    def phase(self) -> str:
        return phase_of(self.state)

    @property
    def phase_number(self) -> int:
        return _PHASES.index(phase_of(self.state))

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
    def variance(self) -> Decimal | None:
        """Forecast above budget; positive is over."""
        if self.budget is None or self.forecast_cost is None:
            return None
        return self.forecast_cost - self.budget

    @property
    def variance_pct(self) -> Decimal | None:
        """Forecast above budget in percent of the budget; none without a budget."""
        over = self.variance
        return None if over is None or not self.budget else 100 * over / self.budget

    @property
    def slip_pct(self) -> Decimal | None:
        """Slip in percent of the approved duration."""
        if self.slip_days is None or self.baseline_start is None or self.baseline_finish is None:
            return None
        length = (self.baseline_finish - self.baseline_start).days
        return Decimal(100 * self.slip_days) / length if length > 0 else None

    @property
    def disagrees(self) -> bool:
        """The stated colour is another than the computed one, and both are rated."""
        return self.stated in _RANK and self.overall in _RANK and self.stated != self.overall

    def age_days(self, day: date) -> int | None:
        return (day - self.data_as_of).days if self.data_as_of else None

    def is_stale(self, day: date) -> bool:
        return self.data_as_of is not None and self.data_as_of < day - timedelta(STALE_AFTER_DAYS)


SOURCE = {
    "code": "project__code",
    "portfolio_name": "portfolio__name",
    "portfolio_path": "portfolio__path",
    "programme_name": "programme__name",
    "currency": "currency_code",
    "now_portfolio_path": "project__portfolio__path",
    "now_unit_path": "project__portfolio__org_unit__path",
    "now_programme_id": "project__programme_id",
    "classification": "project__classification",
}
_COLUMNS = tuple(SOURCE.get(name, name) for name in Listed._fields)


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


def snapshots_in_sight(actor: Actor, grants: Grants | None = None) -> QuerySet[PerformanceSnapshot]:
    """Snapshots of the projects that the actor may read today, of every day."""
    rows = PerformanceSnapshot.objects.filter(in_portfolio=True)
    condition = project_condition(actor, grants or grants_of(actor))
    if condition is not None:
        rows = rows.filter(project_id__in=Project.objects.filter(condition).values("pk"))
    return rows


def held_on(day: date | None) -> Q:
    """Condition for the snapshot that held on a day; None means the latest."""
    if day is None:
        return Q(valid_to=None)
    return Q(Q(valid_to=None) | Q(valid_to__gt=day), status_date__lte=day)


def listed(rows: QuerySet[PerformanceSnapshot], closed_too: bool = False) -> list[Listed]:
    """Read the rows, open projects only unless asked otherwise."""
    if not closed_too:
        rows = rows.filter(state__in=OPEN_STATES)
    found: Iterable[tuple[Any, ...]] = rows.order_by().values_list(*_COLUMNS)
    return [Listed._make(values) for values in found]


def colours_then(rows: QuerySet[PerformanceSnapshot]) -> dict[int, Then]:
    """Colours of the open projects of an earlier day by project."""
    found = rows.filter(state__in=OPEN_STATES).order_by()
    return {row[0]: Then(*row) for row in found.values_list("project_id", "overall", "stated")}
