# SPDX-License-Identifier: Apache-2.0
"""Plan and money of a project → its earned value by package, by period and as a whole."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from operator import add
from typing import Any, NamedTuple

from pilothouse.delivery.finance.money import stored
from pilothouse.delivery.finance.queries.at_work import Month, Spent
from pilothouse.direction.performance.bridge.packages import (
    ZERO,
    Known,
    Package,
    Packages,
    begins,
    ends,
    packages_of,
)
from pilothouse.direction.performance.bridge.progress import (
    add_past,
    default_method,
    pieces_of,
    work_package,
)
from pilothouse.direction.performance.models import PackageMeasure
from pilothouse.engine.earned_value import (
    Clock,
    Earned,
    EarnedValue,
    EvMethod,
    Performance,
    Piece,
    earned,
    measure,
    planned_each,
    spread,
)
from pilothouse.engine.earned_value.figures import DEFINITIONS

KEPT_DIGITS = 4
MOST_PERIODS = 600
MOST_NOTICES = 20
RECENT = 3


@dataclass(frozen=True, slots=True)
class PointValues:
    """Cumulative figures at the end of a period; no cost and nothing earned after the status."""

    month: Month
    pv: Decimal
    ev: Decimal | None
    ac: Decimal | None
    constant: Decimal | None
    told: bool


class PackageFigures(NamedTuple):
    """One package at the status date."""

    package: Package
    measure: PackageMeasure
    earned: Earned
    pv: Decimal
    ac: Decimal
    constant: Decimal
    notice: str


@dataclass(frozen=True, slots=True)
class ProjectValue:
    """Earned value of one project, ready to be kept."""

    status_date: date
    source: str
    at: Decimal
    periods: int
    performance: Performance
    found: EarnedValue
    constant: Decimal
    outside: Decimal
    packages: list[PackageFigures]
    points: list[PointValues]
    notices: list[str]

    @property
    def warnings(self) -> list[str]:
        """Those of the engine, and cost for which nothing is earned."""
        known = self.performance
        idle = known.actual[-1] > 0 and known.earned[-1] == 0
        words = "Cost is booked but nothing is earned yet: enter progress, or look at the cost."
        return [*self.found.warnings, *([words] if idle else [])]


def value_of(known: Known) -> ProjectValue | None:
    """Earned value of a project; None where it has no budget or no dates."""
    packages = packages_of(known)
    if packages is None:
        return None
    status = min(known.work.status_date or known.today, known.today)
    now = ends(status)
    chosen = _measures(packages, known)
    parts = _pieces(packages, chosen, known)
    pieces = [piece for own in parts for piece in own]
    last = max(piece.finish for piece in pieces)
    grid = _grid(known.months, packages.rows, last, status)
    at = _elapsed(grid, status)
    current = max(0, min(len(grid) - 1, bisect_left([month.last for month in grid], status)))
    clock = Clock(known.work.time)
    costs, outside, rest = _costs_of(packages, known.money.spent, grid[current].last)
    figures = _by_package(packages, chosen, parts, known, costs, now, grid, clock)
    duration = 1 + bisect_left([ends(month.last) for month in grid[:-1]], last)
    curve = _curve(pieces, grid, clock)
    history, told = _history(known, figures, grid[:current], now, clock)
    total = sum((row.earned.value for row in figures), ZERO)
    actual, constant = _spent(known.money.spent, grid[: current + 1])
    bac = sum((row.package.budget for row in figures), ZERO)
    performance = Performance(
        planned=(*curve[: duration - 1], bac),
        at=at,
        earned=(*(min(value, bac) for value in history), min(total, bac)),
        actual=actual,
        to_complete=_rest(known.agreed_cost, actual[-1]),
        agreed_cost=known.agreed_cost,
        loe=_loe(figures),
        planned_now=min(bac, sum((row.pv for row in figures), ZERO)),
    )
    points = [
        PointValues(
            month,
            min(bac, curve[place]),
            performance.earned[place] if place <= current else None,
            actual[place] if place <= current else None,
            constant[place] if place <= current else None,
            place == current or (place < current and told[place]),
        )
        for place, month in enumerate(grid)
    ]
    return ProjectValue(
        status_date=status,
        source=packages.source,
        at=at,
        periods=duration,
        performance=performance,
        found=measure(performance),
        constant=constant[-1],
        outside=outside,
        packages=figures,
        points=points,
        notices=[*packages.notices, *rest, *_notices(figures)],
    )


def trends_of(value: ProjectValue) -> list[tuple[Decimal, str]]:
    """Costs at completion that recent periods point to, with what points there.

    One is EAC₅, by the cost index of the last three periods. The other goes on moving as EAC₂
    moved over three periods, until the work is forecast to end.
    """
    found: list[tuple[Decimal, str]] = []
    recent, index = value.found["eac_recent"], value.found["cpi_recent"]
    if recent is not None and index is not None:
        found.append((recent, f"the pace of the last three periods (CPI {index:.2f})"))
    known, eac = value.performance, value.found["eac"]
    if len(known.earned) > RECENT and eac is not None:
        ev, ac = known.earned[-1 - RECENT], known.actual[-1 - RECENT]
        if ev > 0 and ac > 0:
            before = known.planned[-1] * ac / ev
            end = value.found["ieac_t"] or Decimal(value.periods)
            move = (eac - before) / RECENT
            if move > 0:
                left = max(ZERO, end - value.at)
                words = f"the estimate at completion, which rises by {move:,.0f} a period"
                found.append((eac + move * left, words))
    return found


def kept(amount: Decimal) -> Decimal:
    """An amount as the tables of earned value keep it."""
    return stored(amount, KEPT_DIGITS)


def figures_kept(found: EarnedValue) -> list[dict[str, Any]]:
    """Every figure with formula and inputs, as it is kept and shown."""
    return [
        {
            "key": figure.key,
            "symbol": DEFINITIONS[figure.key].symbol,
            "label": figure.label,
            "value": None if figure.value is None else str(figure.value),
            "unit": figure.unit,
            "formula": figure.formula,
            "inputs": [
                [symbol, None if value is None else str(value)] for symbol, value in figure.inputs
            ],
            "note": figure.note,
        }
        for figure in found.figures.values()
    ]


def _measures(packages: Packages, known: Known) -> dict[str, PackageMeasure]:
    """The measure of each package; those that nobody chose share one row for each method."""
    chosen = {row.wbs: row for row in known.measures}
    usual = {method: PackageMeasure(method=method.value) for method in EvMethod}
    return {
        package.code: chosen.get(package.code) or usual[default_method(package)]
        for package in packages.rows
    }


def _pieces(
    packages: Packages, chosen: Mapping[str, PackageMeasure], known: Known
) -> list[list[Piece]]:
    """The pieces of each package; those of a release may end after its package."""
    rows = [(package, chosen[package.code]) for package in packages.rows]
    return [pieces_of(package, row, known.points.get(row.release_id)) for package, row in rows]


def _by_package(
    packages: Packages,
    chosen: Mapping[str, PackageMeasure],
    parts: Sequence[Sequence[Piece]],
    known: Known,
    costs: Mapping[str, tuple[Decimal, Decimal]],
    now: datetime,
    grid: Sequence[Month],
    clock: Clock,
) -> list[PackageFigures]:
    """Planned value, earned value and cost of each package."""
    owners = [place for place, own in enumerate(parts) for _ in own]
    planned = [ZERO] * len(packages.rows)
    each = planned_each([piece for own in parts for piece in own], now, clock)
    for place, amount in zip(owners, each, strict=True):
        planned[place] += amount
    lasts = [ends(month.last) for month in grid]
    works, wrongs = [], []
    for place, package in enumerate(packages.rows):
        spans = 1 + bisect_left(lasts, package.finish) - bisect_right(lasts, package.start)
        work, wrong = work_package(
            package, chosen[package.code], known, planned[place], max(1, spans), chosen
        )
        works.append(work)
        wrongs.append(wrong)
    values = earned(works)
    return [
        PackageFigures(
            package,
            chosen[package.code],
            values[package.code],
            planned[place],
            *costs.get(package.code, (ZERO, ZERO)),
            " ".join(filter(None, (wrongs[place], values[package.code].notice, package.notice))),
        )
        for place, package in enumerate(packages.rows)
    ]


def _costs_of(
    packages: Packages, spent: Sequence[Spent], until: date
) -> tuple[dict[str, tuple[Decimal, Decimal]], Decimal, list[str]]:
    """The cost of each package; what belongs to none, and what is said of it."""
    costs: dict[str, tuple[Decimal, Decimal]] = {}
    outside, codes = ZERO, set()
    places: dict[str, str | None] = {}
    for row in spent:
        if row.first > until:
            continue
        if row.wbs not in places:
            places[row.wbs] = packages.of(row.wbs)
        place = places[row.wbs]
        if place is None:
            outside += row.amount
            codes.add(row.wbs or "no code")
            continue
        amount, constant = costs.get(place, (ZERO, ZERO))
        costs[place] = amount + row.amount, constant + row.constant
    if not codes:
        return costs, outside, []
    named = ", ".join(sorted(codes)[:5]) + (" …" if len(codes) > 5 else "")
    return costs, outside, [f"Cost without a work package ({named}) counts for the whole only."]


def _grid(
    months: Sequence[Month], rows: Sequence[Package], finish: datetime, status: date
) -> list[Month]:
    """Periods from the start of the work to its end, that of its pieces or the status date,
    whichever is latest."""
    day = min(row.start for row in rows).date()
    last = max(*(row.finish for row in rows), finish, begins(status))
    firsts = [month.first for month in months]
    found: list[Month] = []
    while len(found) < MOST_PERIODS and (not found or ends(found[-1].last) < last):
        place = bisect_right(firsts, day) - 1
        if place >= 0 and day <= months[place].last:
            month = months[place]
        else:
            first = day.replace(day=1) if not found else day
            if place >= 0:
                first = max(first, months[place].last + timedelta(days=1))
            until = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            if place + 1 < len(firsts):
                until = min(until, firsts[place + 1] - timedelta(days=1))
            month = Month(f"{day:%Y-%m}", first, until)
        found.append(month)
        day = month.last + timedelta(days=1)
    return found


def _elapsed(grid: Sequence[Month], status: date) -> Decimal:
    """Periods gone at the end of the status date; part of one by its days."""
    whole = sum(1 for month in grid if month.last <= status)
    if whole == len(grid) or status < grid[whole].first:
        return Decimal(whole)
    month = grid[whole]
    days = (month.last - month.first).days + 1
    return whole + Decimal((status - month.first).days + 1) / days


def _curve(pieces: Sequence[Piece], grid: Sequence[Month], clock: Clock) -> list[Decimal]:
    """Cumulative planned value by period; the last digit of a sum never makes it fall."""
    found = spread(pieces, [ends(month.last) for month in grid], clock)
    return list(accumulate(found, max))


def _history(
    known: Known,
    figures: Sequence[PackageFigures],
    grid: Sequence[Month],
    now: datetime,
    clock: Clock,
) -> tuple[list[Decimal], list[bool]]:
    """What was earned by the end of each earlier period: as told then, else by actual dates."""
    told = [month.last in known.told for month in grid]
    if all(told):
        return [known.told[month.last] for month in grid], told
    lasts = [ends(month.last) for month in grid]
    moving, reached = [ZERO] * len(grid), [ZERO] * (len(grid) + 1)
    steady: list[Piece] = []
    for row in figures:
        if not row.earned.value:
            continue
        if _steady(row):
            steady += pieces_of(row.package, row.measure, None)
        else:
            add_past(row.package, row.earned.value, now, lasts, moving, reached)
    values = list(map(add, moving, accumulate(reached)))
    if steady:
        values = list(map(add, values, spread(steady, lasts, clock)))
    then = zip(grid, values, strict=True)
    return [known.told.get(month.last, value) for month, value in then], told


def _steady(row: PackageFigures) -> bool:
    return row.measure.method == EvMethod.LEVEL_OF_EFFORT


def _spent(
    spent: Sequence[Spent], grid: Sequence[Month]
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Cumulative cost by period at the actual rate and at the budget rate."""
    amounts, constants = [ZERO] * len(grid), [ZERO] * len(grid)
    lasts = [month.last for month in grid]
    for row in spent:
        if row.first > lasts[-1]:
            continue
        place = min(bisect_left(lasts, row.last), len(grid) - 1)
        amounts[place] += row.amount
        constants[place] += row.constant
    return tuple(accumulate(amounts)), tuple(accumulate(constants))


def _rest(agreed: Decimal | None, spent: Decimal) -> Decimal | None:
    """What is left of an approved forecast after what was spent since."""
    return None if agreed is None else max(ZERO, agreed - spent)


def _loe(figures: Sequence[PackageFigures]) -> Decimal:
    return sum((row.package.budget for row in figures if _steady(row)), ZERO)


def _notices(figures: Sequence[PackageFigures]) -> list[str]:
    found = [f"{row.package.code}: {row.notice}" for row in figures if row.notice]
    more = len(found) - MOST_NOTICES
    return found if more <= 0 else [*found[:MOST_NOTICES], f"and {more} more packages"]
