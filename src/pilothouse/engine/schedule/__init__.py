# SPDX-License-Identifier: Apache-2.0
"""Critical path, float and progress over working calendars (DOMAIN 4.4 and 4.5)."""

from pilothouse.engine.network.plan import LagCalendar, ProgressMode
from pilothouse.engine.schedule.bounds import Bound, BoundKind, FloatReason, LateStep
from pilothouse.engine.schedule.explain import explain
from pilothouse.engine.schedule.options import Dialect, ScheduleOptions, dialect_of, moves_work
from pilothouse.engine.schedule.result import (
    CauseKind,
    Explanation,
    LogicConflict,
    MissedDeadline,
    OutOfSequence,
    ScheduleResult,
    Step,
    TaskDates,
    TaskState,
)
from pilothouse.engine.schedule.schedule import (
    calculate_apart,
    schedule_plan,
    stand,
    stand_again,
    warm,
)

__all__ = [
    "Bound",
    "BoundKind",
    "CauseKind",
    "Dialect",
    "Explanation",
    "FloatReason",
    "LagCalendar",
    "LateStep",
    "LogicConflict",
    "MissedDeadline",
    "OutOfSequence",
    "ProgressMode",
    "ScheduleOptions",
    "ScheduleResult",
    "Step",
    "TaskDates",
    "TaskState",
    "calculate_apart",
    "dialect_of",
    "explain",
    "moves_work",
    "schedule_plan",
    "stand",
    "stand_again",
    "warm",
]
