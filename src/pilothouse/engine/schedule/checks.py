# SPDX-License-Identifier: Apache-2.0
"""Which numbers a plan may hold: each is looked at once, before anything is computed with it.

What refers to what is checked by the network, dates by the calendars.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from numbers import Integral
from typing import NoReturn

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Link, Plan, PlanTask
from pilothouse.engine.schedule.options import ScheduleOptions

MOST_MINUTES = 1 << 40
"""Durations and lags beyond it leave every calendar anyway."""
MOST_PERCENT = Decimal(10) ** 15
"""Of a lag, up and down."""
_NONE, _ALL = Decimal(0), Decimal(100)
_SPANS = {
    "duration_minutes": "duration",
    "remaining_minutes": "remaining duration",
    "actual_duration_minutes": "actual duration",
    "leveling_delay_minutes": "levelling delay",
}


def check_plan(plan: Plan, options: ScheduleOptions) -> None:
    """Refuse what no plan and no calculation can have for a day, a threshold or a date.

    Raises
    ------
    InvalidInput
        ``schedule.number``, ``schedule.date``.
    """
    threshold = options.critical_threshold_minutes
    for what, value, least, most in (
        ("number of minutes in a day", plan.minutes_per_day, 1, MOST_MINUTES),
        ("number of minutes in a week", plan.minutes_per_week, 1, MOST_MINUTES),
        ("number of days in a month", plan.days_per_month, 1, MOST_MINUTES),
        ("critical threshold", plan.critical_threshold_minutes, -MOST_MINUTES, MOST_MINUTES),
        ("critical threshold", 0 if threshold is None else threshold, -MOST_MINUTES, MOST_MINUTES),
        ("number of critical paths", options.path_limit, 0, MOST_MINUTES),
    ):
        if not isinstance(value, Integral) or not least <= value <= most:
            raise InvalidInput(
                "schedule.number",
                f"The {what} is {value}; give a whole number from {least:,} to {most:,}.",
                (plan.name,),
            )
    for date in (plan.start, plan.finish, plan.status_date, plan.imposed_finish):
        _check_date(date, plan.name)


def check_tasks(tasks: Sequence[PlanTask], labels: Sequence[str]) -> None:
    """Refuse durations that are no whole minutes from 0 up, and percentages beyond 0 to 100.

    The percentage counts only of what has begun.

    Raises
    ------
    InvalidInput
        ``schedule.number``, ``schedule.negative_duration``, ``schedule.percent``,
        ``schedule.date``; the message names the task.
    """
    # Written out for speed: a call for each task would take as long as all of it.
    for row, task in enumerate(tasks):
        left, done = task.remaining_minutes, task.actual_duration_minutes
        begun, ended = task.actual_start, task.actual_finish
        if (
            type(task.duration_minutes) is int
            and task.duration_minutes >= 0
            and (left is None or (type(left) is int and left >= 0))
            and (done is None or (type(done) is int and done >= 0))
            and type(task.leveling_delay_minutes) is int
            and (ended is None or (type(ended) is datetime and ended.tzinfo is None))
            and (
                begun is None
                or (
                    type(begun) is datetime
                    and begun.tzinfo is None
                    and type(share := task.percent_complete) is Decimal
                    and not share.is_nan()
                    and _NONE <= share <= _ALL
                )
            )
        ):
            continue
        _check_task(task, labels[row])


def _check_task(task: PlanTask, label: str) -> None:
    """One task at leisure: numbers of other kinds, such as those of numpy, may do."""
    for name, what in _SPANS.items():
        value = getattr(task, name)
        if value is None and name not in ("duration_minutes", "leveling_delay_minutes"):
            continue
        if not isinstance(value, Integral):
            raise InvalidInput(
                "schedule.number",
                f"Task {label} has the {what} {value!r}; give whole minutes.",
                (label,),
            )
        if value < 0 and name != "leveling_delay_minutes":
            raise InvalidInput(
                "schedule.negative_duration",
                f"Task {label} has a negative {what}; give it 0 or more.",
                (label,),
            )
    for date in (task.actual_start, task.actual_finish):
        _check_date(date, label)
    if task.actual_start is None:
        return
    share = task.percent_complete
    if not isinstance(share, Decimal | Integral) or not _is_within(Decimal(share), _NONE, _ALL):
        raise InvalidInput(
            "schedule.percent",
            f"Task {label} is {share} % complete; give an exact number from 0 to 100.",
            (label,),
        )


def check_lag(link: Link, first: str, second: str) -> None:
    """Refuse a lag that is no whole number of minutes and no percentage.

    Raises
    ------
    InvalidInput
        ``schedule.lag``; the message names both tasks.
    """
    if not isinstance(link.lag_minutes, Integral):
        _refuse_lag(f"{link.lag_minutes!r} minutes; give whole minutes", first, second)
    share = link.lag_percent
    if not isinstance(share, Decimal | Integral) or not _is_within(
        Decimal(share), -MOST_PERCENT, MOST_PERCENT
    ):
        _refuse_lag(f"{share} percent; give an exact number, such as 50", first, second)


def _refuse_lag(what: str, first: str, second: str) -> NoReturn:
    raise InvalidInput(
        "schedule.lag",
        f"The link from task {first} to {second} has a lag of {what}.",
        (first, second),
    )


def _is_within(value: Decimal, least: Decimal, most: Decimal) -> bool:
    return not value.is_nan() and least <= value <= most


def _check_date(date: datetime | None, place: str) -> None:
    if date is None or (isinstance(date, datetime) and date.tzinfo is None):
        return
    raise InvalidInput(
        "schedule.date",
        f"{place} has the date {date!s}; give a date with a time, on the wall clock of the plan "
        "and without a zone.",
        (place,),
    )
