# SPDX-License-Identifier: Apache-2.0
"""The neutral plan: what every reader produces and every algorithm takes.

Instants are naive wall-clock ``datetime`` values of the plan's own zone. Durations,
lags and work are whole minutes: of *working* time unless a name says elapsed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilothouse.engine.calendars.spec import CalendarSpec


class LinkType(StrEnum):
    """Which end of the predecessor drives which end of the successor."""

    FS = "fs"
    SS = "ss"
    FF = "ff"
    SF = "sf"


class LagKind(StrEnum):
    """How a lag is measured."""

    WORKING = "working"
    ELAPSED = "elapsed"
    PERCENT = "percent"
    ELAPSED_PERCENT = "elapsed_percent"


class ConstraintType(StrEnum):
    """Date constraint of a task (DOMAIN 4.4)."""

    ASAP = "asap"
    ALAP = "alap"
    SNET = "snet"
    SNLT = "snlt"
    FNET = "fnet"
    FNLT = "fnlt"
    MSO = "mso"
    MFO = "mfo"


class WorkType(StrEnum):
    """What is held when work, duration or units are edited."""

    FIXED_UNITS = "fixed_units"
    FIXED_DURATION = "fixed_duration"
    FIXED_WORK = "fixed_work"


class LagCalendar(StrEnum):
    """Whose working time a working lag runs on."""

    SUCCESSOR = "successor"
    PREDECESSOR = "predecessor"
    PROJECT = "project"


class ProgressMode(StrEnum):
    """What work done out of sequence does to the rest (R-PRG-03)."""

    RETAINED_LOGIC = "retained_logic"
    PROGRESS_OVERRIDE = "progress_override"


class FloatKind(StrEnum):
    """Which of the two differences between late and early dates is the total float."""

    SMALLEST = "smallest"
    START = "start"
    FINISH = "finish"


class CriticalKind(StrEnum):
    """What makes a task critical."""

    TOTAL_FLOAT = "total_float"
    LONGEST_PATH = "longest_path"


class LagOrigin(StrEnum):
    """From where the lag of a start-to-start link runs whose predecessor has begun.

    ``early_start``: what is left of the lag after the work done, from where the rest starts.
    """

    ACTUAL_START = "actual_start"
    EARLY_START = "early_start"


class PercentType(StrEnum):
    """What the percentage of a task measures (R-PRG-04)."""

    DURATION = "duration"
    WORK = "work"
    PHYSICAL = "physical"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A part of a task that is finished or not; it weighs among the steps of the same task."""

    name: str
    weight: Decimal = Decimal(1)
    done: bool = False


@dataclass(frozen=True, slots=True)
class StoredDates:
    """Dates and float as another tool stored them, to compare with ours."""

    start: datetime | None = None
    finish: datetime | None = None
    early_start: datetime | None = None
    early_finish: datetime | None = None
    late_start: datetime | None = None
    late_finish: datetime | None = None
    total_float_minutes: int | None = None
    free_float_minutes: int | None = None
    critical: bool | None = None
    longest_path: bool | None = None


@dataclass(frozen=True, slots=True)
class TaskBaseline:
    """One baseline of one task; ``number`` 0 to 10."""

    number: int
    start: datetime | None = None
    finish: datetime | None = None
    duration_minutes: int | None = None
    work_minutes: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EnteredText:
    """What stands in a field of a task scheduled by hand instead of a value.

    None where the field has a value; empty where nobody entered anything.
    """

    start: str | None = None
    finish: str | None = None
    duration: str | None = None


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A task, milestone or summary in outline order.

    ``outline_level`` is 1 for the top rows; a project summary row (level 0) is not
    part of a plan. ``duration_minutes`` is the planned or total (actual + remaining)
    duration. With ``elapsed_duration`` it runs 24 hours x 7. ``expected_finish`` sets what
    remains where the rules of the plan say so. ``external_early_start`` and
    ``external_late_finish`` are what links to other projects allow. Where the percentage is one
    of ``steps``, ``physical_percent`` is the weight of the finished ones. ``custom`` are the values
    of fields that somebody added, by key, in their order. ``guid`` is what another tool calls the
    task for good, whatever its name and number become.
    """

    uid: int
    name: str
    outline_level: int = 1
    wbs: str = ""
    summary: bool = False
    milestone: bool = False
    duration_minutes: int = 0
    elapsed_duration: bool = False
    estimated: bool = False
    calendar_uid: int | None = None
    ignore_resource_calendar: bool = False
    constraint: ConstraintType = ConstraintType.ASAP
    constraint_date: datetime | None = None
    constraint_hard: bool = False
    deadline: datetime | None = None
    manual: bool = False
    active: bool = True
    external: bool = False
    level_of_effort: bool = False
    priority: int = 500
    work_type: WorkType = WorkType.FIXED_UNITS
    effort_driven: bool = False
    work_minutes: int = 0
    actual_work_minutes: int = 0
    cost: Decimal | None = None
    percent_complete: Decimal = Decimal(0)
    physical_percent: Decimal | None = None
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    actual_duration_minutes: int | None = None
    remaining_minutes: int | None = None
    stop: datetime | None = None
    resume: datetime | None = None
    leveling_delay_minutes: int = 0
    notes: str = ""
    stored: StoredDates = StoredDates()
    baselines: tuple[TaskBaseline, ...] = ()
    percent_type: PercentType = PercentType.DURATION
    entered: EnteredText = EnteredText()
    expected_finish: datetime | None = None
    external_early_start: datetime | None = None
    external_late_finish: datetime | None = None
    steps: tuple[TaskStep, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()
    guid: str = ""

    @property
    def placeholder(self) -> bool:
        """Scheduled by hand with at most one of start, finish and duration known."""
        if not self.manual:
            return False
        said = self.entered
        return sum(text is not None for text in (said.start, said.finish, said.duration)) > 1


@dataclass(frozen=True, slots=True)
class Link:
    """A dependency between two tasks by uid; ``lag_percent`` is of the predecessor's duration."""

    predecessor: int
    successor: int
    type: LinkType = LinkType.FS
    lag_minutes: int = 0
    lag_kind: LagKind = LagKind.WORKING
    lag_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ResourceRate:
    """What an hour of a resource (of material: a unit) costs from an instant on."""

    start: datetime
    cost_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class PlanResource:
    """Somebody or something that tasks need; ``max_units`` 1 is one full-time person."""

    uid: int
    name: str
    kind: str = "work"
    calendar_uid: int | None = None
    max_units: Decimal = Decimal(1)
    initials: str = ""
    email: str = ""
    rates: tuple[ResourceRate, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanAssignment:
    """A resource on a task; units as a share of full time."""

    uid: int
    task_uid: int
    resource_uid: int | None
    units: Decimal = Decimal(1)
    work_minutes: int = 0
    actual_work_minutes: int = 0
    remaining_work_minutes: int = 0
    start: datetime | None = None
    finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader left out, changed or doubted: row, field and reason."""

    place: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """How the tool that a plan comes from was told to calculate it.

    ``start_lag_from`` is None where the file does not say. With ``expected_finishes`` what
    remains of a task lasts until its expected finish; without ``external_dates`` those that
    other projects set bound nothing.
    """

    progress_mode: ProgressMode = ProgressMode.RETAINED_LOGIC
    total_float: FloatKind = FloatKind.SMALLEST
    critical_by: CriticalKind = CriticalKind.TOTAL_FLOAT
    open_ends_critical: bool = False
    start_lag_from: LagOrigin | None = None
    expected_finishes: bool = False
    external_dates: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan. ``tasks`` stand in outline order.

    ``lag_calendar`` is what the file asks for, None where it does not say. ``time_zone`` names the
    clock by which its instants are written, as the tz database does; empty where nobody said.
    """

    name: str
    start: datetime
    calendars: tuple[CalendarSpec, ...]
    default_calendar_uid: int
    tasks: tuple[PlanTask, ...]
    links: tuple[Link, ...] = ()
    resources: tuple[PlanResource, ...] = ()
    assignments: tuple[PlanAssignment, ...] = ()
    status_date: datetime | None = None
    finish: datetime | None = None
    schedule_from_finish: bool = False
    imposed_finish: datetime | None = None
    critical_threshold_minutes: int = 0
    minutes_per_day: int = 480
    minutes_per_week: int = 2400
    days_per_month: int = 20
    currency: str = ""
    source: str = ""
    notices: tuple[Notice, ...] = field(default=())
    lag_calendar: LagCalendar | None = None
    rules: ScheduleRules = ScheduleRules()
    time_zone: str = ""
