# SPDX-License-Identifier: Apache-2.0
"""Plans drawn as text, and the drawing of a result, for tests.

A chart is one row per task::

    start 2025-03-03; off 2025-03-14; status 6
    A 5   | #####        |
    B 4   | .....####    | A
    C 6   | ..######     | A SS+2, deadline 9
    M 0   | ........◆    | B, C

The first line is optional. Columns are working days (Monday to Friday, 08:00 to 17:00, less
the days ``off``) from the start. A name that is indented by two spaces more lies inside the
row above. The third part holds links and attributes, separated by commas; the words are
those of ``_ATTRIBUTES`` below, and their numbers working days after the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    WorkingTime,
    compile_calendars,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanTask,
    StoredDates,
)
from pilothouse.engine.schedule import ScheduleOptions, ScheduleResult, schedule_plan

_DAY = 480
_ROW = re.compile(r"^(?P<indent> *)(?P<name>\S.*?)(?: +(?P<days>\d+(?:\.\d+)?))?$")
_LINK = re.compile(
    r"^(?P<name>.+?)(?: (?P<type>FS|SS|FF|SF)(?P<lag>[+-]\d+(?:\.\d+)?)?(?P<unit>e?%|e)?)?$"
)
_AT_FINISH = (ConstraintType.FNET, ConstraintType.FNLT, ConstraintType.MFO)


@dataclass(frozen=True, slots=True)
class Chart:
    """A plan read from a chart, and the bars drawn in it by uid."""

    plan: Plan
    bars: Mapping[int, str]

    def uid(self, name: str) -> int:
        """Uid of the task with this name."""
        return next(task.uid for task in self.plan.tasks if task.name == name)


class Days:
    """Working days after the start of a plan, to instants and back."""

    def __init__(self, plan: Plan) -> None:
        calendar = compile_calendars(plan.calendars)[plan.default_calendar_uid]
        self._calendar: WorkingTime = calendar
        self._start = calendar.next_start(plan.start)

    def start(self, days: Decimal | float | str) -> datetime:
        """The instant as a start: on the morning of the day."""
        return self._calendar.next_start(self._at(days))

    def finish(self, days: Decimal | float | str) -> datetime:
        """The instant as a finish: on the evening of the day before."""
        return self._calendar.previous_finish(self._at(days))

    def _at(self, days: Decimal | float | str) -> datetime:
        return self._calendar.add(self._start, int(Decimal(days) * _DAY))

    def after(self, instant: datetime) -> float:
        """Working days from the start to an instant."""
        return self._calendar.diff(self._start, instant) / _DAY


def plan_chart(text: str) -> Chart:
    """Read a chart.

    Raises
    ------
    InvalidInput
        ``chart.row`` for a row, link or attribute that cannot be read.
    """
    lines = [line.rstrip() for line in text.strip("\n").splitlines() if line.strip()]
    settings: dict[str, str] = {}
    if lines and "|" not in lines[0]:
        for part in lines.pop(0).split(";"):
            word, _, value = part.strip().partition(" ")
            settings[word] = f"{settings[word]} {value}" if word in settings else value
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    plan = _empty_plan(settings)
    days = Days(plan)
    tasks: list[PlanTask] = []
    bars: dict[int, str] = {}
    attributes: list[str] = []
    for line in lines:
        cells = [cell.rstrip() for cell in line[margin:].split("|")]
        found = _ROW.match(cells[0])
        if found is None:
            raise InvalidInput("chart.row", f"This row cannot be read: {line}")
        uid = len(tasks) + 1
        duration = Decimal(found["days"] or 0) * _DAY
        tasks.append(
            PlanTask(
                uid,
                found["name"],
                outline_level=len(found["indent"]) // 2 + 1,
                duration_minutes=int(duration),
                milestone=found["days"] == "0",
            )
        )
        bars[uid] = cells[1].strip() if len(cells) > 1 else ""
        attributes.append(cells[2] if len(cells) > 2 else "")
    names = {task.name: task.uid for task in tasks}
    links: list[Link] = []
    for row, written in enumerate(attributes):
        for attribute in filter(None, (part.strip() for part in written.split(","))):
            link = _link(attribute, tasks[row].uid, names)
            if link is not None:
                links.append(link)
            else:
                tasks[row] = _with(tasks[row], attribute, days)
    summaries = {
        first.uid for first, second in pairwise(tasks) if second.outline_level > first.outline_level
    }
    rows = tuple(replace(task, summary=task.uid in summaries) for task in tasks)
    return Chart(
        replace(
            plan,
            tasks=rows,
            links=tuple(links),
            status_date=days.start(settings["status"]) if "status" in settings else None,
            imposed_finish=days.finish(settings["imposed"]) if "imposed" in settings else None,
            finish=days.finish(settings["finish"]) if "finish" in settings else None,
            schedule_from_finish="finish" in settings,
        ),
        bars,
    )


def _empty_plan(settings: Mapping[str, str]) -> Plan:
    unknown = set(settings) - {"start", "off", "status", "imposed", "finish"}
    if unknown:
        raise InvalidInput("chart.row", f"There is no setting {sorted(unknown)[0]}.")
    off = [date.fromisoformat(day) for day in settings.get("off", "").split()]
    exceptions = tuple(CalendarException(day, day, ()) for day in off)
    first = date.fromisoformat(settings.get("start", "2025-03-03"))
    calendar = CalendarSpec(1, "Standard", STANDARD_WEEK, exceptions)
    return Plan("Chart", datetime.combine(first, time(8)), (calendar,), 1, ())


def _link(written: str, successor: int, names: Mapping[str, int]) -> Link | None:
    found = _LINK.match(written)
    if found is None or found["name"] not in names:
        return None
    kind = LinkType((found["type"] or "FS").lower())
    lag = Decimal(found["lag"] or 0)
    first = names[found["name"]]
    unit = found["unit"] or ""
    if unit.endswith("%"):
        measured = LagKind.ELAPSED_PERCENT if unit == "e%" else LagKind.PERCENT
        return Link(first, successor, kind, lag_kind=measured, lag_percent=lag)
    if unit == "e":
        return Link(first, successor, kind, int(lag * 1440), LagKind.ELAPSED)
    return Link(first, successor, kind, int(lag * _DAY))


def _with(task: PlanTask, attribute: str, days: Days) -> PlanTask:
    word, _, value = attribute.partition(" ")
    if word in _CONSTRAINTS:
        kind = ConstraintType(word)
        if not value:
            return replace(task, constraint=kind)
        day = days.finish(value) if kind in _AT_FINISH else days.start(value)
        return replace(task, constraint=kind, constraint_date=day)
    change = _ATTRIBUTES.get(word)
    if change is None:
        raise InvalidInput("chart.row", f"‘{attribute}’ of {task.name} is no task and no word.")
    return change(task, value, days)


def _done(task: PlanTask, value: str, days: Days) -> PlanTask:
    first, _, last = value.partition("-")
    return replace(
        task,
        actual_start=days.start(first),
        actual_finish=days.finish(last),
        percent_complete=Decimal(100),
    )


def _manual(task: PlanTask, value: str, days: Days) -> PlanTask:
    first, _, last = value.partition("-")
    dates = StoredDates(start=days.start(first), finish=days.finish(last))
    return replace(task, manual=True, stored=dates)


_CONSTRAINTS = frozenset(kind.value for kind in ConstraintType)
_ATTRIBUTES: dict[str, Callable[[PlanTask, str, Days], PlanTask]] = {
    "hard": lambda task, _value, _days: replace(task, constraint_hard=True),
    "deadline": lambda task, value, days: replace(task, deadline=days.finish(value)),
    "done": _done,
    "started": lambda task, value, days: replace(task, actual_start=days.start(value)),
    "left": lambda task, value, _days: replace(task, remaining_minutes=int(Decimal(value) * _DAY)),
    "worked": lambda task, value, _days: replace(
        task, actual_duration_minutes=int(Decimal(value) * _DAY)
    ),
    "resume": lambda task, value, days: replace(task, resume=days.start(value)),
    "manual": _manual,
    "loe": lambda task, _value, _days: replace(task, level_of_effort=True),
    "inactive": lambda task, _value, _days: replace(task, active=False),
    "elapsed": lambda task, value, _days: replace(
        task, elapsed_duration=True, duration_minutes=int(Decimal(value) * 1440)
    ),
    "delay": lambda task, value, _days: replace(
        task, leveling_delay_minutes=int(Decimal(value) * 1440)
    ),
}
"""Words of the third part besides the constraints; ``delay`` and ``elapsed`` are in days of
24 hours."""


def draw_chart(plan: Plan, result: ScheduleResult) -> str:
    """Draw the scheduled dates of a plan; what ``plan_chart`` reads, links left out."""
    days = Days(plan)
    bars = {}
    for task in plan.tasks:
        dates = result.tasks[task.uid]
        bars[task.uid] = _bar(days.after(dates.start), days.after(dates.finish))
    return _drawn(plan, bars)


def _bar(start: float, finish: float) -> str:
    if finish <= start:
        return "." * max(ceil(finish) - 1, 0) + "◆"
    return "." * floor(start) + "#" * (ceil(finish) - floor(start))


def _drawn(plan: Plan, bars: Mapping[int, str]) -> str:
    heads = [f"{'  ' * (task.outline_level - 1)}{task.name}" for task in plan.tasks]
    width = max(map(len, heads), default=0)
    length = max(map(len, bars.values()), default=0)
    ruler = "".join("0----5----"[day % 10] for day in range(length))
    rows = [f"{head:<{width}} | {bars[task.uid]}" for head, task in zip(heads, plan.tasks)]
    return "\n".join([f"{'':<{width}} | {ruler}", *rows])


def assert_chart(text: str, options: ScheduleOptions | None = None) -> ScheduleResult:
    """Schedule a chart and compare the bars with those drawn in it.

    Returns
    -------
    ScheduleResult
        To be asked for more.

    Raises
    ------
    AssertionError
        With the expected and the computed chart, one under the other.
    """
    chart = plan_chart(text)
    result = schedule_plan(chart.plan, options or ScheduleOptions())
    expected, computed = _drawn(chart.plan, chart.bars), draw_chart(chart.plan, result)
    if expected.splitlines()[1:] != computed.splitlines()[1:]:
        raise AssertionError(f"expected:\n{expected}\n\ncomputed:\n{computed}")
    return result
