# SPDX-License-Identifier: Apache-2.0
"""The page of a forecast: its sheet with what may be typed, its versions, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.lines import Key, key_of
from pilothouse.delivery.finance.models import FiscalPeriod, Forecast
from pilothouse.delivery.finance.queries.forecasts import (
    ForecastSheet,
    PartRow,
    forecasts_of,
    sheet_of,
)
from pilothouse.delivery.finance.queries.opening import OpenedProject
from pilothouse.foundation.core import clock

AHEAD = timedelta(days=366)
"""So far ahead columns are offered where the project has no end."""
State = Forecast.State


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One row of the sheet; ``part`` is told on the first row of each part of the work."""

    key: Key
    row: PartRow
    first: bool
    cells: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """A forecast as it may be seen and changed; ``forecast`` is None before there is one.

    ``past`` are the periods of which only what was spent is shown.
    """

    opened: OpenedProject
    forecast: Forecast | None
    sheet: ForecastSheet | None
    lines: Sequence[SheetLine]
    periods: Sequence[FiscalPeriod]
    past: frozenset[int]
    versions: Sequence[Forecast]
    may_begin: bool
    may_type: bool
    steps: Sequence[str]


def forecast_page(opened: OpenedProject, forecast: Forecast | None) -> ForecastPage:
    """The page of one forecast, or of the one that is worked on: the open, else the latest."""
    versions = list(forecasts_of(opened))
    if forecast is None:
        chosen = [row for row in versions if row.state in Forecast.OPEN]
        chosen += [row for row in versions if row.state == State.APPROVED]
        forecast = next(iter([*chosen, *versions]), None)
    open_one = any(row.state in Forecast.OPEN for row in versions)
    may_begin = opened.may(rules.FORECAST, "C") and not open_one
    if forecast is None:
        return ForecastPage(opened, None, None, (), (), frozenset(), versions, may_begin, False, ())
    forecast.project = opened.project
    sheet = sheet_of(forecast)
    return ForecastPage(
        opened,
        forecast,
        sheet,
        _lines(forecast, sheet),
        _periods(opened, sheet),
        _past(forecast, sheet),
        versions,
        may_begin,
        forecast.state == State.DRAFT and opened.may(rules.FORECAST, "U"),
        _steps(opened, forecast),
    )


def _lines(forecast: Forecast, sheet: ForecastSheet) -> list[SheetLine]:
    cells: dict[Key, dict[int, Decimal]] = {}
    for line in sheet.lines:
        cells.setdefault(key_of(line), {})[line.period_id] = line.amount
    found = []
    for row in sheet.rows:
        usual = Key(*row.part, forecast.currency_id, "")
        keys = [key for key in sorted(cells) if key[:3] == row.part] or [usual]
        found += [
            SheetLine(key, row, place == 0, cells.get(key, {})) for place, key in enumerate(keys)
        ]
    return found


def _periods(opened: OpenedProject, sheet: ForecastSheet) -> list[FiscalPeriod]:
    """Periods in which something stands, and those to come up to the end of the project."""
    project = opened.project
    used = {key for row in sheet.rows for key in (*row.spent, *row.planned)}
    ends = [day for day in (project.planned_finish, project.baseline_finish) if day is not None]
    today = clock.today()
    last = max(ends, default=today + AHEAD)
    return [
        row
        for row in sheet.periods
        if row.pk in used or (row.is_open and row.last >= today and row.first <= last)
    ]


def _past(forecast: Forecast, sheet: ForecastSheet) -> frozenset[int]:
    """Closed periods, but for those that were open when the version was submitted."""
    kept = forecast.cost is not None
    planned = {key for row in sheet.rows for key in row.planned} if kept else set()
    return frozenset(row.pk for row in sheet.periods if not row.is_open) - planned


def _steps(opened: OpenedProject, forecast: Forecast) -> list[str]:
    """What the reader may do to the version now."""
    found = []
    actor, state = opened.actor, forecast.state
    if state == State.DRAFT and opened.may(rules.FORECAST, "S"):
        found.append("submit")
    endorses = state == State.SUBMITTED and deciding.as_forecast_endorser(actor, forecast)
    if endorses:
        found.append("endorse")
    decides = state in (State.SUBMITTED, State.ENDORSED) and deciding.as_forecast_approver(
        actor, forecast
    )
    if decides and state == State.ENDORSED:
        found.append("approve")
    if decides or (
        state in (State.SUBMITTED, State.ENDORSED)
        and deciding.as_forecast_endorser(actor, forecast)
    ):
        found.append("return")
    if state in Forecast.OPEN and opened.may(rules.FORECAST, "S"):
        found.append("withdraw")
    return found
