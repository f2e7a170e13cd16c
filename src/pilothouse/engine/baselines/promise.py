# SPDX-License-Identifier: Apache-2.0
"""One row of a baseline, or of the plan as it stands, and what a set of them adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum


class Progress(Enum):
    """How far a task is (R-PRG-01)."""

    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Promise:
    """A task with the dates, work and cost that are promised for it.

    ``carried`` says that the values are those of an earlier baseline. Spans are working minutes.
    """

    uid: int
    name: str
    wbs: str = ""
    outline_level: int = 1
    summary: bool = False
    milestone: bool = False
    start: datetime | None = None
    finish: datetime | None = None
    duration_minutes: int | None = None
    work_minutes: int | None = None
    cost: Decimal | None = None
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """What the rows that are no summaries add up to; None where none of them says it."""

    start: datetime | None
    finish: datetime | None
    work_minutes: int | None
    cost: Decimal | None
    tasks: int


def total(rows: Iterable[Promise]) -> Total:
    """First start, last finish, work and cost of all rows that are no summaries.

    Parameters
    ----------
    rows : iterable of Promise
        In any order.

    Examples
    --------
    >>> total([Promise(1, "Site", summary=True), Promise(2, "Dig", cost=Decimal(5))]).cost
    Decimal('5')
    """
    leaves = [row for row in rows if not row.summary]
    return Total(
        min((row.start for row in leaves if row.start is not None), default=None),
        max((row.finish for row in leaves if row.finish is not None), default=None),
        sum_of(row.work_minutes for row in leaves),
        money_of(row.cost for row in leaves),
        len(leaves),
    )


def sum_of(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def money_of(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
