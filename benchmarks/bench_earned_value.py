# SPDX-License-Identifier: Apache-2.0
"""Measure the earned value of one large project: what is computed, and all with the database.

    python benchmarks/bench_earned_value.py
    python benchmarks/bench_earned_value.py --database postgres --packages 5000 --periods 36

A project with so many work packages, each a task of its baseline with a budget, progress and cost
of its own, over so many months. "Compute" is the bridge with the engine, from what was read to
every figure, package and period, as after an edit with the earlier periods told already; "whole"
is ``refresh_many`` for the project after one task has moved: reading, computing and writing what
differs. The least and the median of the runs count. PostgreSQL is the server of
PILOTHOUSE_TEST_POSTGRES, else the one on 127.0.0.1:5432; the database is removed afterwards.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench_pages import database

ROOT = Path(__file__).resolve().parents[1]
FIRST = date(2024, 1, 1)
WEEK = [[[480, 720], [780, 1020]]] * 5 + [[], []]


def month(number: int) -> tuple[date, date]:
    """The first and last day of a month, counted from the first."""
    year, place = divmod(FIRST.month - 1 + number, 12)
    first = date(FIRST.year + year, place + 1, 1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def furnish(packages: int, periods: int):
    """A project with plan, baseline, budget and ledger. Returns it with the day of its status."""
    from pilothouse.delivery.finance import models as money
    from pilothouse.delivery.planning import models as planning
    from pilothouse.delivery.projects.models import Portfolio, Project
    from pilothouse.foundation.core.actor import Actor
    from pilothouse.foundation.organisation.models import Currency
    from pilothouse.foundation.organisation.services import create_unit

    euro, _ = Currency.objects.get_or_create(code="EUR", defaults={"name": "Euro"})
    office = create_unit(
        actor=Actor.system("bench"),
        parent=None,
        values={"code": "PORT", "name": "Port", "kind": "enterprise"},
    )
    portfolio = Portfolio.objects.create(
        code="P", name="P", org_unit=office, office_id=office.pk, currency=euro, path="1/"
    )
    project = Project.objects.create(
        code="BIG",
        name="Big",
        office_id=office.pk,
        portfolio=portfolio,
        currency=euro,
        state="executing",
    )
    months = [
        money.FiscalPeriod.objects.create(
            office=office,
            year=month(number)[0].year,
            number=month(number)[0].month,
            name=f"{month(number)[0]:%Y-%m}",
            first=month(number)[0],
            last=month(number)[1],
        )
        for number in range(periods)
    ]
    span = (months[-1].last - FIRST).days
    plan = planning.ProjectPlan.objects.create(
        project=project,
        name="Big",
        start=datetime(2024, 1, 1, 8, tzinfo=UTC),
        finish=datetime(2026, 12, 31, 17, tzinfo=UTC),
        default_calendar_uid=1,
        engine_version="1",
    )
    planning.PlanCalendar.objects.create(
        plan=plan,
        uid=1,
        name="Standard",
        data={"week": WEEK, "exceptions": [], "work_weeks": []},
    )
    baseline = planning.PlanBaseline.objects.create(
        project=project,
        number=0,
        name="First",
        kind="first",
        state="approved",
        is_pmb=True,
        taken_on=FIRST,
        plan_version=1,
        start=plan.start,
        finish=plan.finish,
    )
    budget = money.Budget.objects.create(project=project, number=1, state="approved", currency=euro)
    batch = money.LedgerBatch.objects.create(office=office, number=1, name="Book")
    tasks, promises, lines, actuals = [], [], [], []
    half = span // 2
    for number in range(1, packages + 1):
        start = FIRST + timedelta(days=(number * 7) % (span - 100))
        finish = start + timedelta(days=20 + number % 80)
        dates = {
            "start": datetime(start.year, start.month, start.day, 8, tzinfo=UTC),
            "finish": datetime(finish.year, finish.month, finish.day, 17, tzinfo=UTC),
        }
        over = (finish - FIRST).days < half
        begun = (start - FIRST).days < half
        common = {"uid": number, "position": number, "name": f"Package {number}"}
        common |= {"wbs": f"1.{number}", "duration_minutes": 9600, **dates}
        tasks.append(
            planning.Task(
                plan=plan,
                percent_complete=100 if over else 40 if begun else 0,
                actual_start=dates["start"] if begun else None,
                actual_finish=dates["finish"] if over else None,
                **common,
            )
        )
        promises.append(planning.BaselineTask(baseline=baseline, **common))
        kind = {"wbs": f"1.{number}", "category": "services", "nature": "opex", "rate": 1}
        amount = Decimal(1000 + number)
        at = next(row for row in months if row.first <= start <= row.last)
        lines.append(
            money.BudgetLine(
                budget=budget,
                period=at,
                currency=euro,
                amount=amount,
                own_amount=amount,
                **kind,
            )
        )
        if begun:
            actuals.append(
                money.Actual(
                    office_id=office.pk,
                    batch=batch,
                    row=number,
                    state="mapped",
                    source_system="BOOK",
                    document_no=str(number),
                    line_no="1",
                    posting_date=start,
                    period=at,
                    account="6000",
                    project=project,
                    amount=amount,
                    currency=euro,
                    own_amount=amount,
                    constant_amount=amount,
                    **kind,
                )
            )
    planning.Task.objects.bulk_create(tasks, batch_size=500)
    planning.BaselineTask.objects.bulk_create(promises, batch_size=500)
    money.BudgetLine.objects.bulk_create(lines, batch_size=500)
    money.Actual.objects.bulk_create(actuals, batch_size=500)
    return project, FIRST + timedelta(days=half)


def times(runs: int, work) -> str:
    """Least and median of some runs, and the least that this process itself worked."""
    found, works = [], []
    for number in range(runs):
        begun, worked = time.perf_counter(), time.process_time()
        work(number)
        works.append(1000 * (time.process_time() - worked))
        found.append(1000 * (time.perf_counter() - begun))
    return (
        f"least {min(found):.0f} ms, median {statistics.median(found):.0f} ms, "
        f"processor {min(works):.0f} ms"
    )


def measure(packages: int, periods: int, runs: int) -> None:
    """Furnish, compute once, then measure."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from pilothouse.delivery.planning.models import Task
    from pilothouse.direction.performance.bridge import earned as bridge
    from pilothouse.direction.performance.models import PackageValue
    from pilothouse.direction.performance.services import earned, refresh_many

    project, today = furnish(packages, periods)
    known = []
    compute = bridge.value_of

    def noted(one):
        known[:] = [one]
        return compute(one)

    earned.value_of = noted
    refresh_many(project_ids=[project.pk], today=today)
    refresh_many(project_ids=[project.pk], today=today)
    value = compute(known[0])
    print(f"{len(value.packages):,} packages, {len(value.points)} periods")
    print(f"EV {value.found['ev']:.2f} of {value.found['bac']:.2f}, CPI {value.found['cpi']:.4f}")
    assert PackageValue.objects.count() == packages
    gc.set_threshold(50_000, 20, 20)  # As the commands of the product set it.
    print(f"compute: {times(runs, lambda number: compute(known[0]))}")

    def edit(number: int) -> None:
        moved = Task.objects.filter(plan__project=project, percent_complete=40)
        moved.filter(pk=moved.first().pk).update(percent_complete=41 + number % 40)
        refresh_many(project_ids=[project.pk], today=today)

    print(f"whole, after one task has moved: {times(runs, edit)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--packages", type=int, default=5000)
    parser.add_argument("--periods", type=int, default=36)
    parser.add_argument("--runs", type=int, default=9)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pilothouse-value-") as folder,
        database(asked.database, Path(folder), keep=False) as address,
    ):
        os.environ |= {"PILOTHOUSE_DATA": folder, "PILOTHOUSE_DATABASE": address}
        os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.config.settings.prod"
        sys.path.insert(0, str(ROOT / "src"))
        from pilothouse.config import env

        env.use_fixed_sqlite()
        measure(asked.packages, asked.periods, asked.runs)
        from django.db import connection

        connection.close()


if __name__ == "__main__":
    main()
