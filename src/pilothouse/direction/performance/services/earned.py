# SPDX-License-Identifier: Apache-2.0
"""Earned value of many projects: read at once, computed one by one, only what moved is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pilothouse.delivery.agile.queries import sprint_points
from pilothouse.delivery.finance.queries.at_work import ApprovedBudget, money_at_work, months_of
from pilothouse.delivery.finance.queries.available import Available, available_of
from pilothouse.delivery.finance.queries.forecasts import approved_forecasts
from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.delivery.planning.queries import promised_work
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.bridge import Trend
from pilothouse.direction.performance.bridge.earned import (
    ProjectValue,
    figures_kept,
    kept,
    trends_of,
    value_of,
)
from pilothouse.direction.performance.bridge.packages import Known, PointsDone
from pilothouse.direction.performance.models import (
    EarnedValuePoint,
    EarnedValueStatus,
    PackageMeasure,
    PackageValue,
)
from pilothouse.foundation.core import services as core

STATUS = [
    field.name
    for field in EarnedValueStatus._meta.concrete_fields
    if field.name not in {"id", "project"}
]
POINT = [
    *("position", "name", "first", "pv", "ev", "ac", "constant", "told", "status_date"),
    *("baseline_number", "plan_version"),
]
PACKAGE = [
    *("name", "method", "contour", "start", "finish", "bac", "pv", "ev", "ac", "constant"),
    *("percent", "reason", "notice"),
]


@dataclass(frozen=True, slots=True)
class Valued:
    """What health takes of the money of a project: its approved budget and its earned value."""

    budget: ApprovedBudget | None = None
    value: ProjectValue | None = None
    trends: tuple[Trend, ...] = ()
    available: Available | None = None
    forecast: tuple[int, Decimal] | None = None


def with_value(projects: QuerySet[Project]) -> QuerySet[Project]:
    """The same projects with what says whether earned value can be had, in the same query."""
    measured = PackageMeasure.objects.filter(project=OuterRef("pk"))
    priced = PlanBaseline.objects.filter(project=OuterRef("pk"), is_pmb=True, cost__gt=0)
    before = EarnedValueStatus.objects.filter(project=OuterRef("pk"))
    return projects.annotate(
        has_measure=Exists(measured), has_costs=Exists(priced), had_value=Exists(before)
    )


def valued_among(projects: Iterable[Project]) -> list[Project]:
    """Those whose earned value is computed: with a budget by finance, a priced baseline or a
    measure, or that had one before."""
    names = ("has_budget", "has_measure", "has_costs", "had_value")
    return [row for row in projects if any(vars(row).get(name) for name in names)]


def refresh_values(projects: Collection[Project], today: date) -> dict[int, Valued]:
    """What health takes of money, for those projects that have any."""
    foreseen = [row.pk for row in projects if vars(row).get("has_forecast")]
    forecasts = approved_forecasts(foreseen) if foreseen else {}
    found = refresh_earned(valued_among(projects), forecasts, today)
    for key, forecast in forecasts.items():
        found[key] = replace(found.get(key, Valued()), forecast=forecast)
    ordering = [row.pk for row in projects if vars(row).get("has_orders")]
    if ordering:
        for key, available in available_of(ordering, today).items():
            found[key] = replace(found.get(key, Valued()), available=available)
    return found


def refresh_earned(
    projects: Sequence[Project], forecasts: Mapping[int, tuple[int, Decimal]], today: date
) -> dict[int, Valued]:
    """Compute and keep the earned value of these projects, in constant queries.

    Writes: EarnedValueStatus, EarnedValuePoint, PackageValue; only rows that moved.
    """
    if not projects:
        return {}
    keys = [row.pk for row in projects]
    money, work = money_at_work(keys), promised_work(projects)
    months = months_of({row.office_id for row in projects})
    measures: dict[int, list[PackageMeasure]] = {}
    for row in PackageMeasure.objects.filter(project_id__in=keys):
        measures.setdefault(row.project_id, []).append(row)
    by_points = [
        key for key, rows in measures.items() if any(row.method == "points" for row in rows)
    ]
    points = sprint_points(by_points) if by_points else {}
    stored = _Stored(keys)
    found: dict[int, Valued] = {}
    for project in projects:
        own = money[project.pk]
        known = Known(
            today=today,
            currency=project.currency_id,
            top_down=project.budget,
            start=project.baseline_start or project.planned_start,
            finish=project.baseline_finish or project.planned_finish,
            money=own,
            work=work[project.pk],
            measures=measures.get(project.pk, ()),
            points={
                release: PointsDone(*values)
                for release, values in points.get(project.pk, {}).items()
            },
            months=months[project.office_id],
            told=stored.told(project.pk),
            agreed_cost=forecasts[project.pk][1] if project.pk in forecasts else None,
        )
        value = value_of(known)
        found[project.pk] = Valued(
            own.budget,
            value,
            tuple(Trend(*told) for told in trends_of(value)) if value else (),
        )
        stored.keep(project, known, value)
    stored.write()
    return found


class _Stored:
    """The kept rows of some projects, and what has to be written so that they say what is so."""

    def __init__(self, keys: Collection[int]) -> None:
        self._status = {
            row.project_id: row for row in EarnedValueStatus.objects.filter(project_id__in=keys)
        }
        self._points: dict[int, dict[date, EarnedValuePoint]] = {}
        for point in EarnedValuePoint.objects.filter(project_id__in=keys).order_by():
            self._points.setdefault(point.project_id, {})[point.last] = point
        self._packages: dict[int, dict[str, tuple[Any, ...]]] = {}
        rows = PackageValue.objects.filter(project_id__in=keys).order_by()
        for project, wbs, *values in rows.values_list("project_id", "wbs", "pk", *PACKAGE):
            self._packages.setdefault(project, {})[wbs] = tuple(values)
        self._new: list[models.Model] = []
        self._changed: dict[type[models.Model], list[models.Model]] = {}
        self._moved: list[Sequence[Any]] = []
        self._gone: dict[type[models.Model], list[int]] = {}

    def told(self, project: int) -> dict[date, Decimal]:
        """What was said to be earned by the end of each period."""
        rows = self._points.get(project, {}).values()
        return {row.last: row.ev for row in rows if row.told and row.ev is not None}

    def keep(self, project: Project, known: Known, value: ProjectValue | None) -> None:
        """Note what differs from what is kept."""
        if value is None:
            self._forget(project.pk)
            return
        self._keep_status(project, known, value)
        self._keep_points(project.pk, known, value)
        self._keep_packages(project.pk, value)

    def _forget(self, project: int) -> None:
        status = self._status.get(project)
        if status is not None:
            self._gone.setdefault(EarnedValueStatus, []).append(status.pk)
        points = [row.pk for row in self._points.get(project, {}).values()]
        self._gone.setdefault(EarnedValuePoint, []).extend(points)
        packages = [row[0] for row in self._packages.get(project, {}).values()]
        self._gone.setdefault(PackageValue, []).extend(packages)

    def _keep_status(self, project: Project, known: Known, value: ProjectValue) -> None:
        row = self._status.get(project.pk) or EarnedValueStatus(project=project)
        before = core.plain(row, STATUS) if row.pk else {}
        budget = known.money.budget
        totals = value.performance
        row.status_date = value.status_date
        row.source = value.source[:300]
        row.budget_number = None if budget is None else budget.number
        row.baseline_number = known.work.baseline_number
        row.plan_version = known.work.plan_version
        row.rates = (
            f"{project.currency_id}: planned and earned at the budget rate, cost at the rate of "
            "its posting"
        )
        row.currency_code = project.currency_id
        row.at = round(value.at, 4)
        row.periods = value.periods
        row.bac, row.pv = kept(totals.planned[-1]), kept(totals.planned_now or Decimal(0))
        row.ev, row.ac = kept(totals.earned[-1]), kept(totals.actual[-1])
        row.constant, row.outside = kept(value.constant), kept(value.outside)
        row.loe = kept(totals.loe)
        row.agreed_cost = known.agreed_cost
        row.to_complete = None if totals.to_complete is None else kept(totals.to_complete)
        row.figures = figures_kept(value.found)
        row.warnings, row.notices = value.warnings, value.notices
        self._note(row, before, STATUS, ignored={"computed_at"})

    def _keep_points(self, project: int, known: Known, value: ProjectValue) -> None:
        before = self._points.get(project, {})
        for place, point in enumerate(value.points, 1):
            row = before.get(point.month.last) or EarnedValuePoint(
                project_id=project, last=point.month.last
            )
            known_before = core.plain(row, POINT) if row.pk else {}
            row.position, row.name, row.first = place, point.month.name, point.month.first
            row.pv = kept(point.pv)
            row.ev, row.ac, row.constant = (
                None if amount is None else kept(amount)
                for amount in (point.ev, point.ac, point.constant)
            )
            row.told, row.status_date = point.told, value.status_date
            row.baseline_number = known.work.baseline_number
            row.plan_version = known.work.plan_version
            self._note(row, known_before, POINT)
        lasts = {point.month.last for point in value.points}
        gone = [row.pk for last, row in before.items() if last not in lasts]
        self._gone.setdefault(EarnedValuePoint, []).extend(gone)

    def _keep_packages(self, project: int, value: ProjectValue) -> None:
        before = self._packages.get(project, {})
        for found in value.packages:
            package = found.package
            values = (
                package.name[:500],
                found.measure.method,
                found.measure.contour,
                package.start.date(),
                package.finish.date(),
                kept(package.budget),
                kept(found.pv),
                min(kept(found.earned.value), kept(package.budget)),
                kept(found.ac),
                kept(found.constant),
                kept(found.earned.percent),
                found.earned.reason[:300],
                found.notice[:300],
            )
            known = before.get(package.code)
            if known is None:
                fields = dict(zip(PACKAGE, values, strict=True))
                self._new.append(PackageValue(project_id=project, wbs=package.code[:100], **fields))
            elif known[1:] != values:
                self._moved.append([*values, known[0]])
        codes = {found.package.code for found in value.packages}
        gone = [row[0] for code, row in before.items() if code not in codes]
        self._gone.setdefault(PackageValue, []).extend(gone)

    def _note(
        self,
        row: models.Model,
        before: Mapping[str, Any],
        names: Sequence[str],
        ignored: Collection[str] = (),
    ) -> None:
        if row.pk is None:
            self._new.append(row)
            return
        after = core.plain(row, names)
        if any(before[name] != after[name] for name in names if name not in ignored):
            if isinstance(row, EarnedValueStatus):
                row.computed_at = timezone.now()
            self._changed.setdefault(type(row), []).append(row)

    def write(self) -> None:
        """Write what was noted."""
        for kind, keys in self._gone.items():
            if keys:
                kind._base_manager.filter(Q(pk__in=keys)).delete()
        core.save_many(self._changed.get(EarnedValueStatus, []), STATUS)
        core.save_many(self._changed.get(EarnedValuePoint, []), POINT)
        core.save_values(PackageValue, PACKAGE, self._moved)
        for kind in (EarnedValueStatus, EarnedValuePoint, PackageValue):
            fresh = [row for row in self._new if isinstance(row, kind)]
            kind._base_manager.bulk_create(fresh, batch_size=500)  # type: ignore[arg-type]  # one kind each time
