# SPDX-License-Identifier: Apache-2.0
"""Measure the import of a large file of the ledger beside a plain copy of the same rows.

    python benchmarks/bench_ledger.py --database postgres
    python benchmarks/bench_ledger.py --rows 50000

A file of so many rows over 200 projects, three currencies and twelve months is sent, tried and
committed by the services that page and API call; then it is sent again, and all is skipped. The
bound is what the database itself needs for the same rows: ``COPY`` into a table with the same
columns, indexes and constraints (SQLite: ``INSERT … SELECT``). Memory is the largest resident
size of the process, which ends with the commit. PostgreSQL is the server of
PILOTHOUSE_TEST_POSTGRES, else the one on 127.0.0.1:5432; the database is removed afterwards.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import resource
import sys
import tempfile
import time
from calendar import monthrange
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from bench_pages import database

ROOT = Path(__file__).resolve().parents[1]
HEAD = (
    *("source_system", "document_no", "line_no", "posting_date", "account", "cost_centre"),
    *("project_code", "wbs_code", "supplier", "po_no", "text", "amount", "currency"),
)
PROJECTS = 200
CURRENCIES = ("EUR", "USD", "GBP")


def table(rows: int) -> bytes:
    """A file of the ledger: a hundredth of its rows finds no project, another no rule."""
    draw = random.Random(5)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    first = date(2026, 1, 1)
    for number in range(rows):
        code = "LOST" if number % 100 == 7 else f"P{draw.randrange(PROJECTS):03}"
        account = "9000" if number % 100 == 8 else f"{draw.choice('67')}{draw.randrange(100, 999)}"
        writer.writerow(
            (
                *("SAP", f"51{number // 4:08}", number % 4 + 1),
                first + timedelta(days=draw.randrange(365)),
                *(account, f"C{draw.randrange(40)}", code, f"1.{draw.randrange(9)}"),
                *(f"Supplier {draw.randrange(300)}", "", f"Invoice {number}, work of the week"),
                f"{Decimal(draw.randrange(-20_000, 2_000_000)) / 100}",
                draw.choice(CURRENCIES),
            )
        )
    return out.getvalue().encode()


def office():
    """An office with projects, periods, rates and rules."""
    from pilothouse.delivery.finance.models import AccountRule, ExchangeRate, FiscalPeriod
    from pilothouse.delivery.projects.models import Portfolio, Project
    from pilothouse.foundation.core.actor import Actor
    from pilothouse.foundation.organisation.models import Currency
    from pilothouse.foundation.organisation.services import create_unit

    for code in CURRENCIES:
        Currency.objects.get_or_create(code=code, defaults={"name": code, "minor_units": 2})
    unit = create_unit(
        actor=Actor.system("bench"),
        parent=None,
        values={"code": "BENCH", "name": "Bench", "kind": "enterprise"},
    )
    unit.default_currency_id = "EUR"
    unit.save()
    portfolio = Portfolio.objects.create(
        code="ALL", name="All", org_unit=unit, office_id=unit.pk, currency_id="EUR", state="active"
    )
    Project.objects.bulk_create(
        Project(
            code=f"P{number:03}",
            name=f"Project {number}",
            office_id=unit.pk,
            portfolio=portfolio,
            currency_id="EUR",
            state="executing",
        )
        for number in range(PROJECTS)
    )
    for month in range(1, 13):
        FiscalPeriod.objects.create(
            office=unit,
            year=2026,
            number=month,
            name=f"2026-{month:02}",
            first=date(2026, month, 1),
            last=date(2026, month, monthrange(2026, month)[1]),
        )
    for account, category in (("6*", "services"), ("7*", "hardware")):
        AccountRule.objects.create(office=unit, account=account, category=category, nature="opex")
    for code, rate in (("USD", "0.91"), ("GBP", "1.17")):
        for kind in ("actual", "budget"):
            ExchangeRate.objects.create(
                office=unit,
                kind=kind,
                from_currency_id=code,
                to_currency_id="EUR",
                rate=Decimal(rate),
                valid_from=date(2026, 1, 1),
            )
    return unit


@contextmanager
def timed(what: str):
    """Print how long something took, by the clock and in the process."""
    clock, work = time.perf_counter(), time.process_time()
    yield
    print(
        f"{what:<34} {time.perf_counter() - clock:7.1f} s   "
        f"work {time.process_time() - work:6.1f} s",
        flush=True,
    )


def bound() -> None:
    """The same rows by the database alone."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'finance_actual'")
            for (statement,) in [row for row in cursor.fetchall() if row[0]]:
                words = statement.replace('"finance_actual"', '"bound_actual"')
                for kind in ("CREATE INDEX ", "CREATE UNIQUE INDEX "):
                    words = words.replace(f'{kind}"', f'{kind}"bound_')
                cursor.execute(words)
            with timed("bound: INSERT … SELECT"), transaction.atomic():
                cursor.execute("INSERT INTO bound_actual SELECT * FROM finance_actual")
            return
        cursor.execute("CREATE TABLE bound_actual (LIKE finance_actual INCLUDING ALL)")
        with cursor.copy("COPY finance_actual TO STDOUT") as copy:
            data = b"".join(bytes(part) for part in copy)
        with (
            timed("bound: COPY"),
            transaction.atomic(),
            cursor.copy("COPY bound_actual FROM STDIN") as copy,
        ):
            copy.write(data)


def measure(rows: int) -> None:
    """Send, try, commit, send again; then the bound."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from pilothouse.delivery.finance.models import Actual, CostTotal
    from pilothouse.delivery.finance.services import ledger_uploads as files
    from pilothouse.foundation.core.actor import Actor

    told = {"actor": Actor.system("bench")}
    unit, data = office(), table(rows)
    print(f"{rows:,} rows, {len(data) / 2**20:.1f} MB of CSV", flush=True)
    with timed("file taken in"):
        upload = files.receive_file(office=unit, name="ledger.csv", data=data, **told)
    del data
    with timed("dry run"):
        effect = files.try_upload(upload=upload, **told)
    with timed("import"):
        effect = files.commit_upload(upload=upload, version=upload.version, **told)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'largest size of the process':<34} {peak:7.0f} MB", flush=True)
    for currency, buckets in sorted(effect.totals.items()):
        print(currency, {name: tuple(map(str, pair)) for name, pair in buckets.items()})
    assert Actual.objects.count() == rows
    print(f"{CostTotal.objects.count():,} sums of projects")
    with timed("all of it again, skipped"):
        upload = files.receive_file(office=unit, name="ledger.csv", data=table(rows), **told)
        effect = files.commit_upload(upload=upload, version=upload.version, **told)
    assert Actual.objects.count() == rows
    bound()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pilothouse-ledger-") as folder,
        database(asked.database, Path(folder), keep=False) as address,
    ):
        os.environ |= {"PILOTHOUSE_DATA": folder, "PILOTHOUSE_DATABASE": address}
        os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.config.settings.prod"
        sys.path.insert(0, str(ROOT / "src"))
        from pilothouse.config import env

        env.use_fixed_sqlite()
        measure(asked.rows)
        from django.db import connection

        connection.close()


if __name__ == "__main__":
    main()
