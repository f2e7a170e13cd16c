# SPDX-License-Identifier: Apache-2.0
"""Two plans that were one once, made one again; where both changed the same, somebody decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pilothouse.engine.editing.coupled import (
    RESOURCES,
    cells_of,
    changed_cells,
    groups_of,
    staff_of,
)
from pilothouse.engine.editing.delta import key_of, moves, order_after
from pilothouse.engine.editing.shape import branch
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import build_outline, check_links
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanTask

_NUMBERED = "\0"
"""Instead of a WBS code that is but the outline number of its row."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Cells, a row or a place that both sides changed since, and not to the same.

    ``fields`` are the cells that differ, and ``base``, ``live`` and ``ours`` their values; without
    any a link or the whole row is meant: None is a side on which it is gone. ``uids`` are the tasks
    that it is about.
    """

    key: str
    uids: tuple[int, ...]
    fields: tuple[str, ...]
    base: Any
    live: Any
    ours: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The plan that is to be, and all clashes on the way, settled or not."""

    plan: Plan
    clashes: tuple[Clash, ...]


def merge(base: Plan, live: Plan, ours: Plan, keep: Collection[str] = (), used: int = 0) -> Merged:
    """Take what ours changed of base over into live.

    Parameters
    ----------
    base : Plan
        What both were once.
    live, ours : Plan
        What became of it. Numbers that both gave to new rows mean two rows.
    keep : collection of str
        Keys of the clashes in which ours is to hold; in the others live does.
    used : int
        The highest number that any row of live ever had; new rows of ours get others.

    Raises
    ------
    InvalidInput
        As ``check_links``, where a link of one side lies within the outline of the other;
        ``editing.resource_gone`` where ours puts a resource on a task that live no longer has.
        Links that together go round in a circle are found by scheduling.

    Notes
    -----
    O(rows). What follows from other rows is no change: sums of summaries, outline numbers,
    baselines. Cells that follow from each other are decided together: constraint with its date;
    duration with progress, and of a task scheduled by hand with its dates; work with the resources
    of the task, and with the duration where there are any. Fields that somebody added are decided
    one by one. A row that one side deleted and the other changed, linked, staffed or filled is a
    clash of the row; its links and resources come from the side that is kept.
    """
    return _Merge(base, live, _renumbered(base, live, ours, used), frozenset(keep)).done()


def _renumbered(base: Plan, live: Plan, ours: Plan, used: int) -> Plan:
    """Ours with other numbers for new rows whose numbers live gave to rows of its own."""
    known = {task.uid for task in base.tasks}
    taken = {task.uid for task in live.tasks}
    wrong = [
        task.uid
        for task in ours.tasks
        if task.uid not in known and (task.uid <= used or task.uid in taken)
    ]
    if not wrong:
        return ours
    last = max(used, *(task.uid for plan in (base, live, ours) for task in plan.tasks))
    to = {uid: last + step for step, uid in enumerate(wrong, start=1)}
    return replace(
        ours,
        tasks=tuple(replace(task, uid=to.get(task.uid, task.uid)) for task in ours.tasks),
        links=tuple(
            replace(
                link,
                predecessor=to.get(link.predecessor, link.predecessor),
                successor=to.get(link.successor, link.successor),
            )
            for link in ours.links
        ),
        assignments=tuple(
            replace(item, task_uid=to.get(item.task_uid, item.task_uid))
            for item in ours.assignments
        ),
    )


def _plain(plan: Plan) -> dict[int, PlanTask]:
    """The rows by number, without codes that follow from their place."""
    numbers = build_outline(plan.tasks).numbers
    return {
        task.uid: replace(task, wbs=_NUMBERED) if task.wbs == numbers[row] else task
        for row, task in enumerate(plan.tasks)
    }


class _Merge:
    """One merge; ``taken`` says of which side a row is that one side deleted.

    ``own_staff`` are the tasks whose resources are those of ours.
    """

    def __init__(self, base: Plan, live: Plan, ours: Plan, keep: frozenset[str]) -> None:
        self._base, self._live, self._ours, self._keep = base, live, ours, keep
        self._rows = _plain(base), _plain(live), _plain(ours)
        self._clashes: list[Clash] = []
        self._taken: dict[int, bool] = {}
        self._staff = staff_of(base), staff_of(live), staff_of(ours)
        self._own_staff: set[int] = set()

    def done(self) -> Merged:
        tasks = self._tasks()
        links = self._links()
        made = replace(
            self._live,
            tasks=tuple(self._placed(tasks)),
            links=tuple(link for link in links if set(_ends(link)) <= tasks.keys()),
            assignments=self._staffed(tasks),
        )
        check_links(made.links, build_outline(made.tasks))
        return Merged(made, tuple(self._clashes))

    def _plans(self) -> tuple[Plan, Plan, Plan]:
        return self._base, self._live, self._ours

    def _ours_holds(self, clash: Clash) -> bool:
        self._clashes.append(clash)
        return clash.key in self._keep

    def _tasks(self) -> dict[int, PlanTask]:
        base, live, ours = self._rows
        touched_live = _touched(self._base, self._live)
        touched_ours = _touched(self._base, self._ours)
        made: dict[int, PlanTask] = {}
        for uid in {**live, **ours}:
            was, theirs, own = base.get(uid), live.get(uid), ours.get(uid)
            if was is None or (theirs is not None and own is not None):
                made[uid] = self._cells(was, theirs, own)
                continue
            other, touched = (theirs, touched_live) if own is None else (own, touched_ours)
            assert other is not None
            if not changed_cells(was, other) and uid not in touched:
                continue
            ours_holds = self._ours_holds(Clash(f"task.{uid}", (uid,), (), was, theirs, own))
            self._taken[uid] = ours_holds
            held = own if ours_holds else theirs
            if held is not None:
                made[uid] = held
        return made

    def _cells(
        self, was: PlanTask | None, theirs: PlanTask | None, own: PlanTask | None
    ) -> PlanTask:
        if was is None or theirs is None or own is None:
            found = theirs or own
            assert found is not None
            if theirs is None:
                self._own_staff.add(found.uid)
            return found
        values: dict[str, Any] = {}
        changed, seen = changed_cells(was, own), set[str]()
        staff = [of.get(was.uid, ()) for of in self._staff]
        if staff[0] != staff[2]:
            changed.append(RESOURCES)
        if not changed:
            return theirs
        groups = groups_of((was, theirs, own), any(staff))
        rows = [cells_of(row, part) for row, part in zip((was, theirs, own), staff, strict=True)]
        for name in changed:
            if name in seen:
                continue
            group = groups.get(name, (name,))
            seen |= set(group)
            if name == "custom":
                values[name] = self._custom(was, theirs, own)
            elif self._takes(was.uid, group, *rows):
                values |= {cell: rows[2][cell] for cell in group if cell != RESOURCES}
                if RESOURCES in group:
                    self._own_staff.add(was.uid)
        return replace(theirs, **values) if values else theirs

    def _takes(
        self,
        uid: int,
        group: Sequence[str],
        was: Mapping[str, Any],
        theirs: Mapping[str, Any],
        own: Mapping[str, Any],
    ) -> bool:
        """Whether ours holds in cells that are decided together."""
        sides = [tuple(side[name] for name in group) for side in (was, theirs, own)]
        if sides[1] == sides[2] or sides[0] == sides[2]:
            return False
        if sides[0] == sides[1]:
            return True
        differ = tuple(name for name in group if not was[name] == theirs[name] == own[name])
        told = (tuple(side[name] for name in differ) for side in (was, theirs, own))
        return self._ours_holds(Clash(f"task.{uid}.{group[0]}", (uid,), differ, *told))

    def _custom(
        self, was: PlanTask, theirs: PlanTask, own: PlanTask
    ) -> tuple[tuple[str, str], ...]:
        """Fields that somebody added, each for itself."""
        base, live, ours = (dict(row.custom) for row in (was, theirs, own))
        made = dict(live)
        for key in sorted(base.keys() | ours.keys()):
            then, now, mine = base.get(key), live.get(key), ours.get(key)
            if mine in (then, now):
                continue
            clash = Clash(
                f"task.{was.uid}.custom.{key}",
                (was.uid,),
                (f"custom.{key}",),
                (then,),
                (now,),
                (mine,),
            )
            if now != then and not self._ours_holds(clash):
                continue
            made.pop(key, None)
            if mine is not None:
                made[key] = mine
        return tuple(sorted(made.items()))

    def _links(self) -> list[Link]:
        """Each link is one value."""
        base, live, ours = (
            {key_of(link): link for link in plan.links}
            for plan in (self._base, self._live, self._ours)
        )
        made: list[Link] = []
        for key in {**live, **ours}:
            was, theirs, own = base.get(key), live.get(key), ours.get(key)
            present = own if theirs is None else theirs
            assert present is not None
            uids = _ends(present)
            sides = {self._taken[uid] for uid in uids if uid in self._taken}
            if sides:
                found = own if True in sides else theirs
            elif own in (theirs, was):
                found = theirs
            elif was == theirs:
                found = own
            else:
                word = f"{key[0]}.{key[1]}.{key[2].value}"
                clash = Clash(f"link.{word}", uids, (), was, theirs, own)
                found = own if self._ours_holds(clash) else theirs
            if found is not None:
                made.append(found)
        return made

    def _staffed(self, tasks: Mapping[int, PlanTask]) -> tuple[PlanAssignment, ...]:
        """The resources of each task, of one side; each with a number of its own."""
        there = {None, *(row.uid for row in self._live.resources)}
        own = self._own_staff | {uid for uid, ours in self._taken.items() if ours}
        held = {item.uid: (item.task_uid, item.resource_uid) for item in self._live.assignments}
        last = max((item.uid for plan in self._plans() for item in plan.assignments), default=0)
        made = [
            item
            for item in self._live.assignments
            if item.task_uid in tasks and item.task_uid not in own
        ]
        for item in self._ours.assignments:
            if held.get(item.uid, pair := (item.task_uid, item.resource_uid)) != pair:
                last += 1
                item = replace(item, uid=last)
            if item.task_uid not in own or item.task_uid not in tasks:
                continue
            if item.resource_uid not in there:
                raise self._gone(item, tasks[item.task_uid])
            made.append(item)
        return tuple(made)

    def _gone(self, item: PlanAssignment, task: PlanTask) -> InvalidInput:
        name = next(
            (
                row.name
                for plan in (self._ours, self._base)
                for row in plan.resources
                if row.uid == item.resource_uid
            ),
            str(item.resource_uid),
        )
        return InvalidInput(
            "editing.resource_gone",
            f"‘{name}’ is on ‘{task.name}’ there, but the plan has this resource no longer. "
            "Take it off that task, or add it to the plan again.",
            (name, task.name),
        )

    def _placed(self, tasks: Mapping[int, PlanTask]) -> list[PlanTask]:
        """The rows in the order of live, with what ours moved and added moved and added."""
        ours, theirs = moves(self._base.tasks, self._ours.tasks), {}
        if any(uid in tasks for uid in ours):
            theirs = moves(self._base.tasks, self._live.tasks)
        anchors: dict[int, int | None] = {}
        before = _before_each([task.uid for task in self._ours.tasks], tasks)
        known = self._rows[0].keys() & self._rows[1].keys()
        for uid, (then, now) in ours.items():
            if uid not in tasks or uid not in self._rows[2]:
                continue
            if uid in theirs and uid in known and theirs[uid][1] != now:
                place = Clash(
                    f"task.{uid}.place", (uid,), ("place",), (then,), (theirs[uid][1],), (now,)
                )
                if not self._ours_holds(place):
                    continue
            anchors[uid] = before[uid]
        rows = [tasks[task.uid] for task in self._live.tasks if task.uid in tasks]
        lost = [uid for uid in tasks if uid not in self._rows[1] and uid not in anchors]
        anchors |= {uid: before[uid] for uid in lost}
        return _numbered(_levelled(order_after(rows, anchors, tasks), self._plans()[1:]))


def _touched(base: Plan, now: Plan) -> set[int]:
    """Tasks that were linked, staffed or filled since."""
    links = {key_of(link): link for link in base.links}
    found = {uid for link in now.links if links.get(key_of(link)) != link for uid in _ends(link)}
    was, staff = staff_of(base), staff_of(now)
    found |= {uid for uid, items in staff.items() if was.get(uid) != items}
    known = {task.uid for task in base.tasks}
    above: list[PlanTask] = []
    for task in now.tasks:
        while above and above[-1].outline_level >= task.outline_level:
            above.pop()
        if task.uid not in known:
            found |= {row.uid for row in above}
        above.append(task)
    return found


def _ends(link: Link) -> tuple[int, int]:
    return link.predecessor, link.successor


def _before_each(uids: Sequence[int], there: Collection[int]) -> dict[int, int | None]:
    """Each number → the last one before it that is still there."""
    found: dict[int, int | None] = {}
    last: int | None = None
    for uid in uids:
        found[uid] = last
        if uid in there:
            last = uid
    return found


def _levelled(tasks: Sequence[PlanTask], sides: Iterable[Plan]) -> list[PlanTask]:
    """No row lies deeper than one below the row above it, unless it lay so under it on a side.

    Its branch comes along.
    """
    lay = {
        (above.uid, above.outline_level, task.uid, task.outline_level)
        for plan in sides
        for above, task in pairwise(plan.tasks)
        if task.outline_level > above.outline_level + 1
    }
    made = list(tasks)
    for row, task in enumerate(made):
        above = made[row - 1] if row else None
        by = task.outline_level - (above.outline_level if above else 0) - 1
        if by <= 0 or (
            above and (above.uid, above.outline_level, task.uid, task.outline_level) in lay
        ):
            continue
        for inside in branch(made, row):
            level = made[inside].outline_level - by
            made[inside] = replace(made[inside], outline_level=level)
    return made


def _numbered(tasks: Sequence[PlanTask]) -> list[PlanTask]:
    """The rows with their outline numbers, and whether they are summaries."""
    outline = build_outline(tasks)
    made = []
    for row, task in enumerate(tasks):
        wbs = outline.numbers[row] if task.wbs == _NUMBERED else task.wbs
        summary = outline.summary[row]
        if (wbs, summary) != (task.wbs, task.summary):
            task = replace(task, wbs=wbs, summary=summary, milestone=task.milestone and not summary)
        made.append(task)
    return made
