# SPDX-License-Identifier: Apache-2.0
"""How far a work package is, by its method: from tasks, points and what was claimed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from pilothouse.delivery.planning.queries import Done
from pilothouse.direction.performance.bridge.packages import (
    HUNDRED,
    UNDISTRIBUTED,
    ZERO,
    Known,
    Package,
    PointsDone,
    begins,
)
from pilothouse.direction.performance.models import PackageMeasure
from pilothouse.engine.earned_value import Contour, EvMethod, Piece, WorkPackage

BY_TASKS = PackageMeasure.Contour.TASKS.value
METHODS = {method.value: method for method in EvMethod}
CONTOURS = {contour.value: contour for contour in Contour}


def default_method(package: Package) -> EvMethod:
    """What holds where nobody chose a method: percent of the tasks, or level of effort."""
    accompanies = package.done and all(row.level_of_effort for row in package.done)
    return EvMethod.LEVEL_OF_EFFORT if accompanies else EvMethod.PERCENT_COMPLETE


def pieces_of(package: Package, measure: PackageMeasure, points: PointsDone | None) -> list[Piece]:
    """The budget of a package over time (R-EVM-04)."""
    if measure.method == EvMethod.POINTS and points is not None and points.start is not None:
        return _by_sprints(package.budget, points, points.start)
    if measure.contour != BY_TASKS:
        contour = CONTOURS[measure.contour]
        return [Piece(package.budget, package.start, package.finish, contour)]
    weights = package.weights
    whole = sum(weights, ZERO)
    dated = [
        Piece(package.budget * weight / whole, task.start, task.finish)
        for task, weight in zip(package.tasks, weights, strict=True)
        if weight and task.start is not None and task.finish is not None
    ]
    left = package.budget - sum((piece.amount for piece in dated), ZERO)
    if left > 0 or not dated:
        dated.append(Piece(left, package.start, package.finish))
    return dated


def _by_sprints(budget: Decimal, points: PointsDone, start: date) -> list[Piece]:
    """Planned value of a release: what each sprint adds, when it ends."""
    over = [
        begins(start + timedelta(days=points.sprint_days * number))
        for number in range(1, points.sprints + 1)
    ]
    part = budget / len(over)
    first = [Piece(part, instant, instant) for instant in over[:-1]]
    return [*first, Piece(budget - part * len(first), over[-1], over[-1])]


def work_package(
    package: Package,
    measure: PackageMeasure,
    known: Known,
    planned: Decimal,
    periods: int,
    codes: Mapping[str, PackageMeasure],
) -> tuple[WorkPackage, str]:
    """A package as the engine measures it, and what is wrong with its measure."""
    method, wrong = METHODS[measure.method], ""
    points = known.points.get(measure.release_id)
    if method is EvMethod.POINTS and (points is None or points.scope < 1):
        wrong = "There are no points to measure it by; its tasks say what is done."
    elif method is EvMethod.UNITS_DONE and measure.units <= 0:
        wrong = "It has no units to measure it by; its tasks say what is done."
    elif method is EvMethod.WEIGHTED_MILESTONES and not measure.milestones:
        wrong = "It has no milestones to measure it by; its tasks say what is done."
    elif method is EvMethod.APPORTIONED and not follows_one(measure, codes):
        wrong = f"It follows ‘{measure.follows}’, which is no package now; its tasks count."
    if wrong:
        method = EvMethod.PERCENT_COMPLETE
    percent, started, finished = task_progress(package) if known.work.done else (None, False, False)
    claimed = method is EvMethod.PERCENT_COMPLETE and measure.percent is not None and not wrong
    if claimed:
        percent = measure.percent or ZERO
    elif percent is None:
        if method is EvMethod.PERCENT_COMPLETE and package.code != UNDISTRIBUTED and not wrong:
            wrong = "Nothing says how far it is; choose how it is measured."
        percent = ZERO
    units, units_done = _units(measure, method, points)
    return (
        WorkPackage(
            code=package.code,
            budget=package.budget,
            method=method,
            planned=min(planned, package.budget),
            periods=periods,
            started=started,
            finished=finished,
            percent=percent,
            accepted=measure.accepted or not claimed,
            milestones=tuple(
                [(Decimal(item["weight"]), bool(item["done"])) for item in measure.milestones]
            ),
            units=units,
            units_done=units_done,
            follows=measure.follows,
        ),
        wrong,
    )


def follows_one(measure: PackageMeasure, codes: Mapping[str, PackageMeasure]) -> bool:
    """Whether an apportioned package leads to one that earns by itself."""
    seen = {measure.wbs}
    current: PackageMeasure | None = measure
    while current is not None and current.method == EvMethod.APPORTIONED:
        if current.follows in seen:
            return False
        seen.add(current.follows)
        current = codes.get(current.follows)
    return current is not None


def _units(
    measure: PackageMeasure, method: EvMethod, points: PointsDone | None
) -> tuple[Decimal, Decimal]:
    """How many there are in all, and how many are done."""
    if method is EvMethod.POINTS and points is not None:
        return Decimal(points.scope), Decimal(points.done)
    return measure.units, measure.units_done


def task_progress(package: Package) -> tuple[Decimal | None, bool, bool]:
    """Percent of its tasks by their weight, whether one has begun, whether all are finished."""
    found = package.done
    if not found:
        return None, False, False
    if len(found) == 1:
        percent = min(HUNDRED, _percent(found[0]))
    else:
        weights = package.weights
        done = [weight * _percent(row) for weight, row in zip(weights, found, strict=True)]
        percent = min(HUNDRED, sum(done, ZERO) / sum(weights, ZERO))
    return (
        percent,
        any(row.actual_start is not None or row.percent > 0 for row in found),
        all(row.actual_finish is not None or row.percent >= HUNDRED for row in found),
    )


def _percent(row: Done) -> Decimal:
    return HUNDRED if row.actual_finish is not None else row.percent


def add_past(
    package: Package,
    value: Decimal,
    now: datetime,
    ends: Sequence[datetime],
    moving: list[Decimal],
    reached: list[Decimal],
) -> None:
    """Add what was earned of a value at the end of each earlier period, by actual dates.

    Between its actual start and the status date a task is taken to have moved evenly: what it
    had by the end of a period goes into ``moving``, the whole into ``reached`` at the first end by
    which it was done.
    """
    if len(package.done) == 1 and _percent(package.done[0]) > 0:
        moves = [(value, *_between(package.done[0], now))]
    else:
        weighed = zip(package.weights, package.done, strict=True)
        worth = [(weight * _percent(row), row) for weight, row in weighed]
        whole = sum([share for share, _ in worth], ZERO)
        moves = [(value * share / whole, *_between(row, now)) for share, row in worth if share > 0]
    for amount, start, finish in moves or [(value, package.start, now)]:
        first, last = bisect_right(ends, start), bisect_left(ends, finish)
        reached[last] += amount
        for place in range(first, last):
            moving[place] += amount * Decimal((ends[place] - start) / (finish - start))


def _between(row: Done, now: datetime) -> tuple[datetime, datetime]:
    start = row.actual_start or row.start or now
    return min(start, now), min(row.actual_finish or now, now)
