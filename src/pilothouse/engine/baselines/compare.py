# SPDX-License-Identifier: Apache-2.0
"""Two baselines side by side, or one with the plan as it stands (R-BAS-02)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pilothouse.engine.baselines.promise import Promise, Total, total
from pilothouse.engine.calendars import WorkingTime


@dataclass(frozen=True, slots=True)
class Line:
    """One task on both sides; variances are right − left, positive is late or more.

    ``row`` is the right side, or the left one where the task is gone. A variance is None where
    one of the sides does not have the task, or does not say the value.
    """

    row: Promise
    left: Promise | None
    right: Promise | None
    start_minutes: int | None = None
    finish_minutes: int | None = None
    duration_minutes: int | None = None
    work_minutes: int | None = None
    cost: Decimal | None = None

    @property
    def new(self) -> bool:
        """A task without a promise on the left: it was added later."""
        return self.right is not None and (self.left is None or self.left.finish is None)

    @property
    def gone(self) -> bool:
        """A task of the left side that the right one does not have."""
        return self.right is None

    @property
    def late(self) -> bool:
        """Whether it finishes later on the right."""
        return (self.finish_minutes or 0) > 0

    @property
    def changed(self) -> bool:
        """Whether any value differs between the sides."""
        spans = (self.start_minutes, self.finish_minutes, self.duration_minutes, self.work_minutes)
        return any(spans) or bool(self.cost)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines come to, summaries left out."""

    left: Total
    right: Total
    start_minutes: int | None
    finish_minutes: int | None
    work_minutes: int | None
    cost: Decimal | None
    changed: int
    late: int
    milestones_late: int
    unbaselined: int
    gone: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All lines, those of the right side in its order and then the gone ones, and the sums."""

    lines: tuple[Line, ...]
    sums: Sums


def compare(
    left: Sequence[Promise],
    right: Sequence[Promise],
    time: WorkingTime,
    same: Callable[[int], bool] | None = None,
) -> Comparison:
    """Variance of each task and of the whole, in working minutes of one calendar.

    Parameters
    ----------
    left, right : sequence of Promise
        The earlier promise and what it is held against, each in outline order.
    time : WorkingTime
        The calendar of the project.
    same : callable, optional
        Whether a number that stands on both sides means one task; all do unless said.

    Notes
    -----
    Two instants without working time between them do not differ: 17:00 and 08:00 of the next
    working day. Linear in the number of rows.
    """
    before = {row.uid: row for row in left}
    lines = [
        _line(before.pop(row.uid, None) if same is None or same(row.uid) else None, row, time)
        for row in right
    ]
    lines += [Line(row, row, None) for row in before.values()]
    return Comparison(tuple(lines), _sums(lines, total(left), total(right), time))


def _line(left: Promise | None, right: Promise, time: WorkingTime) -> Line:
    if left is None:
        return Line(right, None, right)
    return Line(
        right,
        left,
        right,
        moved(left.start, right.start, time),
        moved(left.finish, right.finish, time),
        _more(left.duration_minutes, right.duration_minutes),
        _more(left.work_minutes, right.work_minutes),
        _dearer(left.cost, right.cost),
    )


def moved(then: datetime | None, now: datetime | None, time: WorkingTime) -> int | None:
    """Working minutes from one instant to another; None where one of them is missing."""
    return None if then is None or now is None else time.diff(then, now)


def _more(then: int | None, now: int | None) -> int | None:
    return None if then is None or now is None else now - then


def _dearer(then: Decimal | None, now: Decimal | None) -> Decimal | None:
    return None if then is None or now is None else now - then


def _sums(lines: Sequence[Line], left: Total, right: Total, time: WorkingTime) -> Sums:
    leaves = [line for line in lines if not line.row.summary]
    return Sums(
        left,
        right,
        moved(left.start, right.start, time),
        moved(left.finish, right.finish, time),
        _more(left.work_minutes, right.work_minutes),
        _dearer(left.cost, right.cost),
        changed=sum(line.changed for line in leaves),
        late=sum(line.late for line in leaves),
        milestones_late=sum(line.late and line.row.milestone for line in leaves),
        unbaselined=sum(line.new for line in leaves),
        gone=sum(line.gone for line in leaves),
    )
