# SPDX-License-Identifier: Apache-2.0
"""What a schedule can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from pilothouse.engine.network.plan import LagCalendar, LagOrigin, Plan, ProgressMode


class Dialect(StrEnum):
    """Whose rules decide where tools truly differ (docs/methods/critical-path.md)."""

    STANDARD = "standard"
    MICROSOFT_PROJECT = "microsoft_project"
    PRIMAVERA = "primavera"


def dialect_of(plan: Plan) -> Dialect:
    """The rules of the tool that a plan comes from; those of Microsoft Project where it is none."""
    primavera = plan.source.startswith("Primavera")
    return Dialect.PRIMAVERA if primavera else Dialect.MICROSOFT_PROJECT


def moves_work(plan: Plan) -> bool:
    """Whether work that is not done moves behind a plan's own status date (R-PRG-02).

    It does in a plan of no tool and in one of Primavera, which schedules from its data date. In
    a file of Microsoft Project, or of another tool, it stays where the file has it until somebody
    names a status date.
    """
    return not plan.source or dialect_of(plan) is Dialect.PRIMAVERA


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """Options of ``schedule_plan``.

    Parameters
    ----------
    dialect : Dialect
        ``standard`` is DOMAIN 4.2 to 4.5 to the letter: a task runs on its own calendar, else
        on the project's. ``microsoft_project`` (default) gives the dates that Microsoft
        Project gives: a task with work resources runs when any of them works, within its own
        calendar if it has one. ``primavera`` is ``standard`` with lags on the calendar of the
        predecessor, resource dependent tasks, lags from the early start of what has begun and
        no float under mandatory dates. All differences: docs/methods/critical-path.md.
    progress_mode : ProgressMode, optional
        Overrides that of the plan's rules.
    lag_calendar : LagCalendar, optional
        Overrides what the plan says; where neither does, ``predecessor`` in ``primavera``,
        else ``successor``.
    use_deadline_in_float : bool
        A deadline bounds the late finish; it never moves dates.
    work_after_status_date : bool
        Work that remains starts at the status date or later (R-PRG-02). Off, it stays where
        the actual work leads, as a Microsoft Project file does until it is told to
        reschedule uncompleted work.
    critical_threshold_minutes : int, optional
        Overrides that of the plan.
    path_limit : int
        Most critical paths to list (R-CPM-02).
    zone : ZoneInfo, optional
        Of the plan's wall clock. With it a shift over a change of the clock counts its real
        minutes (R-CAL-04); without it every day has 24 hours, as in Microsoft Project.
    """

    dialect: Dialect = Dialect.MICROSOFT_PROJECT
    progress_mode: ProgressMode | None = None
    lag_calendar: LagCalendar | None = None
    use_deadline_in_float: bool = True
    work_after_status_date: bool = True
    critical_threshold_minutes: int | None = None
    path_limit: int = 50
    zone: ZoneInfo | None = None

    def progress_mode_of(self, plan: Plan) -> ProgressMode:
        """What work done out of sequence does."""
        return self.progress_mode or plan.rules.progress_mode

    def start_lag_of(self, plan: Plan) -> LagOrigin:
        """From where lags run behind the start of work that has begun."""
        usual = LagOrigin.ACTUAL_START
        if self.dialect is Dialect.PRIMAVERA:
            usual = LagOrigin.EARLY_START
        return plan.rules.start_lag_from or usual

    def lag_calendar_of(self, plan: Plan) -> LagCalendar:
        """On whose working time the lags of a plan run."""
        usual = LagCalendar.SUCCESSOR
        if self.dialect is Dialect.PRIMAVERA:
            usual = LagCalendar.PREDECESSOR
        return self.lag_calendar or plan.lag_calendar or usual
