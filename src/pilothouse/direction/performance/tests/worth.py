# SPDX-License-Identifier: Apache-2.0
"""What the tests of earned value begin with: a budget by month, a plan, a ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from pilothouse.delivery.finance.models import (
    Actual,
    Budget,
    BudgetLine,
    FiscalPeriod,
    LedgerBatch,
)
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanBaseline,
    PlanCalendar,
    ProjectPlan,
    Task,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import EarnedValueStatus, PackageMeasure
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.foundation.organisation.models import OrgUnit

STEPS = (5, 7, 10, 13, 15, 15, 13, 10, 7, 5)
"""Budgets by month of O-EVM-2, in thousands: cumulative 5 12 22 35 50 65 78 88 95 100."""


def approve_budget(
    project: Project, lines: dict[tuple[str, FiscalPeriod], int], **reserves: int
) -> Budget:
    """An approved budget with one line for each package and period."""
    budget = Budget.objects.create(
        project=project, number=1, state="approved", currency=project.currency, **reserves
    )
    for (wbs, period), amount in lines.items():
        BudgetLine.objects.create(
            budget=budget,
            wbs=wbs,
            category="services",
            nature="opex",
            period=period,
            currency=project.currency,
            amount=Decimal(amount),
            rate=Decimal(1),
            own_amount=Decimal(amount),
        )
    return budget


def months_of(project: Project) -> dict[int, FiscalPeriod]:
    """The periods of 2026 in the office of a project."""
    return months(OrgUnit.objects.get(pk=project.office_id), 2026)


def by_month(project: Project) -> dict[int, FiscalPeriod]:
    """Ten packages of one month each, as in O-EVM-2. Returns the periods."""
    periods = months_of(project)
    lines = {
        (str(number), periods[number]): 1000 * amount for number, amount in enumerate(STEPS, 1)
    }
    approve_budget(project, lines)
    return periods


def spend(
    project: Project, period: FiscalPeriod, amount: int, wbs: str = "", constant: int | None = None
) -> Actual:
    """A mapped row of the ledger in a period."""
    batch = LedgerBatch.objects.filter(office_id=project.office_id).first()
    batch = batch or LedgerBatch.objects.create(office_id=project.office_id, number=1, name="Book")
    number = Actual.objects.count() + 1
    return Actual.objects.create(
        office_id=project.office_id,
        batch=batch,
        row=number,
        state="mapped",
        source_system="BOOK",
        document_no=str(number),
        line_no="1",
        posting_date=period.last,
        period=period,
        account="6000",
        project=project,
        wbs=wbs,
        amount=Decimal(amount),
        currency=project.currency,
        category="services",
        nature="opex",
        rate=Decimal(1),
        own_amount=Decimal(amount),
        constant_amount=Decimal(amount if constant is None else constant),
    )


def claim(project: Project, **percent: str) -> None:
    """Accepted claims by package: claim(project, p1="100")."""
    for name, value in percent.items():
        PackageMeasure.objects.update_or_create(
            project=project,
            wbs=name.removeprefix("p"),
            defaults={"percent": Decimal(value), "accepted": True},
        )


def at(day: date, hour: int = 17) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


DAY = [(480, 720), (780, 1020)]


def plan_of_work(
    project: Project,
    rows: list[tuple[str, int, bool, date, date, int]],
    costs: tuple[int, ...] = (),
) -> ProjectPlan:
    """A plan and its baseline from (wbs, level, summary, first day, last day, percent)."""
    plan = ProjectPlan.objects.create(
        project=project,
        name="Harbour",
        start=at(rows[0][3], 8),
        finish=at(max(row[4] for row in rows)),
        default_calendar_uid=1,
        engine_version="1",
    )
    week = [DAY, DAY, DAY, DAY, DAY, [], []]
    PlanCalendar.objects.create(
        plan=plan,
        uid=1,
        name="Standard",
        data={"week": week, "exceptions": [], "work_weeks": []},
    )
    baseline = PlanBaseline.objects.create(
        project=project,
        number=0,
        name="First",
        kind="first",
        state="approved",
        is_pmb=True,
        taken_on=rows[0][3],
        plan_version=1,
        start=plan.start,
        finish=plan.finish,
        cost=sum(costs) if costs else None,
    )
    kept = []
    for number, (wbs, level, summary, first, last, percent) in enumerate(rows, 1):
        dates = {"start": at(first, 8), "finish": at(last)}
        length = 480 * ((last - first).days + 1)
        Task.objects.create(
            plan=plan,
            uid=number,
            position=number,
            name=f"Work {wbs}",
            wbs=wbs,
            outline_level=level,
            summary=summary,
            duration_minutes=length,
            percent_complete=percent,
            actual_start=dates["start"] if percent else None,
            actual_finish=dates["finish"] if percent == 100 else None,
            **dates,
        )
        kept.append(
            BaselineTask(
                baseline=baseline,
                uid=number,
                position=number,
                name=f"Work {wbs}",
                wbs=wbs,
                outline_level=level,
                summary=summary,
                duration_minutes=length,
                cost=costs[number - 1] if costs else None,
                **dates,
            )
        )
    BaselineTask.objects.bulk_create(kept)
    return plan


def refreshed(project: Project, day: date) -> EarnedValueStatus | None:
    """Earned value as computed on a day."""
    refresh_performance(project_id=project.pk, today=day)
    return EarnedValueStatus.objects.filter(project=project).first()


def figure(status: EarnedValueStatus, key: str) -> Decimal | None:
    """A kept figure by its key."""
    value = next(row["value"] for row in status.figures if row["key"] == key)
    return None if value is None else Decimal(value)
