# SPDX-License-Identifier: Apache-2.0
"""The money of the port: budgets, funding, orders, a ledger month by month, forecasts, cases.

DREDGE costs more than its budget. TUGS reports green and is not. Two rows of the last month wait in
suspense, one of a closed project is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.ledger_effect import Posting
from pilothouse.delivery.finance.ledger_rows import COLUMNS
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import Commitment, FiscalPeriod
from pilothouse.delivery.finance.money import split
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.forecasts import sheet_of
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services.budget_lines import set_lines
from pilothouse.delivery.finance.services.budget_states import (
    approve_budget,
    endorse_budget,
    submit_budget,
)
from pilothouse.delivery.finance.services.budgets import begin_budget, change_budget
from pilothouse.delivery.finance.services.cases import (
    approve_case,
    draft_case,
    expect_benefits,
    submit_case,
)
from pilothouse.delivery.finance.services.closing import close_period
from pilothouse.delivery.finance.services.cost_rates import NewCost, enter_cost_rate
from pilothouse.delivery.finance.services.draws import AskedDraw, approve_draw, submit_draw
from pilothouse.delivery.finance.services.exchange import NewRate, enter_rate
from pilothouse.delivery.finance.services.forecast_states import (
    approve_forecast,
    endorse_forecast,
    submit_forecast,
)
from pilothouse.delivery.finance.services.forecasts import (
    begin_forecast,
    set_forecast_lines,
    set_variance_reasons,
)
from pilothouse.delivery.finance.services.funding import (
    AskedFunding,
    approve_funding,
    propose_funding,
    release_funding,
)
from pilothouse.delivery.finance.services.ledger import post_rows
from pilothouse.delivery.finance.services.orders import NewLine, NewOrder, place_order
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.finance.services.receipts import NewReceipt, receive
from pilothouse.delivery.finance.services.tellings import save_account_rule
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.projects.models import Project
from pilothouse.faces.cli.demo.people import SYSTEM
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.services import save_currency

THOUSAND = Decimal(1000)
CENT = Decimal("0.01")
ACCOUNTS = (
    ("60*", "labour_internal", "opex"),
    ("61*", "services", "capex"),
    ("62*", "labour_external", "capex"),
    ("63*", "hardware", "capex"),
    ("64*", "software", "opex"),
    ("65*", "travel", "opex"),
)
"""Rule of the account, and what it means."""
RATES = (("USD", "0.92", "0.935", "0.928"), ("GBP", "1.15", "1.172", "1.168"))
"""Currency, and what one of it is worth in euros: budget, actual, closing."""
NAMES = {"USD": "US dollar", "GBP": "Pound sterling"}


@dataclass(frozen=True, slots=True)
class Sketch:
    """How the money of one project went: cost for each euro of budget, and how it is made up."""

    code: str
    pace: str
    accounts: tuple[str, str]
    released_pct: int
    forecast: str = ""
    """What the rest is to cost for each euro of budget; empty: nobody has forecast it."""
    benefits: tuple[int, int, str] | None = None
    """Benefits a year in thousands, for how many years, and what of them is expected now."""


SKETCHES = (
    Sketch("HARB", "1.02", ("6100", "6200"), 100, "1.05", (13_500, 20, "0.95")),
    Sketch("DREDGE", "1.21", ("6100", "6200"), 100, "1.12", (5_200, 15, "1.00")),
    Sketch("MOOR", "0.97", ("6100", "6300"), 100),
    Sketch("VTS", "0.98", ("6200", "6400"), 85, "0.97", (1_900, 10, "1.04")),
    Sketch("CYBER", "1.00", ("6200", "6300"), 100),
    Sketch("SHOR1", "1.06", ("6100", "6300"), 100, "1.06", (2_300, 18, "0.98")),
    Sketch("TUGS", "1.16", ("6300", "6200"), 100),
)
ORDERS = (
    ("HARB", "PO-4410", "Noordzee Piling BV", "EUR", "6100", 5_400, 60),
    ("HARB", "PO-4431", "Gulf Crane Rails Inc.", "USD", "6300", 2_150, 0),
    ("HARB", "PO-4457", "Thames Survey Ltd", "GBP", "6200", 310, 70),
    ("DREDGE", "PO-4402", "Delta Dredging NV", "EUR", "6100", 3_800, 80),
    ("VTS", "PO-4440", "Solent Radar plc", "GBP", "6300", 620, 35),
    ("SHOR1", "PO-4419", "Volt Transformers AG", "EUR", "6300", 1_450, 20),
)
"""Project, number, supplier, currency, account, thousands, and how much of it came in percent."""
KINDS: Mapping[str, tuple[str, str]] = {
    account[:2]: (category, nature) for account, category, nature in ACCOUNTS
}


def keep_books(office: OrgUnit, people: Mapping[str, User], today: date) -> None:
    """Everything that finance and the project managers have entered by now."""
    periods = _desk(office, people, today)
    rows = Project.objects.filter(office_id=office.pk, code__in=[each.code for each in SKETCHES])
    projects = {row.code: row for row in rows.select_related("currency", "portfolio__org_unit")}
    plans = {
        sketch.code: _budget(projects[sketch.code], people, periods, sketch, today)
        for sketch in SKETCHES
    }
    for sketch in SKETCHES:
        _fund(projects[sketch.code], people, sketch, plans[sketch.code], today)
    orders = _orders(projects, people, today)
    spent = [period for period in periods.rows if period.first <= today]
    for period in spent:
        rows_of = list(_month(plans, period, period is spent[-1], orders))
        if not rows_of:
            continue
        post_rows(
            actor=people["femi"].actor(),
            office=office,
            rows=enumerate(rows_of, start=2),
            posting=Posting(f"SAP extract {period.name}", columns=COLUMNS),
        )
    _draw(projects["HARB"], people, periods.need(today))
    for period in spent[:-2]:
        row = FiscalPeriod.objects.get(pk=period.pk)
        close_period(
            actor=people["femi"].actor(),
            period=row,
            version=None,
            reason="Month end",
            now=timezone.now(),
        )
    open_periods = Periods(office.pk)
    for sketch in SKETCHES:
        project = projects[sketch.code]
        if sketch.forecast:
            _forecast(project, people, open_periods, sketch, plans[sketch.code], today)
        if sketch.benefits:
            _case(project, people, sketch, plans[sketch.code], open_periods, today)


def _desk(office: OrgUnit, people: Mapping[str, User], today: date) -> Periods:
    femi = people["femi"].actor()
    for year in range(today.year - 2, today.year + 3):
        open_year(actor=femi, office=office, year=year)
    first = date(today.year - 2, 1, 1)
    for code, *values in RATES:
        save_currency(actor=SYSTEM, code=code, name=NAMES[code], minor_units=2)
        for kind, value in zip(("budget", "actual", "closing"), values, strict=True):
            rate = NewRate(kind, code, "EUR", Decimal(value), first, source="Treasury")
            enter_rate(actor=femi, office=office, new=rate)
    for account, category, nature in ACCOUNTS:
        save_account_rule(
            actor=femi,
            office=office,
            rule=None,
            values={"account": account, "category": category, "nature": nature},
        )
    euro = Currency.objects.get(code="EUR")
    turn = date(today.year, 1, 1)
    for role, before, since in (("Diver", "112", "118"), ("Project engineer", "88", "92.50")):
        for amount, start, last in (
            (before, first, turn - timedelta(days=1)),
            (since, turn, None),
        ):
            cost = NewCost(None, role, "standard", Decimal(amount), euro, start, last)
            enter_cost_rate(actor=femi, office=office, new=cost)
    return Periods(office.pk)


Plan = Sequence[tuple[str, FiscalPeriod, str, Decimal]]
"""What was budgeted: work package, period, account, amount."""


def _budget(
    project: Project,
    people: Mapping[str, User],
    periods: Periods,
    sketch: Sketch,
    today: date,
) -> Plan:
    """An approved budget over the work packages of the plan, even over their months."""
    total = project.budget or Decimal(0)
    contingency, reserve = (total * share / 100 for share in (Decimal(6), Decimal(4)))
    parts = _packages(project, today)
    amounts = split(total - contingency - reserve, [weight for *_, weight in parts], 2)
    plan: list[tuple[str, FiscalPeriod, str, Decimal]] = []
    for place, ((wbs, first, last, _), amount) in enumerate(zip(parts, amounts, strict=True)):
        months = _months(periods, first, last)
        account = sketch.accounts[place % 2]
        for month, part in zip(months, split(amount, [Decimal(1)] * len(months), 2), strict=True):
            plan.append((wbs, month, account, part))
    budget = begin_budget(
        actor=SYSTEM, project=project, name="Budget of the stage", reason="Gate 3"
    )
    values = {
        "undistributed": Decimal(0),
        "contingency": contingency,
        "management_reserve": reserve,
    }
    budget = change_budget(actor=SYSTEM, budget=budget, values=values, version=None)
    set_lines(actor=SYSTEM, budget=budget, rows=_sheet(plan), version=None)
    submit_budget(actor=SYSTEM, budget=budget, version=None)
    endorse_budget(actor=_finance(project, people), budget=budget, version=None)
    approve_budget(actor=SYSTEM, budget=budget, version=None)
    return plan


def _finance(project: Project, people: Mapping[str, User]) -> Actor:
    """Femi, but on a confidential project, which is not opened to her."""
    if project.classification == Project.Classification.CONFIDENTIAL:
        return SYSTEM
    return people["femi"].actor()


def _packages(project: Project, today: date) -> list[tuple[str, date, date, Decimal]]:
    """Code, first and last day, and weight of each package; of a project without plan the whole."""
    rows = Task.objects.filter(
        plan__project=project, summary=True, outline_level__lte=2, start__isnull=False
    ).order_by("position")
    deepest = max((row.outline_level for row in rows), default=0)
    found = [
        (row.wbs, row.start.date(), row.finish.date(), Decimal(max(row.duration_minutes or 0, 1)))
        for row in rows
        if row.outline_level == deepest and row.start and row.finish
    ]
    if found:
        return found
    first = project.baseline_start or project.planned_start or today
    last = project.baseline_finish or project.planned_finish or today
    return [("", first, last, Decimal(1))]


def _months(periods: Periods, first: date, last: date) -> list[FiscalPeriod]:
    inside = [row for row in periods.rows if row.last >= first and row.first <= last]
    return inside or [periods.need(first)]


def _sheet(plan: Plan) -> list[SheetRow]:
    cells: dict[Key, dict[int, Decimal]] = {}
    for wbs, period, account, amount in plan:
        category, nature = KINDS[account[:2]]
        row = cells.setdefault(Key(wbs, category, nature, "EUR", ""), {})
        row[period.pk] = row.get(period.pk, Decimal(0)) + amount
    return [SheetRow(number, key, row) for number, (key, row) in enumerate(cells.items(), start=1)]


def _fund(
    project: Project, people: Mapping[str, User], sketch: Sketch, plan: Plan, today: date
) -> None:
    first = min(period.first for _, period, *_ in plan)
    last = max(max(period.last for _, period, *_ in plan), today + timedelta(days=120))
    amount = (project.budget or Decimal(0)) * sketch.released_pct / 100
    asked = AskedFunding("Gate 3", amount.quantize(CENT), first, last, "The stage is approved")
    release = propose_funding(actor=SYSTEM, project=project, asked=asked)
    release = approve_funding(actor=SYSTEM, release=release, version=None)
    release_funding(actor=_finance(project, people), release=release, version=None)


def _orders(
    projects: Mapping[str, Project], people: Mapping[str, User], today: date
) -> list[tuple[str, Commitment, str, Decimal]]:
    """The orders with what came of them, as code, order, account and amount that came."""
    found = []
    for place, (code, number, supplier, unit, account, size, came) in enumerate(ORDERS):
        day = today - timedelta(days=110 - 9 * place)
        category, nature = KINDS[account[:2]]
        amount = size * THOUSAND
        line = NewLine("", category, nature, "As tendered", amount, today + timedelta(days=45))
        new = NewOrder(number, supplier, "", Currency.objects.get(code=unit), day, True, [line])
        femi = people["femi"].actor()
        order = place_order(actor=femi, project=projects[code], new=new, today=today)
        part = (amount * came / 100).quantize(CENT)
        if part:
            came_on = today - timedelta(days=20)
            receipt = NewReceipt(1, came_on, part)
            receive(actor=femi, order=order, new=receipt, version=None, today=today)
        found.append((code, order, account, part))
    return found


def _month(
    plans: Mapping[str, Plan],
    period: FiscalPeriod,
    is_last: bool,
    orders: Sequence[tuple[str, Commitment, str, Decimal]],
) -> Iterator[dict[str, str]]:
    """The rows of the ledger of one month."""
    number = 0
    for sketch in SKETCHES:
        for wbs, month, account, amount in plans[sketch.code]:
            if month.pk == period.pk and amount:
                number += 1
                cost = (amount * Decimal(sketch.pace)).quantize(CENT)
                yield _row(period, number, account, sketch.code, cost, wbs_code=wbs)
    if not is_last:
        return
    for code, order, account, came in orders:
        number += 1
        invoiced = (came * 3 / 4).quantize(CENT)
        if invoiced:
            yield _row(
                period,
                number,
                account,
                code,
                invoiced,
                currency=order.currency_id,
                po_no=order.number,
                supplier=order.supplier,
            )
    yield _row(period, number + 1, "6100", "P-2291", Decimal("18450.00"), text="Quay wall survey")
    yield _row(period, number + 2, "7990", "HARB", Decimal("2310.40"), text="Collected postings")
    yield _row(period, number + 3, "6400", "ERP", Decimal("4800.00"), text="Licence, late invoice")


def _row(
    period: FiscalPeriod, number: int, account: str, code: str, amount: Decimal, **more: str
) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "") | {
        "source_system": "SAP",
        "document_no": f"{period.name}-{number:04}",
        "line_no": "1",
        "posting_date": f"{period.first:%Y-%m-%d}",
        "account": account,
        "project_code": code,
        "amount": str(amount),
        "currency": "EUR",
    }
    return row | more


def _draw(project: Project, people: Mapping[str, User], period: FiscalPeriod) -> None:
    """Old timber piles were found under section 1."""
    asked = AskedDraw(
        reserve="contingency",
        amount=Decimal(640_000),
        cites="risk",
        cited="R-7",
        reason="Old timber piles under section 1 had to be drawn",
        category="services",
        nature="capex",
        period=period,
    )
    draw = submit_draw(actor=people["piet"].actor(), project=project, asked=asked)
    approve_draw(actor=people["piet"].actor(), draw=draw, version=None)


def _forecast(
    project: Project,
    people: Mapping[str, User],
    periods: Periods,
    sketch: Sketch,
    plan: Plan,
    today: date,
) -> None:
    """What the rest is to cost, beside what is ordered."""
    open_now = {row.pk for row in periods.rows if row.is_open and row.first > today}
    ahead = [
        (wbs, period, account, (amount * Decimal(sketch.forecast)).quantize(CENT))
        for wbs, period, account, amount in plan
        if period.pk in open_now
    ]
    ordered = available(project, today).commitments
    rest = sum((amount for *_, amount in ahead), Decimal(0))
    if rest <= ordered:
        return
    parts = split(rest - ordered, [amount for *_, amount in ahead], 2)
    lines = [
        (wbs, period, account, part)
        for (wbs, period, account, _), part in zip(ahead, parts, strict=True)
    ]
    forecast = begin_forecast(actor=SYSTEM, project=project, reason="Monthly forecast")
    set_forecast_lines(actor=SYSTEM, forecast=forecast, rows=_sheet(lines), version=None)
    asking = sheet_of(forecast).asking
    reasons = {row.part: "Ground worse than the borings said" for row in asking}
    set_variance_reasons(actor=SYSTEM, forecast=forecast, reasons=reasons, version=None)
    submit_forecast(actor=SYSTEM, forecast=forecast, version=None)
    endorse_forecast(actor=people["femi"].actor(), forecast=forecast, version=None)
    approve_forecast(actor=SYSTEM, forecast=forecast, version=None)


def _case(
    project: Project,
    people: Mapping[str, User],
    sketch: Sketch,
    plan: Plan,
    periods: Periods,
    today: date,
) -> None:
    """The case that the project was approved for, and what is expected of it now."""
    assert sketch.benefits is not None
    yearly, count, now = sketch.benefits
    costs: dict[int, Decimal] = {}
    for _, period, _, amount in plan:
        costs[period.year] = costs.get(period.year, Decimal(0)) + amount
    first, last = min(costs), max(costs)
    amount = yearly * THOUSAND
    flows = {year: Flows(cost, Decimal(0)) for year, cost in costs.items()}
    brings = range(last + 1, last + 1 + count)
    flows |= {year: Flows(Decimal(0), amount) for year in brings}
    case = draft_case(
        actor=SYSTEM,
        project=project,
        first_year=first,
        rate_pct=Decimal("6"),
        flows=flows,
        reason="Gate 1",
    )
    case = submit_case(actor=SYSTEM, case=case, version=None)
    approve_case(actor=SYSTEM, case=case, version=None)
    if now != "1.00":
        expect_benefits(
            actor=SYSTEM,
            project=project,
            benefits={year: (amount * Decimal(now)).quantize(CENT) for year in brings},
            reason="Traffic of the last two quarters",
            version=None,
        )
