# SPDX-License-Identifier: Apache-2.0
"""Work packages: codes that bear budget, matched to what the baseline promised under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from pilothouse.delivery.finance.queries.at_work import ApprovedBudget, MoneyAtWork, Month
from pilothouse.delivery.planning.queries import Done, PromisedTask, PromisedWork
from pilothouse.direction.performance.models import PackageMeasure

ZERO, HUNDRED = Decimal(0), Decimal(100)
UNDISTRIBUTED = "undistributed"
"""Of the part of BAC that no line has yet; no code of a budget is spelled like it."""
NOT_STARTED = Done(ZERO, None, None, None, False)


@dataclass(frozen=True, slots=True)
class PointsDone:
    """Points of a release or of a whole backlog, and the sprints planned for them."""

    scope: Decimal
    done: Decimal
    start: date | None
    sprints: int
    sprint_days: int


@dataclass(frozen=True, slots=True)
class Known:
    """All that the earned value of one project is computed from."""

    today: date
    currency: str
    top_down: Decimal | None
    start: date | None
    finish: date | None
    money: MoneyAtWork
    work: PromisedWork
    measures: Sequence[PackageMeasure]
    points: Mapping[int | None, PointsDone]
    months: Sequence[Month]
    told: Mapping[date, Decimal]
    agreed_cost: Decimal | None = None


@dataclass(slots=True)
class Package:
    """A budget with the dates and tasks that were promised for it."""

    code: str
    name: str
    budget: Decimal
    start: datetime
    finish: datetime
    tasks: list[PromisedTask] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    """How far each of the tasks is."""
    notice: str = ""

    @property
    def weights(self) -> list[Decimal]:
        """What each task counts: its cost, else its work, else its time."""
        if len(self.tasks) < 2:
            return [Decimal(1)] * len(self.tasks)
        for column in ("cost", "work_minutes", "minutes"):
            found = [Decimal(getattr(task, column) or 0) for task in self.tasks]
            if any(weight > 0 for weight in found):
                return [max(ZERO, weight) for weight in found]
        return [Decimal(1)] * len(self.tasks)


@dataclass(frozen=True)
class Packages:
    """The packages of a project, where their budgets come from, and which code lies under which."""

    rows: list[Package]
    source: str
    places: Mapping[str, str]
    notices: list[str]

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(row.code for row in self.rows)

    def of(self, wbs: str) -> str | None:
        """The package that a cost of this code belongs to; None without one."""
        codes = self.codes
        if len(codes) == 1 and "" in codes:
            return ""
        code = wbs
        while code:
            if code in codes:
                return code
            if code in self.places:
                return self.places[code]
            code = code.rpartition(".")[0]
        return "" if "" in codes else None


def begins(day: date) -> datetime:
    """The first instant of a day, on the wall of the plan."""
    return datetime.combine(day, time.min)


def ends(day: date) -> datetime:
    """The first instant after a day."""
    return begins(day + timedelta(days=1))


def packages_of(known: Known) -> Packages | None:
    """By the approved budget, else by the costs of the baseline, else the project as a whole."""
    budget, rows = known.money.budget, known.work.rows
    promised = "the baseline" if known.work.has_baseline else "the plan, for no baseline counts yet"
    by_work = budget is not None and any(budget.packages)
    if budget is not None and by_work:
        budgets = {code: part.amount for code, part in budget.packages.items()}
        source = f"Budget {budget.number} by work package, dates of {promised}"
        return _matched(known, budgets, budget, source)
    costs = _costs(rows) if known.work.has_baseline else {}
    if costs:
        why = (
            f"budget {budget.number} has no lines by work package"
            if budget
            else "no budget is approved"
        )
        return _matched(known, costs, None, f"Costs of the baseline, for {why}")
    whole = known.top_down if budget is None else budget.bac
    if not whole:
        return None
    source = (
        f"Budget {budget.number} as a whole"
        if budget
        else "Budget of the register as a whole, for no budget is approved"
    )
    return _matched(known, {"": whole}, None, f"{source}, dates of {promised}" if rows else source)


def _costs(rows: Sequence[PromisedTask]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.cost and row.cost > 0 and not row.summary:
            code = _own_code(row)
            found[code] = found.get(code, ZERO) + row.cost
    return found


def _own_code(row: PromisedTask) -> str:
    return row.wbs or f"#{row.uid}"


def _matched(
    known: Known, budgets: Mapping[str, Decimal], budget: ApprovedBudget | None, source: str
) -> Packages | None:
    span = _span(known, budget)
    if span is None:
        return None
    start, finish = span
    rows = {
        code: Package(code, "" if code else "The project as a whole", amount, start, finish)
        for code, amount in budgets.items()
        if amount
    }
    places, without = _place_tasks(rows, known.work)
    notices = [
        f"{without} tasks of the plan lie under no work package that has a budget."
        if without != 1
        else "1 task of the plan lies under no work package that has a budget."
    ]
    for package in rows.values():
        _date(package, known, budget)
    if budget is not None and budget.undistributed:
        rows[UNDISTRIBUTED] = Package(
            UNDISTRIBUTED, "Not distributed yet", budget.undistributed, finish, finish
        )
    found = sorted(rows.values(), key=lambda package: package.code)
    return Packages(found, source, places, notices if without else []) if found else None


def _span(known: Known, budget: ApprovedBudget | None) -> tuple[datetime, datetime] | None:
    """From when to when the whole is planned."""
    dates = _dates_of(known.work.rows)
    if dates is not None:
        return dates
    if known.start is not None and known.finish is not None and known.start <= known.finish:
        return begins(known.start), ends(known.finish)
    if budget is not None and budget.packages:
        parts = budget.packages.values()
        return begins(min(part.first for part in parts)), ends(max(part.last for part in parts))
    return None


def _dates_of(rows: Sequence[PromisedTask]) -> tuple[datetime, datetime] | None:
    """The first start and the last finish of what has such."""
    starts = [row.start for row in rows if row.start is not None]
    finishes = [row.finish for row in rows if row.finish is not None]
    return (min(starts), max(finishes)) if starts and finishes else None


def _place_tasks(rows: Mapping[str, Package], work: PromisedWork) -> tuple[dict[str, str], int]:
    """Put each task under the nearest code above it that bears budget; count those without one."""
    places: dict[str, str] = {}
    above: list[tuple[int, str | None]] = []
    whole = "" if "" in rows else None
    without = 0
    for row in work.rows:
        while above and above[-1][0] >= row.level:
            above.pop()
        inherited = above[-1][1] if above else whole
        code = row.wbs if row.wbs in rows else f"#{row.uid}"
        place = code if code in rows else inherited
        above.append((row.level, place))
        if place is None:
            without += not row.summary
            continue
        if row.wbs:
            places[row.wbs] = place
        package = rows[place]
        if place == code and not package.name:
            package.name = row.name
        if not row.summary:
            package.tasks.append(row)
            package.done.append(work.done.get(row.uid, NOT_STARTED))
    return places, without


def _date(package: Package, known: Known, budget: ApprovedBudget | None) -> None:
    package.name = package.name or package.code
    dates = _dates_of(package.tasks)
    if dates is not None:
        package.start, package.finish = dates
        return
    if not package.code:
        # Everything below has a budget of its own; the rest accompanies the whole.
        package.tasks = [row for row in known.work.rows if not row.summary]
        package.done = [known.work.done.get(row.uid, NOT_STARTED) for row in package.tasks]
        return
    part = budget.packages.get(package.code) if budget else None
    if part is not None:
        package.start, package.finish = begins(part.first), ends(part.last)
    package.notice = "It has no task in the baseline; its dates are those of its budget lines."
