# SPDX-License-Identifier: Apache-2.0
"""Writing the lines of a budget as rows of a sheet; finance puts them under another nature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.lines import Key as Key
from pilothouse.delivery.finance.lines import Reading, key_of
from pilothouse.delivery.finance.lines import SheetRow as SheetRow
from pilothouse.delivery.finance.models import Budget, BudgetLine, FiscalPeriod, Nature
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services.budget_sheet import Place, Sheet, Wanted, require_none
from pilothouse.delivery.finance.services.budgets import require_draft
from pilothouse.delivery.finance.services.keeping import required_reason
from pilothouse.delivery.finance.services.opened import locked_budget
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

ZERO = Decimal(0)
_COLUMNS = ("amount", "rate", "own_amount")


@dataclass(frozen=True, slots=True)
class Written:
    """How many cells differ now, and what the version comes to before and after."""

    cells: int
    total_before: Decimal
    total_after: Decimal


@transaction.atomic
def set_lines(
    *,
    actor: Actor,
    budget: Budget,
    rows: Sequence[SheetRow],
    version: int | None,
    whole: bool = False,
) -> Written:
    """Put rows of a sheet into a draft: exactly the cells they name, all or none.

    A cell of 0 takes its line away; ``whole`` takes all others away too. Periods may be closed:
    a budget is a plan, nothing is posted by it. Amounts of another currency count at the budget
    rate of the first day of the fiscal year.
    Who: U on budget. Writes: BudgetLine, Budget. Raises: Invalid naming each row, Conflict.
    """
    row = locked_budget(budget, version)
    allowed = rules.require(actor, row.project, rules.BUDGET, "U", "change the budget")
    require_draft(row)
    sheet = Sheet(row, by_finance=deciding.as_finance(actor, row.project) is not None)
    return _write(allowed, row, sheet, sheet.wanted(rows, whole=whole))


@transaction.atomic
def take_lines(
    *,
    actor: Actor,
    budget: Budget,
    table: Mapping[int, Sequence[str]],
    version: int | None,
    decimal_comma: bool = False,
    first: FiscalPeriod | None = None,
    whole: bool = False,
) -> Written:
    """As ``set_lines`` for the rows of a table as they were pasted or stood in a file.

    Who: U on budget. Writes: BudgetLine, Budget. Raises: Invalid naming each row, Conflict.
    """
    rules.require(actor, budget.project, rules.BUDGET, "U", "change the budget")
    periods = Periods(budget.project.office_id).rows
    reading = Reading(periods, budget.currency_id, decimal_comma=decimal_comma, first=first)
    try:
        read = reading.read(table)
    except ValueError as error:
        raise Invalid(
            "finance.lines_head",
            f"The head of the table cannot be read: {error}.",
            fields={"lines": str(error)},
        ) from None
    require_none(read.wrong)
    if not read.rows:
        raise Invalid(
            "finance.lines_none",
            "The table holds no row; give at least one below its head.",
            fields={"lines": "No row."},
        )
    return set_lines(actor=actor, budget=budget, rows=read.rows, version=version, whole=whole)


@transaction.atomic
def reclassify(
    *,
    actor: Actor,
    budget: Budget,
    key: Key,
    nature: str,
    version: int | None,
    reason: str,
) -> Budget:
    """Put a row of a budget under the other nature, in whatever state it is; totals stay.

    Who: finance. Writes: BudgetLine, Budget. Publishes: MoneyChanged for an approved one.
    Raises: Invalid without a reason or for a row that is not there, Conflict.
    """
    row = locked_budget(budget, version)
    allowed = deciding.as_finance(actor, row.project)
    if allowed is None:
        raise NotAllowed(
            "finance.reclassify",
            f"Only finance puts lines of project {row.project.code} under another nature.",
        )
    if row.state in (Budget.State.SUPERSEDED, Budget.State.WITHDRAWN):
        raise Invalid(
            "finance.budget_over",
            f"Budget {row.number} of project {row.project.code} no longer counts; choose the "
            "approved one or the open one.",
        )
    why = required_reason(reason, "the lines change their nature")
    lines = [line for line in row.lines.all() if key_of(line) == key]
    if not lines or nature not in Nature.values or nature == key.nature:
        raise Invalid(
            "finance.reclassify_row",
            "Choose a row of this budget and the nature that it does not have.",
            fields={"row": "Choose one."},
        )
    target = key._replace(nature=nature)
    there = {line.period_id: line for line in row.lines.all() if key_of(line) == target}
    _move(lines, there, nature)
    _record(
        allowed,
        row,
        "budget.reclassified",
        {"row": list(key)},
        {"row": list(target), "amount": sum((line.own_amount for line in lines), ZERO)},
        why,
    )
    if row.state == Budget.State.APPROVED:
        publish(MoneyChanged((row.project_id,), "budget reclassified"))
    return row


def _move(lines: Iterable[BudgetLine], there: Mapping[int, BudgetLine], nature: str) -> None:
    """Give lines another nature; where one of that nature is there already, add to it."""
    for line in lines:
        other = there.get(line.period_id)
        if other is None:
            line.nature = nature
            line.save(update_fields=["nature"])
        else:
            amounts = (other.amount + line.amount, other.own_amount + line.own_amount)
            other.amount, other.own_amount = amounts
            other.save(update_fields=["amount", "own_amount"])
            BudgetLine.objects.filter(pk=line.pk).delete()


def _write(actor: Actor, row: Budget, sheet: Sheet, wanted: Mapping[Place, Wanted]) -> Written:
    """Save the difference between the lines that are there and those that are wanted."""
    before = totals_of([row])[row.pk].total
    gone = [line for place, line in sheet.lines.items() if place not in wanted]
    new, changed, told = [], [], [_told(line, ZERO) for line in gone]
    for (key, period), (amount, rate, own_amount) in wanted.items():
        line = sheet.lines.get((key, period))
        if line is None:
            line = BudgetLine(budget=row, period_id=period, **key.columns())
            new.append(line)
        elif line.amount == amount:
            continue
        else:
            changed.append(line)
        line.amount, line.rate, line.own_amount = amount, rate, own_amount
        told.append(_told(line, amount))
    if not told:
        return Written(0, before, before)
    BudgetLine.objects.filter(pk__in=[line.pk for line in gone]).delete()
    core.save_many(changed, _COLUMNS)
    BudgetLine.objects.bulk_create(new, batch_size=500)
    after = totals_of([row])[row.pk].total
    _record(actor, row, "budget.lines", {"total": before}, {"total": after, "cells": told}, "")
    return Written(len(told), before, after)


def _told(line: BudgetLine, amount: Decimal) -> list[str | int | Decimal]:
    return [*key_of(line), line.period_id, amount]


def _record(
    actor: Actor,
    row: Budget,
    action: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    reason: str,
) -> None:
    core.touch(actor=actor, obj=row)
    core.record(
        actor=actor,
        action=action,
        obj=row,
        before=before,
        after=after,
        reason=reason,
        office_id=row.project.office_id,
    )
