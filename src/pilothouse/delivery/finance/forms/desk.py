# SPDX-License-Identifier: Apache-2.0
"""Forms of the finance desk: years, the policy, rates, and the rules of codes."""

from __future__ import annotations

import csv
from calendar import month_name
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.costing import Worker
from pilothouse.delivery.finance.forms.parts import (
    MOST,
    NUMBER,
    PLACES,
    categories,
    currencies,
    currency_field,
    natures,
)
from pilothouse.delivery.finance.models import (
    AccountRule,
    Category,
    CodeRule,
    CostRate,
    ExchangeRate,
    FinancePolicy,
    Nature,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH
from pilothouse.delivery.finance.services.cost_rates import NewCost
from pilothouse.delivery.finance.services.exchange import (
    COLUMNS,
    LARGEST,
    NEEDED,
    NewRate,
)
from pilothouse.delivery.finance.services.exchange import PLACES as RATE_PLACES
from pilothouse.delivery.finance.services.periods import POLICY_FIELDS
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Field, Options, as_text
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.queries import office_people

OTHER_NAMES = {
    "from currency": "from",
    "to currency": "to",
    "date": "day",
    "valid from": "day",
    "valid to": "last",
    "last day": "last",
}
"""How other tables of rates call the columns."""


def policy_fields() -> list[Field]:
    months = [(str(number), _(month_name[number])) for number in range(1, 13)]
    checks = [(key, _(str(label))) for key, label in FinancePolicy.FundingCheck.choices]
    rates = [(key, _(str(label))) for key, label in FinancePolicy.ActualRate.choices]
    return [
        Field("funding_check", _("Funding"), "select", True, options=checks),
        Field(
            "pm_contingency_pct",
            _("Contingency that the project manager may draw, %"),
            required=True,
            hint=_("Of the contingency of the project, all draws together."),
            attrs=NUMBER,
        ),
        Field("year_begins", _("Fiscal years begin in"), "select", True, options=months),
        Field("actual_rate", _("Actual exchange rate"), "select", True, options=rates),
        Field(
            "variance_pct",
            _("Variance that asks for a reason, %"),
            required=True,
            hint=_("A line that is off its budget by more than this share, and by the amount."),
            attrs=NUMBER,
        ),
        Field("variance_amount", _("And more than, amount"), required=True, attrs=NUMBER),
    ]


def policy_initial(row: FinancePolicy) -> dict[str, str]:
    return {name: as_text(getattr(row, name)) or "0" for name in POLICY_FIELDS}


def read_policy(reader: Reader) -> dict[str, Any]:
    hundred, zero = Decimal(100), Decimal(0)
    return {
        "funding_check": reader.choice("funding_check", FinancePolicy.FundingCheck.values),
        "pm_contingency_pct": reader.decimal(
            "pm_contingency_pct", low=zero, high=hundred, required=True
        ),
        "year_begins": reader.whole("year_begins", 1, 12),
        "actual_rate": reader.choice("actual_rate", FinancePolicy.ActualRate.values),
        "variance_pct": reader.decimal("variance_pct", low=zero, high=Decimal(9999), required=True),
        "variance_amount": reader.decimal(
            "variance_amount", low=zero, high=MOST, places=PLACES, required=True
        ),
    }


def kinds_of_rate() -> Options:
    return [(key, _(str(label))) for key, label in ExchangeRate.Kind.choices]


def rate_fields() -> list[Field]:
    codes = currencies()
    return [
        Field("kind", _("Kind"), "select", True, options=kinds_of_rate()),
        Field("from_currency", _("One unit of"), "select", True, options=codes),
        Field("to_currency", _("Is worth, in"), "select", True, options=codes),
        Field("rate", _("Rate"), required=True, hint=_("Such as 1.0857."), attrs=NUMBER),
        Field("valid_from", _("First day"), "date", True),
        Field("valid_to", _("Last day"), "date", hint=_("Empty: until the next one begins.")),
        Field("source", _("Source"), hint=_("Such as the central bank, or treasury."), wide=True),
    ]


def read_rate(reader: Reader) -> NewRate:
    kind = reader.choice("kind", ExchangeRate.Kind.values)
    one, other = reader.text("from_currency", 3), reader.text("to_currency", 3)
    rate = reader.decimal("rate", high=LARGEST, places=RATE_PLACES, required=True)
    first = reader.day("valid_from", required=True)
    last = reader.day("valid_to")
    source = reader.text("source", NAME_LENGTH)
    reader.check("finance.entry")
    assert rate is not None and first is not None
    return NewRate(kind, one, other, rate, first, last, source)


def read_lines(text: str) -> dict[int, dict[str, str]]:
    """The lines of a pasted table by number; the first row names the columns.

    Cells are set apart by tabs, semicolons or commas.
    """
    rows = text.replace("\0", "").splitlines()
    mark = next((sign for sign in "\t;," if rows and sign in rows[0]), ",")
    try:
        table = list(csv.reader(rows, delimiter=mark))
    except csv.Error:
        message = "A cell is too long, or a quotation mark is never closed; mend it and try again."
        raise Invalid("finance.rate_table", message, fields={"lines": message}) from None
    head = [cell.strip().casefold() for cell in table[0]] if table else []
    names = [OTHER_NAMES.get(name, name) for name in head]
    missing = [name for name in NEEDED if name not in names]
    if missing or any(names.count(name) > 1 for name in COLUMNS):
        message = (
            "The first row names the columns, each once: kind, from, to, day, rate, and perhaps "
            "last and source."
        )
        raise Invalid("finance.rate_columns", message, fields={"lines": message})
    found = {}
    for number, row in enumerate(table[1:], start=2):
        cells = {
            name: cell.strip() for name, cell in zip(names, row, strict=False) if name in COLUMNS
        }
        if any(cells.values()):
            found[number] = cells
    return found


def cost_fields(office: OrgUnit) -> list[Field]:
    people: Options = [
        ("", "–"),
        *(
            (str(pk), name)
            for pk, name in office_people(office.pk)
            .distinct()
            .order_by("full_name", "pk")
            .values_list("pk", "full_name")
        ),
    ]
    kinds = [(key, _(str(label))) for key, label in CostRate.Kind.choices]
    return [
        Field(
            "person", _("Person"), "select", options=people, hint=_("Or, for all in it, a role.")
        ),
        Field("role", _("Role"), hint=_("Such as Diver; it counts where a person has no rate.")),
        Field("kind", _("Kind"), "select", True, options=kinds),
        Field("amount", _("Amount per hour"), required=True, attrs=NUMBER),
        currency_field(),
        Field("valid_from", _("First day"), "date", True),
        Field("valid_to", _("Last day"), "date", hint=_("Empty: without an end.")),
    ]


def work_fields(workers: Mapping[str, tuple[str, Worker]]) -> list[Field]:
    """Whose hours of which day are to be priced, and in which currency."""
    options: Options = [("", "–"), *((key, name) for key, (name, _worker) in workers.items())]
    return [
        Field("who", _("Person or role"), "select", True, options=options),
        Field("day", _("Day of the work"), "date", True),
        Field("hours", _("Hours"), required=True, attrs=NUMBER),
        currency_field(),
    ]


def read_work(
    reader: Reader, workers: Mapping[str, tuple[str, Worker]]
) -> tuple[Worker, date, Decimal, str]:
    """Worker, day, hours and currency."""
    who = reader.choice("who", workers)
    day = reader.day("day", required=True)
    hours = reader.decimal("hours", low=Decimal(0), high=Decimal(24), places=2, required=True)
    currency = reader.row("currency", Currency.objects.all(), required=True)
    reader.check("finance.entry")
    assert day is not None and hours is not None and currency is not None
    return workers[who][1], day, hours, currency.code


def read_cost(reader: Reader, office: OrgUnit) -> NewCost:
    person = reader.row("person", office_people(office.pk).distinct())
    role = reader.text("role", NAME_LENGTH)
    kind = reader.choice("kind", CostRate.Kind.values)
    amount = reader.decimal("amount", low=Decimal(0), high=MOST, places=PLACES, required=True)
    currency = reader.row("currency", Currency.objects.all(), required=True)
    first = reader.day("valid_from", required=True)
    last = reader.day("valid_to")
    reader.check("finance.entry")
    assert amount is not None and currency is not None and first is not None
    return NewCost(person, role, kind, amount, currency, first, last)


def account_fields() -> list[Field]:
    return [
        Field(
            "account", _("Account"), required=True, hint=_("6* is every one that begins with 6.")
        ),
        Field("category", _("Category"), "select", True, options=categories()),
        Field("nature", _("Capex or opex"), "select", True, options=natures()),
    ]


def account_initial(row: AccountRule) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("account", "category", "nature")}


def read_account(reader: Reader) -> dict[str, Any]:
    return {
        "account": reader.text("account", CODE_LENGTH, required=True),
        "category": reader.choice("category", Category.values),
        "nature": reader.choice("nature", Nature.values),
    }


def code_fields() -> list[Field]:
    return [
        Field("code", _("Code in the ledger"), required=True),
        Field(
            "project",
            _("Project"),
            required=True,
            hint=_("Its code here."),
            attrs={"autocomplete": "off"},
        ),
        Field("wbs", _("Work package"), hint=_("Its WBS code; empty: the project as a whole.")),
    ]


def code_initial(row: CodeRule) -> dict[str, str]:
    return {"code": row.code, "project": row.project.code, "wbs": row.wbs}


def read_code(reader: Reader, actor: Actor, office: OrgUnit) -> Mapping[str, Any]:
    code = reader.text("code", CODE_LENGTH, required=True)
    named = reader.text("project", CODE_LENGTH, required=True)
    project: Project | None = None
    if named:
        rows = visible_projects(actor).filter(office_id=office.pk)
        project = rows.filter(code__iexact=named).first()
        if project is None:
            reader.wrong("project", f"There is no project {named[:40]} in your sight.")
    return {"code": code, "project": project, "wbs": reader.text("wbs", CODE_LENGTH)}
