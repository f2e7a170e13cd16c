# SPDX-License-Identifier: Apache-2.0
"""Forms of the calendars and options of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.calendars.typed import write_day, write_exceptions, write_work_weeks
from pilothouse.engine.network.plan import CriticalKind, FloatKind, LagCalendar, ProgressMode
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import Field, Options
from pilothouse.foundation.core.parsing import Reader

CALENDAR_FIELDS = (
    "name",
    "base",
    "exceptions",
    "work_weeks",
    *(f"day.{number}" for number in range(7)),
)
_STANDARD = "08:00-12:00, 13:00-17:00"
_EVENING = time(17)
Day = tuple[date, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class TypedCalendar:
    """A calendar as it was typed; the engine reads days, exceptions and work weeks."""

    name: str
    base: int | None
    week: tuple[str, ...]
    exceptions: str
    work_weeks: str
    version: int | None


def calendar_values(spec: CalendarSpec | None, behind: str) -> dict[str, str]:
    """A calendar as text by field; ``behind`` its name stands what makes it another one."""
    if spec is None:
        days = {f"day.{number}": _STANDARD if number < 5 else "" for number in range(7)}
        return {"name": "", "base": "", "exceptions": "", "work_weeks": "", **days}
    return {
        "name": spec.name + behind,
        "base": str(spec.base_uid or ""),
        "exceptions": write_exceptions(spec.exceptions),
        "work_weeks": write_work_weeks(spec.work_weeks),
        **{
            f"day.{number}": "base" if day is None else write_day(day)
            for number, day in enumerate(spec.week)
        },
    }


def read_calendar(data: Mapping[str, str]) -> TypedCalendar:
    """The form of a calendar; the spans themselves are read with it."""
    reader = Reader(data)
    name = reader.text("name", 120, required=True)
    base = reader.text("base", 10)
    if base and not base.isdecimal():
        reader.wrong("base", _("Choose one of the list."))
    week = tuple(reader.text(f"day.{number}", 300) for number in range(7))
    exceptions = reader.text("exceptions", 100_000)
    work_weeks = reader.text("work_weeks", 100_000)
    version = reader.version()
    reader.check("planning.calendar_wrong")
    return TypedCalendar(name, int(base) if base else None, week, exceptions, work_weeks, version)


def month_of(text: str, otherwise: date) -> date:
    """The first day of a month such as 2026-03."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return otherwise.replace(day=1)
    return found if 1984 <= found.year <= 2100 else otherwise.replace(day=1)


def months_around(month: date) -> tuple[str, str]:
    """The month before and the one behind, as an address names them."""
    before, after = month - timedelta(days=1), month + timedelta(days=32)
    return f"{before:%Y-%m}", f"{after:%Y-%m}"


def weeks_of(days: Sequence[Day]) -> list[list[tuple[date, str, str] | None]]:
    """Days of a month in rows of a week, each with its hours and its spans; None outside."""
    cells: list[tuple[date, str, str] | None] = [None] * days[0][0].weekday()
    for day, spans in days:
        minutes = sum(end - start for start, end in spans)
        hours = f"{minutes / 60:.2f}".rstrip("0").rstrip(".")
        cells.append((day, f"{hours} h" if minutes else "", write_day(tuple(spans))))
    cells += [None] * (-len(cells) % 7)
    return [cells[row : row + 7] for row in range(0, len(cells), 7)]


def option_fields(calendars: Options) -> list[Field]:
    """Options of a schedule."""
    none = ("", _("As the tool of the plan does"))
    return [
        Field("default_calendar_uid", _("Calendar of the plan"), "select", True, options=calendars),
        Field(
            "critical_threshold",
            _("Critical up to a float of (days)"),
            hint=_("0: a task is critical if a day lost there moves the finish."),
        ),
        Field(
            "imposed_finish",
            _("Imposed finish"),
            "date",
            hint=_("Floats count back from it; dates stay. Empty: from the computed finish."),
        ),
        Field(
            "progress_mode",
            _("Work out of sequence"),
            "select",
            True,
            _("Retained logic: the rest waits for its links. Override: it goes on."),
            [
                (ProgressMode.RETAINED_LOGIC.value, _("Retained logic")),
                (ProgressMode.PROGRESS_OVERRIDE.value, _("Progress override")),
            ],
        ),
        Field(
            "critical_by",
            _("Critical by"),
            "select",
            True,
            options=[
                (CriticalKind.TOTAL_FLOAT.value, _("Total float")),
                (CriticalKind.LONGEST_PATH.value, _("Longest path")),
            ],
        ),
        Field(
            "total_float",
            _("Total float from"),
            "select",
            True,
            options=[
                (FloatKind.SMALLEST.value, _("The smaller of both")),
                (FloatKind.START.value, _("Start")),
                (FloatKind.FINISH.value, _("Finish")),
            ],
        ),
        Field(
            "lag_calendar",
            _("Calendar of lags"),
            "select",
            options=[
                none,
                (LagCalendar.SUCCESSOR.value, _("Of the successor")),
                (LagCalendar.PREDECESSOR.value, _("Of the predecessor")),
                (LagCalendar.PROJECT.value, _("Of the plan")),
            ],
        ),
        Field(
            "time_zone",
            _("Time zone"),
            "select",
            hint=_(
                "By whose clock the dates of this plan are read. They stay; what other projects "
                "give and get is converted."
            ),
            options=[
                ("", _("That of the installation: %(zone)s") % {"zone": clock.zone().key}),
                *((name, name.replace("_", " ")) for name in clock.zone_names()),
            ],
        ),
        Field("open_ends_critical", _("Tasks without a successor are critical"), "checkbox"),
    ]


def option_initial(row: ProjectPlan) -> dict[str, str]:
    """Saved options as text."""
    days = row.critical_threshold_minutes / row.minutes_per_day
    said = row.rules or {}
    return {
        "default_calendar_uid": str(row.default_calendar_uid),
        "critical_threshold": f"{days:.2f}".rstrip("0").rstrip("."),
        "imposed_finish": row.imposed_finish.date().isoformat() if row.imposed_finish else "",
        "progress_mode": said.get("progress_mode", ProgressMode.RETAINED_LOGIC.value),
        "critical_by": said.get("critical_by", CriticalKind.TOTAL_FLOAT.value),
        "total_float": said.get("total_float", FloatKind.SMALLEST.value),
        "lag_calendar": row.lag_calendar,
        "time_zone": row.time_zone,
        "open_ends_critical": "on" if said.get("open_ends_critical") else "",
    }


def read_options(reader: Reader, row: ProjectPlan, calendars: Sequence[int]) -> dict[str, Any]:
    """What was chosen, as fields of the engine's plan."""
    uids = [str(uid) for uid in calendars]
    calendar = reader.choice("default_calendar_uid", uids, required=True)
    days = reader.decimal("critical_threshold")
    day = reader.day("imposed_finish")
    lag = reader.choice("lag_calendar", [kind.value for kind in LagCalendar], required=False)
    saved = row.imposed_finish
    same = day is not None and saved is not None and saved.date() == day
    values: dict[str, Any] = {
        "critical_threshold_minutes": int((days or 0) * row.minutes_per_day),
        "lag_calendar": LagCalendar(lag) if lag else None,
        "open_ends_critical": reader.flag("open_ends_critical"),
        "time_zone": reader.choice("time_zone", clock.zone_names(), required=False),
    }
    if not same:
        values["imposed_finish"] = None if day is None else datetime.combine(day, _EVENING)
    if calendar:
        values["default_calendar_uid"] = int(calendar)
    for name, kind in (
        ("progress_mode", ProgressMode),
        ("critical_by", CriticalKind),
        ("total_float", FloatKind),
    ):
        chosen = reader.choice(name, [one.value for one in kind], required=True)
        if chosen:
            values[name] = kind(chosen)
    return values
