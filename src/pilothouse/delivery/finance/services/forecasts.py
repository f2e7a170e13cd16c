# SPDX-License-Identifier: Apache-2.0
"""A forecast is begun, filled by the sheet and given its reasons; only drafts change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.lines import Key, Reading, SheetRow, key_of
from pilothouse.delivery.finance.models import (
    Budget,
    BudgetLine,
    Category,
    ContingencyDraw,
    FiscalPeriod,
    Forecast,
    ForecastLine,
    Nature,
    VarianceReason,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.money import is_stored, kept_rate
from pilothouse.delivery.finance.queries.forecasts import Part
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.finance.services.budget_sheet import require_none
from pilothouse.delivery.finance.services.budgets import line_of_draw
from pilothouse.delivery.finance.services.opened import locked_forecast, locked_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

State = Forecast.State
MOST_LINES = 20_000
Cell = tuple[Key, int]


@transaction.atomic
def begin_forecast(
    *, actor: Actor, project: Project, reason: str = "", today: date | None = None
) -> Forecast:
    """Begin a version: what the latest one says of periods to come, else what is budgeted for them
    with what was drawn on the reserves.

    Who: C on forecast. Writes: Forecast with its lines. Raises: Invalid while another is open.
    """
    row = locked_project(project)
    allowed = rules.require(actor, row, rules.FORECAST, "C", "forecast the cost")
    if Forecast.objects.filter(project=row, state__in=Forecast.OPEN).exists():
        raise Invalid(
            "finance.forecast_open",
            f"A forecast of project {row.code} is open already; have it decided or withdraw it.",
        )
    before = Forecast.objects.filter(project=row).exclude(state=State.WITHDRAWN).first()
    last = Forecast.objects.filter(project=row).aggregate(last=Max("number"))["last"] or 0
    forecast = Forecast(
        project=row,
        number=last + 1,
        currency=row.currency,
        reason=reason.strip()[:REASON_LENGTH],
    )
    core.create(actor=allowed, obj=forecast, names=("number", "reason"), office_id=row.office_id)
    to_come = {
        "period__state": FiscalPeriod.State.OPEN,
        "period__last__gte": today or clock.today(),
    }
    source: Iterable[BudgetLine | ForecastLine] = (
        _budgeted(row, to_come) if before is None else before.lines.filter(**to_come)
    )
    ForecastLine.objects.bulk_create(
        [
            ForecastLine(
                forecast=forecast,
                period_id=line.period_id,
                amount=line.amount,
                rate=line.rate,
                own_amount=line.own_amount,
                **key_of(line).columns(),
            )
            for line in source
        ],
        batch_size=500,
    )
    return forecast


def _budgeted(project: Project, to_come: Mapping[str, Any]) -> Iterable[BudgetLine]:
    """The lines of the approved budget, and its approved draws as lines."""
    budget = Budget.objects.filter(project=project, state=Budget.State.APPROVED).first()
    if budget is None:
        return
    yield from budget.lines.filter(**to_come)
    for draw in budget.draws.filter(state=ContingencyDraw.State.APPROVED, **to_come):
        yield line_of_draw(draw, budget)


@transaction.atomic
def set_forecast_lines(
    *, actor: Actor, forecast: Forecast, rows: Sequence[SheetRow], version: int | None
) -> Forecast:
    """Put cells into a draft: what each part is still to cost in each open period.

    A cell of 0 takes its line away. What is past is read from the ledger and cannot be typed.
    Who: U on forecast. Writes: ForecastLine. Raises: Invalid naming each row, Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = rules.require(actor, row.project, rules.FORECAST, "U", "change the forecast")
    require_draft(row)
    sheet = _Sheet(row)
    wrong: dict[int, str] = {}
    wanted: dict[Cell, ForecastLine | None] = {}
    for told in rows:
        try:
            for period, amount in told.cells.items():
                wanted[told.key, period] = sheet.cell(told.key, period, amount)
        except ValueError as error:
            wrong[told.number] = str(error)
    require_none(wrong)
    sheet.write(allowed, wanted)
    return row


@transaction.atomic
def take_forecast_lines(
    *,
    actor: Actor,
    forecast: Forecast,
    table: Mapping[int, Sequence[str]],
    version: int | None,
    decimal_comma: bool = False,
) -> Forecast:
    """As ``set_forecast_lines`` for the rows of a table as they were pasted.

    Who: U on forecast. Writes: ForecastLine. Raises: Invalid naming each row, Conflict.
    """
    rules.require(actor, forecast.project, rules.FORECAST, "U", "change the forecast")
    periods = [row for row in Periods(forecast.project.office_id).rows if row.is_open]
    reading = Reading(periods, forecast.currency_id, decimal_comma=decimal_comma)
    try:
        read = reading.read(table)
    except ValueError as error:
        raise Invalid(
            "finance.forecast_head",
            f"The head of the table cannot be read: {error}. Only open periods can be typed.",
            fields={"lines": str(error)},
        ) from None
    require_none(read.wrong)
    if not read.rows:
        raise Invalid(
            "finance.forecast_none",
            "The table holds no row; give at least one below its head.",
            fields={"lines": "No row."},
        )
    return set_forecast_lines(actor=actor, forecast=forecast, rows=read.rows, version=version)


@transaction.atomic
def set_variance_reasons(
    *, actor: Actor, forecast: Forecast, reasons: Mapping[Part, str], version: int | None
) -> Forecast:
    """Say why parts of the work are to cost more or less than their budget; empty takes it away.

    Who: U on forecast. Writes: VarianceReason. Raises: Invalid for a text that is too long,
    Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = rules.require(actor, row.project, rules.FORECAST, "U", "change the forecast")
    require_draft(row)
    long = [part for part, text in reasons.items() if len(text) > REASON_LENGTH]
    if long:
        message = f"A reason has at most {REASON_LENGTH} characters."
        raise Invalid("finance.forecast_reason_long", message, fields={"reasons": message})
    for part, text in reasons.items():
        known = VarianceReason.objects.filter(forecast=row, **part._asdict())
        if not text.strip():
            known.delete()
        elif not known.update(reason=text.strip()):
            VarianceReason.objects.create(forecast=row, reason=text.strip(), **part._asdict())
    core.touch(actor=allowed, obj=row)
    core.record(
        actor=allowed,
        action="forecast.reasons",
        obj=row,
        after={" ".join(part): text for part, text in reasons.items()},
        office_id=row.project.office_id,
    )
    return row


def require_draft(row: Forecast) -> None:
    """Raises Invalid for a version that was submitted: it is kept as it was."""
    if row.state != State.DRAFT:
        raise Invalid(
            "finance.forecast_fixed",
            f"Forecast {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()} and no longer changes; begin another.",
        )


class _Sheet:
    """The lines of a draft, and what may be put among them."""

    def __init__(self, forecast: Forecast) -> None:
        office = OrgUnit.objects.get(pk=forecast.project.office_id)
        self._forecast = forecast
        self._rates = Rates(office)
        self._periods = Periods(office.pk)
        self._lines = {(key_of(line), line.period_id): line for line in forecast.lines.all()}

    def cell(self, key: Key, period_id: int, amount: Decimal) -> ForecastLine | None:
        """A line as it is to be; None takes it away. Raises: ValueError."""
        period = self._periods.by_id.get(period_id)
        if period is None:
            raise ValueError("its period is none of this office")
        known = self._lines.get((key, period_id))
        if known is not None and known.amount == amount:
            return known
        if not period.is_open:
            raise ValueError(f"{period.name} is closed: what it cost stands in the ledger")
        self._require(key)
        if not amount.is_finite() or not 0 <= amount <= LARGEST:
            raise ValueError(f"the amount of {period.name} must lie from 0 to {LARGEST:,.0f}")
        if not is_stored(amount, self._rates.units[key.currency]):
            raise ValueError(f"the amount of {period.name} has more decimals than {key.currency}")
        if not amount:
            return None
        own = self._forecast.currency_id
        try:
            rate = self._rates.rate(Kind.CLOSING, key.currency, own, clock.today())
        except Invalid as error:
            raise ValueError(error.message[0].lower() + error.message[1:].rstrip(".")) from None
        own_amount = self._rates.at(rate, amount, own)
        if own_amount > LARGEST:
            raise ValueError(f"the amount of {period.name} is too large in {own}")
        return ForecastLine(
            forecast=self._forecast,
            period_id=period_id,
            amount=amount,
            rate=kept_rate(rate),
            own_amount=own_amount,
            **key.columns(),
        )

    def write(self, actor: Actor, wanted: Mapping[Cell, ForecastLine | None]) -> None:
        """Save what differs. Raises: Invalid for more lines than are kept."""
        moved = {
            place: line for place, line in wanted.items() if line is not self._lines.get(place)
        }
        if not moved:
            return
        if len({*self._lines, *moved}) > MOST_LINES:
            raise Invalid(
                "finance.forecast_lines",
                f"At most {MOST_LINES:,} lines are kept; forecast coarser parts of the work.",
            )
        gone = [self._lines[place].pk for place in moved if place in self._lines]
        ForecastLine.objects.filter(pk__in=gone).delete()
        ForecastLine.objects.bulk_create([line for line in moved.values() if line is not None])
        core.touch(actor=actor, obj=self._forecast)
        core.record(
            actor=actor,
            action="forecast.lines",
            obj=self._forecast,
            after={
                "cells": [
                    [*key, period, Decimal(0) if line is None else line.amount]
                    for (key, period), line in moved.items()
                ]
            },
            office_id=self._forecast.project.office_id,
        )

    def _require(self, key: Key) -> None:
        if len(key.wbs) > CODE_LENGTH or len(key.text) > NAME_LENGTH:
            raise ValueError(
                f"a WBS code has at most {CODE_LENGTH} characters and a text {NAME_LENGTH}"
            )
        if key.category not in Category.values or key.nature not in Nature.values:
            raise ValueError("its category or nature is not known")
        if key.currency not in self._rates.units:
            raise ValueError(f"‘{key.currency[:10]}’ is no currency that is kept here")
