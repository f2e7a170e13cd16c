# SPDX-License-Identifier: Apache-2.0
"""The table of a plan narrowed and in groups: which rows stand on a page, and subtotals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries.cards import Card, Cards, State
from pilothouse.delivery.planning.queries.grouping import grouping_of
from pilothouse.delivery.planning.queries.narrow import Narrow
from pilothouse.delivery.planning.queries.rows import (
    PAGE_SIZE,
    TaskRow,
    days_of,
    rows_of,
    uids_of,
)
from pilothouse.foundation.core.rounding import half_up


@dataclass(frozen=True, slots=True)
class Subtotal:
    """What the tasks of a group come to; ``percent`` is weighted by their durations."""

    name: str
    count: int
    late: int
    critical: int
    start: datetime | None
    finish: datetime | None
    duration_days: Decimal | None
    work_days: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the table; ``heads`` are subtotals above the rows of these places on it."""

    rows: Sequence[TaskRow]
    heads: Mapping[int, Subtotal]
    total: Subtotal
    page: int
    pages: int


def listing_of(
    plan: ProjectPlan,
    cards: Cards,
    today: date,
    *,
    only: str,
    narrow: Narrow,
    group: str,
    page: int,
) -> Listing:
    """Tasks that are asked for, in the order of the plan, group by group; summaries are left out.

    A task of two people stands in the groups of both, and counts once in the total.
    """
    within = None if only == "all" else uids_of(plan, only, today)
    wanted = [
        row
        for row in cards.tasks
        if narrow.takes(row, cards, today) and (within is None or row.uid in within)
    ]
    lines, heads = _lines(plan, cards, wanted, group, today)
    pages = max(1, -(-len(lines) // PAGE_SIZE))
    page = min(page, pages)
    first = (page - 1) * PAGE_SIZE
    shown = lines[first : first + PAGE_SIZE]
    found = rows_of(plan, [row.uid for row in shown], today)
    above = {place - first: head for place, head in heads.items() if 0 <= place - first < PAGE_SIZE}
    if heads and 0 not in above and shown:
        above[0] = heads[max(place for place in heads if place < first)]
    return Listing(
        [found[row.uid] for row in shown if row.uid in found],
        above,
        subtotal_of("", wanted, today, plan),
        page,
        pages,
    )


def _lines(
    plan: ProjectPlan, cards: Cards, wanted: Sequence[Card], group: str, today: date
) -> tuple[list[Card], dict[int, Subtotal]]:
    if not group:
        return list(wanted), {}
    grouping = grouping_of(plan, cards, group, today)
    inside: dict[str, list[Card]] = {key: [] for key in grouping.groups}
    for row in wanted:
        for key in grouping.of(row):
            inside[key].append(row)
    lines: list[Card] = []
    heads: dict[int, Subtotal] = {}
    for key, rows in inside.items():
        if rows:
            heads[len(lines)] = subtotal_of(grouping.groups[key], rows, today, plan)
            lines += rows
    return lines, heads


def subtotal_of(name: str, rows: Sequence[Card], today: date, plan: ProjectPlan) -> Subtotal:
    """The sums of some tasks; durations of milestones are none, so all of them weigh nothing."""
    starts = [row.start for row in rows if row.start is not None]
    ends = [row.finish for row in rows if row.finish is not None]
    minutes = sum(row.duration_minutes for row in rows)
    done = sum((row.percent * row.duration_minutes for row in rows), Decimal(0))
    return Subtotal(
        name,
        len(rows),
        sum(row.state(today) is State.LATE for row in rows),
        sum(row.critical and not row.done for row in rows),
        min(starts, default=None),
        max(ends, default=None),
        days_of(minutes, plan.minutes_per_day),
        days_of(sum(row.work_minutes for row in rows), plan.minutes_per_day),
        half_up(done / minutes) if minutes else None,
    )
