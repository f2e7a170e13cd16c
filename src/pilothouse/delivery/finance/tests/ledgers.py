# SPDX-License-Identifier: Apache-2.0
"""Rows of a ledger as tests write them, and an office that can post them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from pilothouse.delivery.finance.ledger_effect import Effect, Posting
from pilothouse.delivery.finance.ledger_rows import COLUMNS
from pilothouse.delivery.finance.models import AccountRule, Actual, CodeRule
from pilothouse.delivery.finance.services.ledger import post_rows
from pilothouse.delivery.finance.tests.desk import months

EMPTY = dict.fromkeys(COLUMNS, "")
PLAIN = {
    **EMPTY,
    "source_system": "SAP",
    "line_no": "1",
    "posting_date": "2026-03-16",
    "account": "6100",
    "project_code": "HARB",
    "currency": "EUR",
}


def row(document: object, amount: object, **cells: str) -> dict[str, str]:
    """One row; what is not told is of Harbour, account 6100, in March 2026."""
    return {**PLAIN, "document_no": str(document), "amount": str(amount), **cells}


def keep_rules(cast) -> None:
    """Periods of 2026, and accounts: 61* are services (opex), 7* hardware (capex)."""
    cast.office.default_currency_id = "EUR"
    cast.office.save(update_fields=["default_currency"])
    months(cast.office, 2026)
    for account, category, nature in (
        ("6*", "other", "opex"),
        ("61*", "services", "opex"),
        ("7*", "hardware", "capex"),
    ):
        AccountRule.objects.create(
            office=cast.office, account=account, category=category, nature=nature
        )
    CodeRule.objects.create(office=cast.office, code="4711", project=cast.harbour, wbs="1.2")


def post(cast, rows: Iterable[Mapping[str, str]], who: str = "femi", **told) -> Effect:
    """Post rows as somebody; ``told`` goes into the posting."""
    return post_rows(
        actor=cast.people[who].actor(),
        office=cast.office,
        rows=enumerate(rows, start=2),
        posting=Posting(**{"name": "March", **told}),
    )


def live(cast) -> dict[str, Decimal]:
    """Sum of the rows that count, by currency."""
    found: dict[str, Decimal] = {}
    for currency, amount in (
        Actual.objects.filter(office_id=cast.office.pk)
        .exclude(state="rolled_back")
        .values_list("currency_id", "amount")
    ):
        found[currency] = found.get(currency, Decimal(0)) + amount
    return found
