# SPDX-License-Identifier: Apache-2.0
"""Two plans that were one once, made one again; where both changed the same, somebody decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from pilothouse.engine.editing.delta import LinkKey, key_of, moves, order_after
from pilothouse.engine.editing.shape import branch
from pilothouse.engine.network import build_outline, check_links
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanTask

_Key = TypeVar("_Key", bound=Hashable)
_Row = TypeVar("_Row", PlanTask, Link, PlanAssignment)
_SUMS = frozenset({"percent_complete", "work_minutes", "actual_work_minutes", "duration_minutes"})
_FOLLOWS = frozenset({"uid", "summary", "baselines", "stored"})
_NUMBERED = "\0"
"""Instead of a WBS code that is but the outline number of its row."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A cell, a row or a place that both sides changed since, and not to the same.

    ``field`` is empty where the whole row is meant: None is a side on which it is gone.
    ``uids`` are the tasks that it is about.
    """

    key: str
    uids: tuple[int, ...]
    field: str
    base: object
    live: object
    ours: object


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
        As ``check_links``, where a link of one side lies within the outline of the other. Links
        that together go round in a circle are found by scheduling.

    Notes
    -----
    O(rows). What follows from other rows is no change: sums of summaries, outline numbers,
    baselines. A row that one side deleted and the other changed, linked, staffed or filled is a
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


def _links(plan: Plan) -> dict[LinkKey, Link]:
    return {key_of(link): link for link in plan.links}


Share = tuple[int, int | None, int]


def _shares(plan: Plan) -> dict[Share, PlanAssignment]:
    """Resources on tasks by task and resource; the number tells those that are there twice."""
    found: dict[Share, PlanAssignment] = {}
    for item in plan.assignments:
        place = 0
        while (item.task_uid, item.resource_uid, place) in found:
            place += 1
        found[item.task_uid, item.resource_uid, place] = item
    return found


class _Merge:
    """One merge; ``taken`` says of which side a row is that one side deleted."""

    def __init__(self, base: Plan, live: Plan, ours: Plan, keep: frozenset[str]) -> None:
        self._base, self._live, self._ours, self._keep = base, live, ours, keep
        self._rows = _plain(base), _plain(live), _plain(ours)
        self._clashes: list[Clash] = []
        self._taken: dict[int, bool] = {}

    def done(self) -> Merged:
        tasks = self._tasks()
        base, live, ours = map(_links, self._plans())
        links = self._others("link", base, live, ours, _ends)
        was, theirs, own = map(_shares, self._plans())
        shares = self._others("share", was, theirs, own, lambda item: (item.task_uid,))
        made = replace(
            self._live,
            tasks=tuple(self._placed(tasks)),
            links=tuple(link for link in links if set(_ends(link)) <= tasks.keys()),
            assignments=self._staffed(shares, tasks),
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
            if not _changed(was, other) and uid not in touched:
                continue
            ours_holds = self._ours_holds(Clash(f"task.{uid}", (uid,), "", was, theirs, own))
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
            return found
        values: dict[str, Any] = {}
        for name in _changed(was, own):
            then, now, mine = (getattr(row, name) for row in (was, theirs, own))
            if now == mine:
                continue
            clash = Clash(f"task.{was.uid}.{name}", (was.uid,), name, then, now, mine)
            if now == then or self._ours_holds(clash):
                values[name] = mine
        return replace(theirs, **values) if values else theirs

    def _others(
        self,
        kind: str,
        base: Mapping[_Key, _Row],
        live: Mapping[_Key, _Row],
        ours: Mapping[_Key, _Row],
        tasks_of: Callable[[_Row], tuple[int, ...]],
    ) -> list[_Row]:
        """Links or resources on tasks; each is one value."""
        made: list[_Row] = []
        for key in {**live, **ours}:
            was, theirs, own = base.get(key), live.get(key), ours.get(key)
            present = own if theirs is None else theirs
            assert present is not None
            uids = tasks_of(present)
            sides = {self._taken[uid] for uid in uids if uid in self._taken}
            if sides:
                found = own if True in sides else theirs
            elif _same(theirs, own) or _same(was, own):
                found = theirs
            elif _same(was, theirs):
                found = own
            else:
                word = ".".join(str(getattr(part, "value", part)) for part in _parts(key))
                clash = Clash(f"{kind}.{word}", uids, "", was, theirs, own)
                found = own if self._ours_holds(clash) else theirs
            if found is not None:
                made.append(found)
        return made

    def _staffed(
        self, shares: Iterable[PlanAssignment], tasks: Mapping[int, PlanTask]
    ) -> tuple[PlanAssignment, ...]:
        """Shares of tasks and resources that are there, each with a number of its own."""
        there = {row.uid for row in self._live.resources}
        live = {item.uid: (item.task_uid, item.resource_uid) for item in self._live.assignments}
        last = max((item.uid for plan in self._plans() for item in plan.assignments), default=0)
        made = []
        for item in shares:
            if item.task_uid not in tasks or item.resource_uid not in {None, *there}:
                continue
            if live.get(item.uid, item) != (item.task_uid, item.resource_uid) and item.uid in live:
                last += 1
                item = replace(item, uid=last)
            made.append(item)
        return tuple(made)

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
                place = Clash(f"task.{uid}.place", (uid,), "place", then, theirs[uid][1], now)
                if not self._ours_holds(place):
                    continue
            anchors[uid] = before[uid]
        rows = [tasks[task.uid] for task in self._live.tasks if task.uid in tasks]
        lost = [uid for uid in tasks if uid not in self._rows[1] and uid not in anchors]
        anchors |= {uid: before[uid] for uid in lost}
        return _numbered(_levelled(order_after(rows, anchors, tasks)))


def _changed(was: PlanTask, now: PlanTask) -> list[str]:
    """Cells that hold another value and do not merely follow from other rows."""
    follows = _FOLLOWS | _SUMS if was.summary or now.summary else _FOLLOWS
    return [
        item.name
        for item in fields(was)
        if item.name not in follows and getattr(was, item.name) != getattr(now, item.name)
    ]


def _touched(base: Plan, now: Plan) -> set[int]:
    """Tasks that were linked, staffed or filled since."""
    links, shares = _links(base), _shares(base)
    found = {
        uid for link in now.links if links.get(key_of(link)) != link for uid in _ends(link)
    } | {key[0] for key, item in _shares(now).items() if not _same(shares.get(key), item)}
    known = {task.uid for task in base.tasks}
    above: list[PlanTask] = []
    for task in now.tasks:
        while above and above[-1].outline_level >= task.outline_level:
            above.pop()
        if task.uid not in known:
            found |= {row.uid for row in above}
        above.append(task)
    return found


def _same(one: object, other: object) -> bool:
    """Whether two values are the same; the number of a share is its own affair."""
    if isinstance(one, PlanAssignment) and isinstance(other, PlanAssignment):
        return replace(one, uid=other.uid) == other
    return one == other


def _ends(link: Link) -> tuple[int, int]:
    return link.predecessor, link.successor


def _parts(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _before_each(uids: Sequence[int], there: Collection[int]) -> dict[int, int | None]:
    """Each number → the last one before it that is still there."""
    found: dict[int, int | None] = {}
    last: int | None = None
    for uid in uids:
        found[uid] = last
        if uid in there:
            last = uid
    return found


def _levelled(tasks: Sequence[PlanTask]) -> list[PlanTask]:
    """No row lies deeper than one below the row above it; its branch comes along."""
    made = list(tasks)
    for row, task in enumerate(made):
        most = made[row - 1].outline_level + 1 if row else 1
        if (by := task.outline_level - most) > 0:
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
