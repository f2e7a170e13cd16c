# SPDX-License-Identifier: Apache-2.0
"""The plan of a file with what the file cannot say, or leaves open, taken from the plan there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.merging.recognise import Recognised
from pilothouse.engine.network import build_outline
from pilothouse.engine.network.plan import (
    Link,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
)

_Row = TypeVar("_Row", PlanTask, PlanResource)

ALL_OF_TASK = frozenset(item.name for item in fields(PlanTask))
ALL_OF_PLAN = frozenset(item.name for item in fields(Plan))
_OPEN = {"cost": None, "guid": ""}
"""Fields that a file may leave empty because whoever wrote it does not know them."""
_ROWS = frozenset({"calendars", "tasks", "links", "resources", "assignments", "notices"})
_BY_STEPS = ("percent_type", "physical_percent")
_PLACE = frozenset({"uid", "outline_level", "summary"})


@dataclass(frozen=True, slots=True)
class Holds:
    """What a file can say. The rest stays as it is in the plan that is there.

    ``tasks`` and ``plan`` are names of fields; ``summaries`` those of summary rows, where they
    are fewer. Without ``inactive`` rows that are not active are in no such file.
    """

    tasks: frozenset[str] = ALL_OF_TASK
    plan: frozenset[str] = ALL_OF_PLAN
    summaries: frozenset[str] | None = None
    inactive: bool = True
    calendars: bool = True
    links: bool = True
    resources: bool = True
    assignments: bool = True


EVERYTHING = Holds()


def merge(
    present: Plan,
    coming: Plan,
    found: Recognised,
    holds: Holds = EVERYTHING,
    *,
    kept_resources: Collection[int] = (),
) -> Plan:
    """The plan as the file wants it, under the numbers of the plan that is there.

    Parameters
    ----------
    present, coming : Plan
    found : Recognised
    holds : Holds
    kept_resources : collection of int
        Resources of the plan that stay even if the file does not name them.

    Returns
    -------
    Plan
        Not yet scheduled. Rows stand in the order of the file.

    Notes
    -----
    A cost or a mail address that the file leaves empty stays. A task that is measured by steps
    stays so where the file says that it is measured by a physical percentage. O(rows).
    """
    calendars = _calendars(present, coming, found, holds)
    tasks = _tasks(present, coming, found, holds)
    there = {task.uid for task in tasks}
    resources = _resources(present, coming, found, holds, kept_resources)
    links = [
        replace(
            link,
            predecessor=found.tasks[link.predecessor],
            successor=found.tasks[link.successor],
        )
        for link in coming.links
    ]
    fresh = set(found.tasks.values())
    untouched = (link for link in present.links if not {link.predecessor, link.successor} <= fresh)
    assignments = _assignments(present, coming, found, holds, there)
    values: dict[str, Any] = {
        name: getattr(present, name) for name in ALL_OF_PLAN - holds.plan - _ROWS
    }
    held = {spec.uid for spec in calendars}
    made = replace(
        coming,
        calendars=calendars,
        default_calendar_uid=_calendar_uid(coming.default_calendar_uid, found, holds),
        tasks=tuple(_on(held, tasks)),
        links=tuple(_among(links if holds.links else present.links, there))
        + (tuple(_among(untouched, there)) if holds.links else ()),
        resources=tuple(_on(held, resources)),
        assignments=assignments,
    )
    return replace(made, **values)


def _on(calendars: Collection[int], rows: Iterable[_Row]) -> Iterator[_Row]:
    """The rows, none of them on a calendar that went."""
    for row in rows:
        gone = row.calendar_uid is not None and row.calendar_uid not in calendars
        yield replace(row, calendar_uid=None) if gone else row


def staying(present: Plan, made: Plan, holds: Holds) -> dict[str, int]:
    """Fields that the file cannot say → how many tasks keep a value there that is not the usual."""
    there = {task.uid for task in made.tasks}
    usual = PlanTask(0, "")
    counts: dict[str, int] = {}
    for name in sorted(ALL_OF_TASK - holds.tasks - _PLACE - {"stored", "entered", "guid"}):
        count = sum(
            getattr(task, name) != getattr(usual, name)
            for task in present.tasks
            if task.uid in there and not task.summary
        )
        if count:
            counts[name] = count
    return counts


def _calendar_uid(uid: int, found: Recognised, holds: Holds) -> int:
    return found.calendars.get(uid, uid) if holds.calendars else uid


def _calendars(
    present: Plan, coming: Plan, found: Recognised, holds: Holds
) -> tuple[CalendarSpec, ...]:
    if not holds.calendars:
        return present.calendars
    of = found.calendars
    return tuple(
        replace(
            spec,
            uid=of[spec.uid],
            base_uid=None if spec.base_uid is None else of.get(spec.base_uid, spec.base_uid),
        )
        for spec in coming.calendars
    )


def _tasks(present: Plan, coming: Plan, found: Recognised, holds: Holds) -> tuple[PlanTask, ...]:
    old = {task.uid: task for task in present.tasks}
    rows = [_task(task, old.get(found.tasks[task.uid]), found, holds) for task in coming.tasks]
    if not holds.inactive:
        rows = _with_inactive(present.tasks, rows)
    rows = [
        task if task.summary == _has_inside(rows, row) else replace(task, summary=not task.summary)
        for row, task in enumerate(rows)
    ]
    return tuple(rows if "wbs" in holds.tasks else _numbered(present.tasks, rows))


def _numbered(present: Sequence[PlanTask], rows: Sequence[PlanTask]) -> Iterator[PlanTask]:
    """The rows with the number of their place as code, where that was the code before, or none."""
    then, now = build_outline(present).numbers, build_outline(rows).numbers
    own = {task.uid for row, task in enumerate(present) if task.wbs not in ("", then[row])}
    for row, task in enumerate(rows):
        yield task if task.uid in own else replace(task, wbs=now[row])


def _has_inside(rows: Sequence[PlanTask], row: int) -> bool:
    return row + 1 < len(rows) and rows[row + 1].outline_level > rows[row].outline_level


def _task(coming: PlanTask, present: PlanTask | None, found: Recognised, holds: Holds) -> PlanTask:
    own = coming.calendar_uid
    values: dict[str, Any] = {
        "uid": found.tasks[coming.uid],
        "calendar_uid": None if own is None else _calendar_uid(own, found, holds),
    }
    if present is not None:
        said = holds.tasks
        if coming.summary and holds.summaries is not None:
            said &= holds.summaries
        stays = ALL_OF_TASK - said - _PLACE
        values |= {name: getattr(present, name) for name in stays}
        left = (name for name, nothing in _OPEN.items() if getattr(coming, name) == nothing)
        values |= {name: getattr(present, name) for name in left}
        if "steps" not in said and _measured_elsewhere(present, coming):
            values |= {name: getattr(present, name) for name in _BY_STEPS}
            if coming.actual_finish is None:
                values["percent_complete"] = present.percent_complete
    return replace(coming, **values)


def _measured_elsewhere(present: PlanTask, coming: PlanTask) -> bool:
    """Whether the file holds as a physical percentage what the steps of the task come to."""
    return present.percent_type is PercentType.STEPS and coming.percent_type is PercentType.PHYSICAL


def _with_inactive(present: Sequence[PlanTask], rows: Sequence[PlanTask]) -> list[PlanTask]:
    """The rows with those that are not active, each behind the row before which it stood."""
    there = {task.uid for task in rows}
    behind: dict[int | None, list[PlanTask]] = {}
    anchor: int | None = None
    for task in present:
        if task.uid in there:
            anchor = task.uid
        elif not task.active and not task.summary:
            behind.setdefault(anchor, []).append(task)
    made: list[PlanTask] = []
    for uid, group in ((None, ()), *((task.uid, (task,)) for task in rows)):
        made += group
        for task in behind.get(uid, ()):
            deepest = made[-1].outline_level + 1 if made else 1
            made.append(replace(task, outline_level=min(task.outline_level, deepest)))
    return made


def _resources(
    present: Plan, coming: Plan, found: Recognised, holds: Holds, kept: Collection[int]
) -> tuple[PlanResource, ...]:
    old = {row.uid: row for row in present.resources}
    made: dict[int, PlanResource] = {}
    for row in coming.resources:
        uid = found.resources[row.uid]
        then = old.get(uid)
        if then is not None and not holds.resources:
            made[uid] = then
            continue
        calendar = row.calendar_uid
        made[uid] = replace(
            row,
            uid=uid,
            email=row.email or (then.email if then else ""),
            calendar_uid=None if calendar is None else _calendar_uid(calendar, found, holds),
        )
    stay = [
        row
        for row in present.resources
        if row.uid not in made and (not holds.resources or row.uid in kept)
    ]
    if not holds.resources:
        return (*(made.pop(row.uid, row) for row in present.resources), *made.values())
    return (*made.values(), *stay)


def _assignments(
    present: Plan, coming: Plan, found: Recognised, holds: Holds, there: Collection[int]
) -> tuple[PlanAssignment, ...]:
    """Those of the file, each under the number of the same person on the same task."""
    if not holds.assignments:
        return tuple(item for item in present.assignments if item.task_uid in there)
    old: dict[tuple[int, int | None], list[int]] = {}
    for item in present.assignments:
        old.setdefault((item.task_uid, item.resource_uid), []).append(item.uid)
    last = max((item.uid for item in (*present.assignments, *coming.assignments)), default=0)
    made: list[PlanAssignment] = []
    for item in coming.assignments:
        task = found.tasks[item.task_uid]
        resource = None if item.resource_uid is None else found.resources[item.resource_uid]
        known = old.get((task, resource))
        if not known:
            last += 1
        made.append(
            replace(
                item,
                uid=known.pop(0) if known else last,
                task_uid=task,
                resource_uid=resource,
            )
        )
    stay = set(there).difference(found.tasks.values())
    return (*made, *(item for item in present.assignments if item.task_uid in stay))


def _among(links: Iterable[Link], there: Collection[int]) -> Iterable[Link]:
    return (link for link in links if link.predecessor in there and link.successor in there)
