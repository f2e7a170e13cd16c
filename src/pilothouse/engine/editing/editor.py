# SPDX-License-Identifier: Apache-2.0
"""Apply steps to a plan: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, singledispatchmethod
from operator import is_

from pilothouse.engine.calendars import WorkingTime, compile_calendars, elapsed_calendar
from pilothouse.engine.editing import cells, shape
from pilothouse.engine.editing.amounts import Amount, Measures, write_amount
from pilothouse.engine.editing.cells import Constraint
from pilothouse.engine.editing.delta import LinkKey, key_of
from pilothouse.engine.editing.operations import (
    AddTasks,
    Assign,
    DeleteTasks,
    Field,
    Indent,
    MoveTasks,
    Operation,
    PutLink,
    RemoveLink,
    SetCustom,
    SetField,
    SetPredecessors,
    SetUnits,
    SetWork,
    Stretch,
    Unassign,
    Unseen,
)
from pilothouse.engine.editing.progress import Setting
from pilothouse.engine.editing.work import (
    Load,
    Share,
    with_another,
    with_share_work,
    with_units,
    without,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import Outline, build_outline
from pilothouse.engine.network.links import check_links_again
from pilothouse.engine.network.outline import outline_again, places
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanTask

Dates = Mapping[int, tuple[datetime, datetime]]
"""Uid → scheduled start and finish, as last calculated."""


def apply(plan: Plan, operations: Sequence[Operation], dates: Dates) -> Plan:
    """The plan after the steps, in their order.

    Parameters
    ----------
    plan : Plan
    operations : sequence of Operation
    dates : mapping of int to (datetime, datetime)
        Scheduled start and finish of each task before the steps: an edit of progress needs
        them. Tasks that the steps add may be missing.

    Returns
    -------
    Plan
        Not yet scheduled. Tasks and links that no step touched are the same objects.

    Raises
    ------
    InvalidInput
        ``editing.changed`` where a step met another value than the person saw,
        ``editing.gone`` where it names a row that is not there, ``editing.value``,
        ``editing.amount``, ``editing.work``, ``editing.progress``, ``editing.summary``,
        ``editing.outline`` and ``editing.uid``; then those of ``check_links``. The plan
        given is never changed.

    Notes
    -----
    O(rows) for the whole call and O(1) for a cell; each step of the outline is O(rows).
    """
    editor = Editor(plan, dates)
    for operation in operations:
        editor.do(operation)
    return editor.plan()


class Editor:
    """A plan being edited, for those who need to know which step is refused; else ``apply``.

    Who knows the outline of the plan already may give it, and has checked its links with it.
    """

    def __init__(self, plan: Plan, dates: Dates, outline: Outline | None = None) -> None:
        self._plan = plan
        self._dates = dates
        self._tasks = list(plan.tasks)
        self._row_of: Mapping[int, int] = (
            {task.uid: row for row, task in enumerate(plan.tasks)}
            if outline is None
            else outline.index
        )
        self._known = outline
        self._assignments = {item.uid: item for item in plan.assignments}
        self._of_task: dict[int, list[int]] = {}
        for item in plan.assignments:
            if item.resource_uid is not None:
                self._of_task.setdefault(item.task_uid, []).append(item.uid)
        self._resources = {item.uid for item in plan.resources}
        self._calendars: dict[int, WorkingTime] = {}
        self._moved = self._linked = False

    @cached_property
    def _links(self) -> dict[LinkKey, Link]:
        """The links by their keys; most edits look at none."""
        return {key_of(link): link for link in self._plan.links}

    @cached_property
    def _outline(self) -> Outline:
        """The outline of the plan before the steps."""
        return build_outline(self._plan.tasks) if self._known is None else self._known

    def plan(self) -> Plan:
        """The plan as it stands."""
        return self.outlined()[0]

    def outlined(self) -> tuple[Plan, Outline | None]:
        """The plan as it stands, and its outline where somebody had to look at it."""
        tasks, outline = self._settled() if self._moved else (self._tasks, None)
        links = tuple(self._links.values()) if self._linked else self._plan.links
        if self._linked and outline is None:
            changed = [row for row, task in enumerate(tasks) if task is not self._plan.tasks[row]]
            outline = outline_again(self._outline, tasks, changed)
        if outline is not None:
            checked = () if self._known is None else self._plan.links
            check_links_again(links, outline, checked, places(self._outline, outline))
        plan = replace(
            self._plan,
            tasks=tuple(tasks),
            links=links,
            assignments=self._people(),
        )
        return plan, outline

    def _people(self) -> tuple[PlanAssignment, ...]:
        """The assignments; those of the plan itself where none changed."""
        before, after = self._plan.assignments, tuple(self._assignments.values())
        return before if len(before) == len(after) and all(map(is_, before, after)) else after

    @property
    def tasks(self) -> Sequence[PlanTask]:
        """The rows as they stand, in order."""
        return self._tasks

    @singledispatchmethod
    def do(self, operation: Operation) -> None:
        """Take one step."""
        raise TypeError(f"no step: {operation!r}")

    @do.register
    def _(self, step: SetField) -> None:
        task = self._task(step.uid)
        self._require_seen(
            task, step.field.value, cells.current(task, step.field, self._date), step.was
        )
        if self._is_summary(step.uid):
            cells.require_on_summary(task, step.field)
        if step.field is Field.CALENDAR and step.value is not None:
            self._require_calendar(task, step.value)
        change = cells.changed(task, step.field, step.value, self._setting(task), self._load(task))
        if task.manual and step.field is Field.DURATION:
            change = replace(change, task=cells.ended(change.task, self._setting(change.task)))
        self._put(change.task)
        if change.load is not None:
            self._put_load(task.uid, change.load)

    @do.register
    def _(self, step: SetCustom) -> None:
        task = self._task(step.uid)
        held = dict(task.custom)
        self._require_seen(task, step.key, held.get(step.key, ""), step.was)
        self._put(cells.with_custom(task, held | {step.key: step.value}))

    @do.register
    def _(self, step: Stretch) -> None:
        task = self._task(step.uid)
        if self._is_summary(step.uid):
            cells.require_on_summary(task, Field.DURATION)
        now = cells.current(task, Field.FINISH, self._date)
        self._require_seen(task, Field.FINISH.value, now, step.was)
        if task.manual:
            self.do(SetField(step.uid, Field.FINISH, step.finish))
        else:
            amount = cells.stretched(task, step.finish, self._setting(task))
            self.do(SetField(step.uid, Field.DURATION, amount))

    @do.register
    def _(self, step: AddTasks) -> None:
        for task in step.tasks:
            if task.uid in self._row_of:
                raise InvalidInput(
                    "editing.uid",
                    f"A row with the number {task.uid} is there already.",
                    (str(task.uid),),
                )
            cells.require_new(task)
            if task.calendar_uid is not None:
                self._require_calendar(task, task.calendar_uid)
        self._tasks = shape.added(self._tasks, self._place(step.after), step.tasks)
        self._reordered()

    @do.register
    def _(self, step: DeleteTasks) -> None:
        rows = [self._row(uid) for uid in step.uids]
        gone = shape.branches(self._tasks, rows)
        uids = {self._tasks[row].uid for row in gone}
        self._tasks = [task for row, task in enumerate(self._tasks) if row not in gone]
        loose = [
            key
            for key, link in self._links.items()
            if link.predecessor in uids or link.successor in uids
        ]
        for key in loose:
            del self._links[key]
        self._linked = self._linked or bool(loose)
        self._assignments = {
            uid: item for uid, item in self._assignments.items() if item.task_uid not in uids
        }
        self._reordered()

    @do.register
    def _(self, step: MoveTasks) -> None:
        rows = [self._row(uid) for uid in step.uids]
        self._tasks = shape.moved(self._tasks, rows, self._place(step.after), step.level)
        self._reordered()

    @do.register
    def _(self, step: Indent) -> None:
        rows = [self._row(uid) for uid in step.uids]
        self._tasks = shape.indented(self._tasks, rows, step.by)
        self._reordered()

    @do.register
    def _(self, step: SetPredecessors) -> None:
        task = self._task(step.uid)
        before = [link for link in self._links.values() if link.successor == step.uid]
        self._require_seen(task, "predecessors", frozenset(before), step.was)
        staying = {key_of(link) for link in step.links}
        for link in before:
            if key_of(link) not in staying:
                del self._links[key_of(link)]
        for link in step.links:
            self.do(PutLink(link))
        self._linked = True

    @do.register
    def _(self, step: PutLink) -> None:
        self._task(step.link.predecessor)
        self._task(step.link.successor)
        cells.require_lag(step.link)
        self._links[key_of(step.link)] = step.link
        self._linked = True

    @do.register
    def _(self, step: RemoveLink) -> None:
        key = step.predecessor, step.successor, step.type
        if key not in self._links:
            first, second = self._task(step.predecessor), self._task(step.successor)
            raise InvalidInput(
                "editing.gone",
                f"‘{first.name}’ and ‘{second.name}’ are no longer linked as "
                f"{step.type.value.upper()}.",
                (str(first.uid), str(second.uid)),
            )
        del self._links[key]
        self._linked = True

    @do.register
    def _(self, step: Assign) -> None:
        task = self._task(step.task_uid)
        if step.resource_uid not in self._resources:
            raise InvalidInput(
                "editing.gone",
                f"The plan has no resource {step.resource_uid}.",
                (str(step.resource_uid),),
            )
        if any(item.resource_uid == step.resource_uid for item in self._shares(task.uid)):
            raise InvalidInput(
                "editing.value",
                f"‘{task.name}’ has this resource already; change its units.",
                (str(task.uid),),
            )
        load = with_another(self._load(task), step.units)
        uid = max(self._assignments, default=0) + 1
        self._assignments[uid] = PlanAssignment(uid, task.uid, step.resource_uid)
        self._of_task.setdefault(task.uid, []).append(uid)
        self._give(task, load)

    @do.register
    def _(self, step: Unassign) -> None:
        item, index, task = self._assignment(step.uid)
        load = without(self._load(task), index)
        if item.actual_work_minutes:
            raise InvalidInput(
                "editing.work",
                f"Work was done on ‘{task.name}’ by this resource; it stays assigned.",
                (str(task.uid),),
            )
        del self._assignments[step.uid]
        self._of_task[task.uid].remove(step.uid)
        self._give(task, load)

    @do.register
    def _(self, step: SetUnits) -> None:
        item, index, task = self._assignment(step.uid)
        self._require_seen(task, "units", item.units, step.was)
        self._give(task, with_units(self._load(task), index, step.units))

    @do.register
    def _(self, step: SetWork) -> None:
        item, index, task = self._assignment(step.uid)
        self._require_seen(task, "work", item.work_minutes, step.was)
        self._give(task, with_share_work(self._load(task), index, step.work_minutes))

    def _settled(self) -> tuple[list[PlanTask], Outline]:
        known = self._outline.index
        fresh = {task.uid for task in self._tasks if task.uid not in known and not task.wbs}
        if fresh and not shape.numbers_rows(self._plan.tasks, self._outline):
            fresh = set()
        return shape.settled(self._outline, self._tasks, fresh)

    def _require_seen(self, task: PlanTask, name: str, now: object, was: object) -> None:
        if isinstance(was, Unseen) or was == now or _same_minute(was, now):
            return
        raise InvalidInput(
            "editing.changed",
            f"Somebody changed {name.replace('_', ' ')} of ‘{task.name}’ in the meantime: "
            f"{self._words(was)} became {self._words(now)}. Look again and decide.",
            (str(task.uid), name),
        )

    def _words(self, value: object) -> str:
        if isinstance(value, Amount):
            return write_amount(value, Measures.of(self._plan))
        if isinstance(value, Constraint):
            return _words(value.type.value.upper()) + (
                f" {_words(value.date)}" if value.date else ""
            )
        return _words(value)

    def _row(self, uid: int) -> int:
        row = self._row_of.get(uid)
        if row is None:
            raise InvalidInput(
                "editing.gone",
                f"The row with the number {uid} is no longer in the plan; somebody deleted it.",
                (str(uid),),
            )
        return row

    def _task(self, uid: int) -> PlanTask:
        return self._tasks[self._row(uid)]

    def _place(self, after: int | None) -> int:
        return 0 if after is None else self._row(after) + 1

    def _put(self, task: PlanTask) -> None:
        self._tasks[self._row_of[task.uid]] = task

    def _reordered(self) -> None:
        self._row_of = {task.uid: row for row, task in enumerate(self._tasks)}
        self._moved = True

    def _is_summary(self, uid: int) -> bool:
        return shape.has_children(self._tasks, self._row_of[uid])

    def _date(self, uid: int) -> tuple[datetime, datetime] | None:
        return self._dates.get(uid)

    def _setting(self, task: PlanTask) -> Callable[[], Setting]:
        def setting() -> Setting:
            start, finish = self._dates.get(task.uid) or (self._plan.start, self._plan.start)
            time = elapsed_calendar() if task.elapsed_duration else self._calendar(task)
            return Setting(start, finish, time, self._plan.status_date)

        return setting

    def _calendar(self, task: PlanTask) -> WorkingTime:
        if not self._calendars:
            self._calendars = dict(compile_calendars(self._plan.calendars))
        own = task.calendar_uid
        return self._calendars[self._plan.default_calendar_uid if own is None else own]

    def _require_calendar(self, task: PlanTask, uid: object) -> None:
        if all(calendar.uid != uid for calendar in self._plan.calendars):
            raise InvalidInput(
                "editing.value",
                f"‘{task.name}’ cannot run on calendar {uid}, which is not in the plan.",
                (str(task.uid), Field.CALENDAR.value),
            )

    def _shares(self, uid: int) -> list[PlanAssignment]:
        return [self._assignments[number] for number in self._of_task.get(uid, ())]

    def _load(self, task: PlanTask) -> Load:
        return Load(
            task.duration_minutes,
            tuple(Share(item.units, item.work_minutes) for item in self._shares(task.uid)),
            task.work_type,
            task.effort_driven,
        )

    def _assignment(self, uid: int) -> tuple[PlanAssignment, int, PlanTask]:
        item = self._assignments.get(uid)
        if item is None or item.resource_uid is None:
            raise InvalidInput(
                "editing.gone", f"The assignment {uid} is no longer in the plan.", (str(uid),)
            )
        return item, self._shares(item.task_uid).index(item), self._task(item.task_uid)

    def _give(self, task: PlanTask, load: Load) -> None:
        """What the work equation says, for a task that is no summary."""
        if self._is_summary(task.uid):
            raise InvalidInput(
                "editing.summary",
                f"‘{task.name}’ is a summary; assign resources to the tasks inside it.",
                (str(task.uid),),
            )
        self._put(cells.with_load(task, load))
        self._put_load(task.uid, load)

    def _put_load(self, uid: int, load: Load) -> None:
        for item, share in zip(self._shares(uid), load.shares, strict=True):
            if share.work < item.actual_work_minutes:
                raise InvalidInput(
                    "editing.work",
                    f"{item.actual_work_minutes} minutes of work are done already; "
                    f"{share.work} minutes in all are less.",
                    (str(uid),),
                )
            self._assignments[item.uid] = replace(
                item,
                units=share.units,
                work_minutes=share.work,
                remaining_work_minutes=share.work - item.actual_work_minutes,
            )


def _words(value: object) -> str:
    if value is None or value == frozenset() or value == "":
        return "nothing"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, frozenset):
        return f"{len(value)} links"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"‘{value}’"


def _same_minute(was: object, now: object) -> bool:
    """A person sees instants to the minute."""
    return (
        isinstance(was, datetime)
        and isinstance(now, datetime)
        and was == now.replace(second=0, microsecond=0)
    )
