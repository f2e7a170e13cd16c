# SPDX-License-Identifier: Apache-2.0
"""Measure the money pages over a large portfolio and a large ledger.

    python benchmarks/bench_money.py --database postgres
    python benchmarks/bench_money.py --projects 200 --rows 400000

The office is that of ``office.py``, with three fiscal years, a budget of each project of ten work
packages over 24 months, and a ledger whose rows are copied inside the database until there are so
many. Then all sums are made anew, which is told, and the pages are asked for as in
``bench_pages.py``: by Django's test client with the settings of ``pilothouse serve``, ``cpu`` being
the time that this process itself worked. The bound beside it is what the database needs to add up
the same ledger by project, as a page without kept sums would have to.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from calendar import monthrange
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench_pages import close_connections, database, make, set_up

ROOT = Path(__file__).resolve().parents[1]
GOAL_MS, GOAL_QUERIES = 300, 20
MONTHS, PACKAGES, BUDGETED = 36, 10, 24
AT_A_TIME = 200


def fill(rows: int) -> None:
    """Periods, budgets and ledger of every project; kept sums after that."""
    from django.db import connection

    from pilothouse.delivery.finance.models import (
        Actual,
        Budget,
        BudgetLine,
        ExchangeRate,
        FiscalPeriod,
        LedgerBatch,
    )
    from pilothouse.delivery.finance.services.streams import restream
    from pilothouse.delivery.finance.services.totals import retotal
    from pilothouse.delivery.projects.models import Portfolio, Project
    from pilothouse.foundation.organisation.models import OrgUnit

    today = date.today()
    office = OrgUnit.objects.get(parent=None)
    # One portfolio holds them all, and counts pounds in euros.
    first = Portfolio.objects.order_by("pk")[0]
    Project.objects.update(portfolio=first, programme=None)
    for kind in ("budget", "actual", "closing"):
        ExchangeRate.objects.create(
            office=office,
            kind=kind,
            from_currency_id="GBP",
            to_currency_id="EUR",
            rate=Decimal("1.17"),
            valid_from=date(today.year - 1, 1, 1),
        )
    periods = FiscalPeriod.objects.bulk_create(
        FiscalPeriod(
            office=office,
            year=year,
            number=month,
            name=f"{year}-{month:02}",
            first=date(year, month, 1),
            last=date(year, month, monthrange(year, month)[1]),
        )
        for year in range(today.year - 1, today.year + 2)
        for month in range(1, 13)
    )
    projects = list(Project.objects.filter(office_id=office.pk).order_by("pk"))
    budgets = Budget.objects.bulk_create(
        Budget(
            project=project,
            number=1,
            state="approved",
            currency_id=project.currency_id,
            contingency=Decimal(1000),
            reason="bench",
        )
        for project in projects
    )
    kinds = ("services", "labour_internal", "hardware", "software")
    BudgetLine.objects.bulk_create(
        (
            BudgetLine(
                budget=budget,
                wbs=str(package),
                category=kinds[package % 4],
                nature=("capex", "opex")[package % 2],
                period=periods[month],
                currency_id=budget.currency_id,
                amount=Decimal(500),
                rate=Decimal(1),
                own_amount=Decimal(500),
            )
            for budget in budgets
            for package in range(PACKAGES)
            for month in range(BUDGETED)
        ),
        batch_size=5000,
    )
    batch = LedgerBatch.objects.create(office=office, number=1, name="bench")
    past = [period for period in periods if period.first <= today]
    Actual.objects.bulk_create(
        (
            Actual(
                office_id=office.pk,
                batch=batch,
                row=1,
                state="mapped",
                source_system="SAP",
                document_no=f"{project.pk}-{period.pk}",
                line_no="0",
                posting_date=period.first,
                period=period,
                account="6100",
                project_code=project.code,
                project=project,
                wbs=str(number % PACKAGES),
                amount=Decimal("12.34"),
                currency_id=project.currency_id,
                category=kinds[number % 4],
                nature=("capex", "opex")[number % 2],
                rate=Decimal(1),
                own_amount=Decimal("12.34"),
                constant_amount=Decimal("12.34"),
            )
            for project in projects
            for number, period in enumerate(past)
        ),
        batch_size=2000,
    )
    copies = max(rows // Actual.objects.count() - 1, 0)
    columns = [field.column for field in Actual._meta.concrete_fields if field.column != "id"]
    named = ", ".join(columns)
    values = ", ".join("cast(n as varchar(40))" if name == "line_no" else name for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "with recursive numbers(n) as "  # noqa: S608 # names of our own columns
            "(select 1 union all select n + 1 from numbers where n < %s) "
            f"insert into finance_actual ({named}) select {values} from finance_actual, numbers",
            [copies],
        )
        cursor.execute("ANALYZE")
    ids = [project.pk for project in projects]
    begun = time.perf_counter()
    for start in range(0, len(ids), AT_A_TIME):
        retotal(ids[start : start + AT_A_TIME])
        restream(ids[start : start + AT_A_TIME], today)
    print(f"all sums made anew in {time.perf_counter() - begun:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(rounds: int) -> None:
    """Print time and queries of each page, and of the bound."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from pilothouse.delivery.finance.models import Actual
    from pilothouse.delivery.projects.models import Portfolio, Project
    from pilothouse.foundation.accounts.models import User
    from pilothouse.foundation.accounts.services import begin_session

    client = Client(SERVER_NAME="127.0.0.1", headers={"Accept-Encoding": "gzip"})
    user = User.objects.get(email="director@bench.example")
    client.force_login(user)
    key = client.session.session_key or ""
    begin_session(user=user, key=key, client="benchmark", now=timezone.now())
    portfolio = Portfolio.objects.order_by("pk")[0]
    project = Project.objects.order_by("pk")[0]
    print(
        f"\n{connection.vendor}, {Actual.objects.count()} rows of the ledger, "
        f"{Project.objects.count()} projects in one portfolio\n"
        f"{'':22} median     least       cpu  queries     sent"
    )
    for name, address in (
        ("portfolio", f"/money/portfolios/{portfolio.pk}/"),
        ("project", f"/money/{project.pk}/"),
        ("ledger of a project", f"/money/{project.pk}/ledger/"),
    ):
        clocks, works = [], []
        for _ in range(rounds + 2):
            begun, worked = time.perf_counter(), time.process_time()
            answer = client.get(address)
            works.append(1000 * (time.process_time() - worked))
            clocks.append(1000 * (time.perf_counter() - begun))
            if answer.status_code != 200:
                sys.exit(f"{address}: status {answer.status_code}")
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        told = ""
        if name == "portfolio":
            middle = statistics.median(clocks[2:])
            met = middle <= GOAL_MS and len(seen) <= GOAL_QUERIES
            told = f"   goal {GOAL_MS} ms, {GOAL_QUERIES} queries: {'met' if met else 'not met'}"
        print(
            f"{name:20} {statistics.median(clocks[2:]):6.1f} ms {min(clocks[2:]):6.1f} ms"
            f" {statistics.median(works[2:]):6.1f} ms  {len(seen):7}"
            f"  {len(answer.content) / 1000:5.1f} kB{told}"
        )
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "select project_id, period_id, category, nature, sum(own_amount) from finance_actual "
            "group by 1, 2, 3, 4"
        )
        cursor.fetchall()
    print(f"{'the ledger added up':20} {1000 * (time.perf_counter() - begun):6.1f} ms   (bound)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked = parser.parse_args()
    asked.tasks, asked.people = 0, 100
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with database(asked.database, folder, keep=False) as address:
            os.environ |= {
                "PYTHONPATH": str(ROOT / "src"),
                "PILOTHOUSE_DATA": made,
                "PILOTHOUSE_DATABASE": address,
            }
            os.environ.pop("DJANGO_SETTINGS_MODULE", None)
            try:
                make(asked)
                set_up()
                fill(asked.rows)
                measure(asked.rounds)
            finally:
                close_connections()


if __name__ == "__main__":
    main()
