# SPDX-License-Identifier: Apache-2.0
"""What a schedule says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pilothouse.engine.network.plan import LinkType, Notice
from pilothouse.engine.schedule.bounds import FloatReason, LateStep

if TYPE_CHECKING:
    from pilothouse.engine.schedule.late import LateReasons


class CauseKind(StrEnum):
    """What holds a task where it is."""

    PROJECT_START = "project_start"
    PROJECT_FINISH = "project_finish"
    STATUS_DATE = "status_date"
    LINK = "link"
    SUMMARY_LINK = "summary_link"
    CONSTRAINT = "constraint"
    SUMMARY_CONSTRAINT = "summary_constraint"
    ACTUAL = "actual"
    RESUME = "resume"
    MANUAL = "manual"
    CHILDREN = "children"
    AS_LATE_AS_POSSIBLE = "as_late_as_possible"
    LEVELING_DELAY = "leveling_delay"
    EXTERNAL = "external"


class TaskState(StrEnum):
    """R-PRG-01."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class TaskDates:
    """Computed dates of one task.

    ``start`` and ``finish`` are the scheduled dates: those of the early ones unless the task
    is as late as possible, levelled, or planned back from the finish. Floats are working
    minutes in the task's calendar, None where the task is complete, inactive or level of
    effort. ``driving`` are the uids whose links hold the start, ``reason`` says so in words.
    """

    start: datetime
    finish: datetime
    early_start: datetime
    early_finish: datetime
    late_start: datetime
    late_finish: datetime
    total_float_minutes: int | None
    free_float_minutes: int | None
    critical: bool
    longest_path: bool
    driving: tuple[int, ...]
    reason: str
    cause: CauseKind
    state: TaskState
    duration_minutes: int
    remaining_start: datetime


@dataclass(frozen=True, slots=True)
class LogicConflict:
    """A link that the dates break, by how much working time, and why they do."""

    predecessor: int
    successor: int
    type: LinkType
    minutes: int
    message: str


@dataclass(frozen=True, slots=True)
class OutOfSequence:
    """A successor with progress before its link allowed it."""

    predecessor: int
    successor: int
    type: LinkType
    message: str


@dataclass(frozen=True, slots=True)
class MissedDeadline:
    """A task that finishes after its deadline."""

    uid: int
    deadline: datetime
    finish: datetime
    minutes: int
    message: str


@dataclass(frozen=True, slots=True)
class ScheduleResult:
    """Dates of a whole plan; ``tasks`` by uid in outline order."""

    start: datetime
    finish: datetime
    tasks: Mapping[int, TaskDates]
    critical_paths: tuple[tuple[int, ...], ...]
    logic_conflicts: tuple[LogicConflict, ...]
    out_of_sequence: tuple[OutOfSequence, ...]
    missed_deadlines: tuple[MissedDeadline, ...]
    notices: tuple[Notice, ...]
    labels: Mapping[int, str]
    late_reasons: LateReasons | None = field(default=None, repr=False, compare=False)
    """What ``explain`` asks; None for a plan without tasks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain of reasons."""

    uid: int
    label: str
    start: datetime
    finish: datetime
    cause: CauseKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a task is where it is, and why not later.

    ``steps`` are the task and what drives it, back to the beginning; ``late`` the task and what
    its late dates wait for, on to the end. ``text`` says all of it.
    """

    uid: int
    steps: tuple[Step, ...]
    text: str
    late: tuple[LateStep, ...]
    total_float: FloatReason
    free_float: FloatReason
