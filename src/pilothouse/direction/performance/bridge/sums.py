# SPDX-License-Identifier: Apache-2.0
"""Many projects as one: sums over the same months, never means of indices (R-EVM-01)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from pilothouse.delivery.finance.queries.at_work import Month
from pilothouse.direction.performance.bridge.earned import figures_kept
from pilothouse.direction.performance.models import EarnedValuePoint, EarnedValueStatus
from pilothouse.engine.earned_value import EarnedValue, Performance, measure, together

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """One project among many: what is kept of it, and what its currency is worth."""

    status: EarnedValueStatus
    points: Sequence[EarnedValuePoint]
    rate: Decimal


@dataclass(frozen=True, slots=True)
class MonthSum:
    """Cumulative sums at the end of a month; nothing earned or spent after today."""

    name: str
    first: date
    last: date
    pv: Decimal
    ev: Decimal | None
    ac: Decimal | None


@dataclass(frozen=True, slots=True)
class Summed:
    """The figures of many projects, and their course by month."""

    found: EarnedValue
    figures: list[dict[str, object]]
    months: list[MonthSum]
    performance: Performance


def summed(shares: Sequence[Share], today: date) -> Summed:
    """Several projects as one, at their own status dates, over calendar months."""
    first = min(share.points[0].first for share in shares)
    last = max(max(share.points[-1].last for share in shares), today)
    months = _months(first, last)
    current = max(
        0, min(len(months) - 1, bisect_right([month.first for month in months], today) - 1)
    )
    at = _elapsed(months, current, today)
    parts = [_part(share, months, current, at) for share in shares]
    whole = together(parts)
    duration = max(share.points[: share.status.periods][-1].last for share in shares)
    length = sum(1 for month in months if month.first <= duration)
    whole = Performance(
        planned=(*whole.planned[: length - 1], whole.planned[-1]),
        at=at,
        earned=whole.earned,
        actual=whole.actual,
        to_complete=whole.to_complete,
        loe=whole.loe,
        planned_now=whole.planned_now,
    )
    found = measure(whole)
    rows = [
        MonthSum(
            month.name,
            month.first,
            month.last,
            whole.planned[min(place, length - 1)],
            whole.earned[place] if place <= current else None,
            whole.actual[place] if place <= current else None,
        )
        for place, month in enumerate(months)
    ]
    return Summed(found, list(figures_kept(found)), rows, whole)


def _part(share: Share, months: Sequence[Month], current: int, at: Decimal) -> Performance:
    status, rate = share.status, share.rate
    planned = [_planned(share.points, month.last) * rate for month in months]
    planned[-1] = status.bac * rate
    earned = [_known(share.points, "ev", month.last) * rate for month in months[:current]]
    actual = [_known(share.points, "ac", month.last) * rate for month in months[:current]]
    return Performance(
        planned=tuple(accumulate(planned, max)),
        at=at,
        earned=(*earned, status.ev * rate),
        actual=(*actual, status.ac * rate),
        to_complete=None if status.to_complete is None else status.to_complete * rate,
        loe=status.loe * rate,
        planned_now=status.pv * rate,
    )


def _planned(points: Sequence[EarnedValuePoint], day: date) -> Decimal:
    """Planned value at the end of a day, even between the ends of two periods."""
    place = bisect_right([point.last for point in points], day)
    before = points[place - 1].pv if place else ZERO
    if place == len(points) or day < points[place].first:
        return before
    point = points[place]
    whole = (point.last - point.first).days + 1
    return before + (point.pv - before) * ((day - point.first).days + 1) / whole


def _known(points: Sequence[EarnedValuePoint], name: str, day: date) -> Decimal:
    """The last amount that was told by a day."""
    value = ZERO
    for point in points:
        amount: Decimal | None = getattr(point, name)
        if point.last > day or amount is None:
            break
        value = amount
    return value


def _months(first: date, last: date) -> list[Month]:
    day, found = first.replace(day=1), []
    while day <= last:
        after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        found.append(Month(f"{day:%Y-%m}", day, after - timedelta(days=1)))
        day = after
    return found


def _elapsed(months: Sequence[Month], current: int, today: date) -> Decimal:
    month = months[current]
    if today < month.first:
        return Decimal(0)
    days = (month.last - month.first).days + 1
    return current + Decimal(min(days, (today - month.first).days + 1)) / days
