# SPDX-License-Identifier: Apache-2.0
"""The whole way of the money: from released funding to the S-curve, each step by whom it is for.

What the pages must say is added up here from the amounts that were typed and from the files of the
ledger, in the figures of O-FCT-1: ordered 100, received 60, invoiced 45, other cost 200, still to
come 120, which makes 420.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from playwright.sync_api import FilePayload, Locator, Page, expect

from cast import SYSTEM
from pilothouse.delivery.finance.models import AccountRule, FiscalPeriod
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.tests.worth import approve_budget
from pilothouse.foundation.core import clock
from pilothouse.foundation.organisation.models import OrgUnit

COLUMNS = {
    "source_system": "System",
    "document_no": "Beleg",
    "line_no": "Pos",
    "posting_date": "Datum",
    "account": "Konto",
    "project_code": "Projekt",
    "wbs_code": "PSP",
    "po_no": "Bestellung",
    "amount": "Betrag",
    "currency": "Whg",
}
"""What their ledger calls ours."""
Rows = Sequence[tuple[str, date, str, str, Decimal]]
BAC = Decimal(600_000)
ORDERED, RECEIVED, INVOICED = Decimal(100_000), Decimal(60_000), Decimal(45_000)
REST = Decimal(120_000)


def full(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def ledger_file(name: str, rows: Rows) -> FilePayload:
    """A file as their ledger writes it, of document, day, code, order and amount."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(COLUMNS.values())
    for document, day, code, order, amount in rows:
        german = full(amount).translate(str.maketrans(",.", ".,"))
        account = ["6100", code, "1", order, german, "EUR"]
        writer.writerow(["SAP", document, "1", f"{day:%d.%m.%Y}", *account])
    return {"name": name, "mimeType": "text/csv", "buffer": out.getvalue().encode("cp1252")}


def totals_in(file: FilePayload, codes: Mapping[str, str]) -> dict[str, Decimal]:
    """Sums by project of a file, read with nothing of the product."""
    found: dict[str, Decimal] = {}
    for row in csv.DictReader(io.StringIO(file["buffer"].decode("cp1252")), delimiter=";"):
        code = codes.get(row["Projekt"], row["Projekt"])
        amount = Decimal(row["Betrag"].replace(".", "").replace(",", "."))
        found[code] = found.get(code, Decimal(0)) + amount
    return found


def weekdays(first: date, last: date) -> int:
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return sum(day.weekday() < 5 for day in days)


def prepare(office: OrgUnit, harbour: Project) -> tuple[FiscalPeriod, FiscalPeriod]:
    """The month that is over and not closed yet, and this one; Harbour lasts both."""
    today = clock.today()
    over = today.replace(day=1) - timedelta(days=1)
    for year in sorted({over.year, today.year, today.year + 1}):
        open_year(actor=SYSTEM, office=office, year=year)
    periods = FiscalPeriod.objects.filter(office=office)
    periods.filter(last__lt=over.replace(day=1)).update(state="closed")
    month, now = periods.get(last=over), periods.get(first=today.replace(day=1))
    harbour.planned_start = harbour.baseline_start = month.first
    harbour.planned_finish = harbour.baseline_finish = now.last
    harbour.save()
    AccountRule.objects.create(office=office, account="6*", category="services", nature="opex")
    approve_budget(harbour, {("1", month): 300_000, ("1", now): 300_000}, contingency=40_000)
    return month, now


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def send(page: Page, desk: str, file: FilePayload) -> None:
    page.goto(f"{desk}ledger/")
    page.get_by_role("button", name="File").set_input_files(files=[file])
    press(page, "Send")


def figure(page: Page, name: str) -> Locator:
    """The figure that begins with this name, as large as it stands there."""
    found = page.locator(".ph-figure", has_text=re.compile(rf"^\s*{name}"))
    return found.first.locator(".ph-figure-value")


def test_money_from_the_funding_to_the_s_curve(port, visitor):
    harbour = port.harbour
    month, now = prepare(port.office, harbour)
    money, desk = f"/money/{harbour.pk}/", f"/money/desk/{port.office.pk}/"
    piet, sam, femi, ada = (
        visitor().sign_in(f"{name}@example.org") for name in ("piet", "sam", "femi", "ada")
    )

    # The manager asks for the funding of the stage, the sponsor grants and finance releases it.
    piet.goto(f"{money}funding/")
    follow(piet, "Propose funding")
    piet.get_by_label("Gate").fill("Gate 2")
    piet.get_by_label("Amount").fill("500,000")
    piet.get_by_label("The stage begins").fill(month.first.isoformat())
    piet.get_by_label("The stage ends").fill(now.last.isoformat())
    press(piet, "Save")
    sam.goto(f"{money}funding/")
    follow(sam, "Approve release 1")
    press(sam, "Approve the funding")
    femi.goto(f"{money}funding/")
    follow(femi, "Release release 1")
    press(femi, "Release the funding")
    expect(figure(femi, "Available")).to_contain_text("500,000.00")

    # Of what is ordered a part comes while the month lasts.
    follow(femi, "Orders")
    follow(femi, "New order")
    femi.get_by_label("Number").fill("PO-7")
    femi.get_by_label("Supplier").fill("Dredgers Ltd")
    femi.get_by_label("Day of the order").fill(month.first.isoformat())
    line = femi.get_by_role("region", name="Line 1")
    line.get_by_label("Amount").fill(full(ORDERED))
    line.get_by_label("Category").select_option("Services")
    line.get_by_label("Capex or opex").select_option("Opex")
    line.get_by_label("Work package").fill("1")
    line.get_by_label("Expected on").fill(now.last.isoformat())
    press(femi, "Enter the order")
    follow(femi, "Receive")
    femi.get_by_label("Day it came").fill(month.last.isoformat())
    femi.get_by_label("Amount, EUR").fill(full(RECEIVED))
    press(femi, "Enter the receipt")
    expect(figure(femi, "Open commitment")).to_have_text(full(ORDERED - RECEIVED))

    # The ledger tells of a first invoice and of other work, some of it under a code of old.
    books = ledger_file(
        "books.csv",
        [
            ("1001", month.first, "HARB", "", Decimal("150000.40")),
            ("1002", month.last, "HARB", "PO-7", INVOICED),
            ("1003", month.last, "QUAY-OLD", "", Decimal("49999.60")),
        ],
    )
    send(femi, desk, books)
    for name, heading in COLUMNS.items():
        femi.locator(f"[name=column-{name}]").select_option(heading)
    femi.get_by_label("Decimal mark").select_option(",")
    femi.get_by_label("Days").select_option("day_first")
    femi.get_by_label("Remember as").fill("Books of the port")
    press(femi, "See what it does")
    told = totals_in(books, {})
    expect(femi.get_by_role("row", name="EUR").get_by_role("cell")).to_have_text(
        [
            f"{full(sum(told.values()))}3 rows",
            f"{full(told['HARB'])}2 rows",
            f"{full(told['QUAY-OLD'])}1 row",
            *["0.000 rows"] * 2,
        ]
    )
    press(femi, "Post the rows")
    follow(femi, "Suspense")
    follow(femi, "Map all of code QUAY-OLD")
    femi.get_by_label("Project").fill("HARB")
    femi.get_by_label("Work package").fill("1")
    femi.get_by_label("Keep it as a rule").check()
    press(femi, "Map the rows")

    # What stands here is what stands in the file, counted apart.
    told = totals_in(books, {"QUAY-OLD": "HARB"})
    follow(femi, "Reconciliation")
    follow(femi, "Compare a period")
    femi.get_by_label("Period").select_option(month.name)
    femi.get_by_label("Source").fill("Books of the port")
    femi.get_by_label("Project totals").fill(
        "\n".join(f"{code};EUR;{amount}" for code, amount in told.items())
    )
    press(femi, "Compare")
    expect(femi.get_by_role("row", name="HARB").get_by_role("cell")).to_have_text(
        ["EUR", full(told["HARB"]), full(told["HARB"]), "0.00", "0.00", "–"]
    )
    press(femi, "Sign the period off")
    expect(femi.get_by_text("The period is signed off.")).to_be_visible()

    # The month closes: what came without its invoice is accrued, and turned back in the next one,
    # in which the invoice comes, in a file that is read as the last one was.
    accrued = RECEIVED - INVOICED
    follow(femi, "Periods")
    follow(femi, f"Close {month.name}")
    expect(femi.get_by_role("row", name="PO-7 line 1")).to_contain_text(f"EUR {full(accrued)}")
    press(femi, f"Close {month.name}")
    expect(femi.get_by_text("1 accrual posted")).to_be_visible()
    late = ledger_file("late.csv", [("2001", now.first, "HARB", "PO-7", accrued)])
    send(femi, desk, late)
    press(femi, "See what it does")
    press(femi, "Post the rows")
    expect(femi.get_by_text("Columns as remembered: Books of the port.")).to_be_visible()
    femi.goto(f"{money}accruals/")
    expect(femi.get_by_role("row", name="PO-7").get_by_role("cell").nth(6)).to_have_text(now.name)
    cost = told["HARB"] + totals_in(late, {})["HARB"]
    expect(figure(femi, "Actual cost")).to_have_text(f"EUR {full(cost)}")

    # The manager forecasts the rest; finance endorses it, and the head of the office approves it.
    piet.goto(f"{money}forecast/")
    piet.get_by_role("button", name="Begin a forecast").first.click()
    piet.get_by_label(f"1 Services, {now.name}").fill(full(REST))
    press(piet, "Save the forecast")
    piet.get_by_label("Reason for 1 Services").fill("The bed is softer than planned.")
    press(piet, "Save the forecast")
    eac = cost + ORDERED - RECEIVED + REST
    expect(piet.get_by_role("row", name="1 Services").get_by_role("cell")).to_contain_text(
        [full(BAC), full(told["HARB"] + accrued), "", full(ORDERED - RECEIVED), full(eac)]
    )
    press(piet, "Submit to finance")
    femi.goto(f"{money}forecast/")
    press(femi, "Endorse")
    ada.goto(f"{money}forecast/")
    press(ada, "Approve")
    expect(ada.get_by_role("row", name="Forecast 1")).to_contain_text(f"€{full(eac)}")

    # Two fifths are done: what that earned, what was planned and what it cost is one curve.
    piet.goto(f"/performance/projects/{harbour.pk}/earned-value/")
    follow(piet, "Percent complete")
    piet.get_by_label("Percent claimed").fill("40")
    press(piet, "Save")
    earned = BAC * 40 / 100
    expect(figure(piet, "CPI")).to_have_text(f"{earned / cost:.4f}")
    expect(figure(piet, "EAC₆")).to_have_text(f"€{eac / 1000:.0f}k")
    expect(piet.get_by_role("img", name="Planned, earned and spent")).to_be_visible()
    piet.get_by_text("Show as table").first.click()
    days = Decimal(weekdays(month.first, month.last)) / weekdays(month.first, now.last)
    curve = piet.get_by_role("table", name="Planned, earned and spent")
    first, last = (curve.get_by_role("row", name=row.name) for row in (month, now))
    expect(first).to_contain_text(f"€{full(BAC * days)}")
    expect(first.get_by_role("cell").last).to_have_text(f"€{full(told['HARB'] + accrued)}")
    expect(last.get_by_role("cell")).to_contain_text(
        ["", *(f"€{full(amount)}" for amount in (BAC, earned, cost))]
    )
