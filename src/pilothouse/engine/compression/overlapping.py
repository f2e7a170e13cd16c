# SPDX-License-Identifier: Apache-2.0
"""Fast-tracking: critical tasks that wait for one another overlap instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.compression.network import started
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import LagKind, Link, LinkType, Plan

Finish = Callable[[Plan], datetime]
"""The finish of a plan, scheduled by the rules of its tool."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """One way to let two tasks overlap: the link as it is and as it would be, and the gain."""

    before: Link
    after: Link
    finish: datetime
    gain_minutes: int


def overlaps(
    plan: Plan,
    critical: Collection[int],
    finish: datetime,
    share: Decimal,
    finish_of: Finish,
    most: int = 50,
) -> tuple[Overlap, ...]:
    """Ways to let critical tasks overlap, the one with the greatest gain first.

    Parameters
    ----------
    plan : Plan
    critical : collection of int
        Uids of critical tasks.
    finish : datetime
        Of the plan as it is.
    share : Decimal
        How much of the predecessor the successor overlaps, between 0 and 1.
    finish_of : callable
        Schedules a plan.
    most : int
        Links that are looked at, in the order of the plan.

    Notes
    -----
    Of each finish-to-start link without a lead between two critical tasks that are no summaries,
    and whose successor has not begun, two ways are scheduled: a lead of ``share`` of the shorter
    of both, and start-to-start with the rest of the predecessor as lag. Each is told by itself;
    together they can gain less than the sum. One schedule for each way.
    """
    if not 0 < share < 1:
        raise InvalidInput("compression.share", "Say a share of the overlap between 1 and 99 %.")
    time = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    found = []
    for link in _candidates(plan, critical)[:most]:
        for changed in _ways(plan, link, share):
            ends = finish_of(overlapped(plan, {link: changed}))
            gain = time.diff(ends, finish)
            if gain > 0:
                found.append(Overlap(link, changed, ends, gain))
    return tuple(sorted(found, key=lambda way: -way.gain_minutes))


def overlapped(plan: Plan, changes: Mapping[Link, Link]) -> Plan:
    """The plan with other links in the place of some."""
    return replace(plan, links=tuple(changes.get(link, link) for link in plan.links))


def _candidates(plan: Plan, critical: Collection[int]) -> list[Link]:
    tasks = {task.uid: task for task in plan.tasks}
    pairs = {(link.predecessor, link.successor, link.type) for link in plan.links}
    found = []
    for link in plan.links:
        first, second = tasks[link.predecessor], tasks[link.successor]
        if (
            link.type is LinkType.FS
            and link.lag_kind is LagKind.WORKING
            and link.lag_minutes >= 0
            and first.uid in critical
            and second.uid in critical
            and not (first.summary or second.summary or started(second))
            and first.active
            and second.active
            and first.duration_minutes
            and second.duration_minutes
            and (link.predecessor, link.successor, LinkType.SS) not in pairs
        ):
            found.append(link)
    return found


def _ways(plan: Plan, link: Link, share: Decimal) -> tuple[Link, Link]:
    tasks = {task.uid: task for task in plan.tasks}
    first, second = tasks[link.predecessor], tasks[link.successor]
    lead = int(min(first.duration_minutes, second.duration_minutes) * share)
    wait = first.duration_minutes - int(first.duration_minutes * share)
    return (
        replace(link, lag_minutes=link.lag_minutes - lead),
        replace(link, type=LinkType.SS, lag_minutes=link.lag_minutes + wait),
    )
