# SPDX-License-Identifier: Apache-2.0
"""What an edit changed, cell by cell, and how it is taken back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import is_not, ne
from typing import Any, Generic, TypeVar

from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.editing import shape
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import Outline, build_outline
from pilothouse.engine.network.links import check_links_again
from pilothouse.engine.network.outline import outline_again, places
from pilothouse.engine.network.plan import (
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
)

_Key = TypeVar("_Key", bound=Hashable)
_Row = TypeVar("_Row", PlanTask, Link, PlanAssignment, CalendarSpec, PlanResource)
_Any = TypeVar("_Any")
LinkKey = tuple[int, int, LinkType]


@dataclass(frozen=True, slots=True)
class RowsChanged(Generic[_Key, _Row]):
    """Rows of one kind that came, went, or hold other values: field → (before, after)."""

    added: Mapping[_Key, _Row]
    removed: Mapping[_Key, _Row]
    changed: Mapping[_Key, Mapping[str, tuple[object, object]]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def reversed(self) -> RowsChanged[_Key, _Row]:
        """The change back."""
        back = {
            key: {name: (after, before) for name, (before, after) in cells.items()}
            for key, cells in self.changed.items()
        }
        return RowsChanged(self.removed, self.added, back)


def nothing_changed() -> RowsChanged[Any, Any]:
    """No change of a kind of rows."""
    return RowsChanged({}, {}, {})


OPTIONS = (
    "default_calendar_uid",
    "critical_threshold_minutes",
    "imposed_finish",
    "lag_calendar",
    "rules",
    "time_zone",
)
"""Fields of a plan itself that an edit may change."""


@dataclass(frozen=True, slots=True)
class Delta:
    """All that an edit changed of a plan.

    ``order`` holds, for each task that came, went or moved, the uid of the row before it then
    and now: None where it was the first or not in the plan. Whether a row is a summary, and a
    WBS code that is but its outline number, follow from the order and are not kept;
    ``numbered`` are the rows that came or went with such a code, ``inside`` the other rows
    that then lay inside those that came or went.
    """

    tasks: RowsChanged[int, PlanTask]
    links: RowsChanged[LinkKey, Link]
    assignments: RowsChanged[int, PlanAssignment]
    order: Mapping[int, tuple[int | None, int | None]]
    numbered: frozenset[int] = frozenset()
    inside: frozenset[int] = frozenset()
    calendars: RowsChanged[int, CalendarSpec] = field(default_factory=nothing_changed)
    resources: RowsChanged[int, PlanResource] = field(default_factory=nothing_changed)
    options: Mapping[str, tuple[object, object]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tasks or self.links or self.assignments or self.order or self.of_plan)

    @property
    def of_plan(self) -> bool:
        """Whether it changed what all tasks may run on: calendars, resources, options."""
        return bool(self.calendars or self.resources or self.options)

    def reversed(self) -> Delta:
        """The change back, for ``replay``."""
        return Delta(
            self.tasks.reversed(),
            self.links.reversed(),
            self.assignments.reversed(),
            {uid: (now, then) for uid, (then, now) in self.order.items()},
            self.numbered,
            self.inside,
            self.calendars.reversed(),
            self.resources.reversed(),
            {name: (now, then) for name, (then, now) in self.options.items()},
        )


def difference(
    before: Plan, after: Plan, outlines: tuple[Outline | None, Outline | None] = (None, None)
) -> Delta:
    """What leads from one plan to the other: tasks, links, assignments and their order.

    Parameters
    ----------
    before, after : Plan
    outlines : tuple of Outline
        Of both plans, where they are known.

    Notes
    -----
    O(rows); rows that are the same object cost next to nothing.
    """
    order = moves(before.tasks, after.tasks)
    tasks = _rows(before.tasks, after.tasks, lambda task: task.uid)
    numbered: frozenset[int] = frozenset()
    if order or _deeper(tasks):
        then, now = outlines
        then, now = then or build_outline(before.tasks), now or build_outline(after.tasks)
        tasks, numbered = _without_numbers(tasks, before.tasks, after.tasks, then, now)
    return Delta(
        tasks,
        _rows(before.links, after.links, key_of),
        _rows(before.assignments, after.assignments, lambda item: item.uid),
        order,
        numbered,
        _inside(before.tasks, tasks.removed) | _inside(after.tasks, tasks.added),
        _rows(before.calendars, after.calendars, lambda spec: spec.uid),
        _rows(before.resources, after.resources, lambda row: row.uid),
        {
            name: (getattr(before, name), getattr(after, name))
            for name in OPTIONS
            if getattr(before, name) != getattr(after, name)
        },
    )


def key_of(link: Link) -> LinkKey:
    """What tells a link from the others of its plan."""
    return link.predecessor, link.successor, link.type


def replay(plan: Plan, delta: Delta) -> Plan:
    """The plan with the change made again; on ``delta.reversed()``, taken back.

    Others may have edited since: only cells that this change touches must still be as it
    left them.

    Raises
    ------
    InvalidInput
        ``editing.changed`` where a cell or row is no longer as the change left it; what
        ``check_links`` raises where links would then lead nowhere. The plan given is never
        changed.
    """
    return replay_outlined(plan, delta, build_outline(plan.tasks))[0]


def replay_outlined(plan: Plan, delta: Delta, outline: Outline) -> tuple[Plan, Outline]:
    """As ``replay`` for those who know the outline of the plan; the plan made with its own.

    Raises
    ------
    InvalidInput
        As ``replay``.
    """
    held = {task.uid: task for task in plan.tasks}
    if delta.tasks.removed:
        _require_empty(plan.tasks, delta)
        by_number = _by_number(plan.tasks, outline)
        for uid in delta.tasks.removed.keys() & held.keys():
            held[uid] = _bare(held[uid], by_number)
    tasks = _replayed(held, delta.tasks, _task_name)
    links = _replayed({key_of(link): link for link in plan.links}, delta.links, _link_name)
    assignments = _replayed(
        {item.uid: item for item in plan.assignments}, delta.assignments, _assignment_name
    )
    _require_unused(delta.tasks.removed, links, assignments)
    rows = [tasks[task.uid] for task in plan.tasks if task.uid in tasks]
    if delta.order or _deeper(delta.tasks):
        told = {uid for uid, cells in delta.tasks.changed.items() if "wbs" in cells}
        fresh = delta.numbered & delta.tasks.added.keys()
        rows, after = shape.settled(outline, _ordered(rows, delta, tasks), fresh, told)
    else:
        changed = [row for row, task in enumerate(rows) if task is not plan.tasks[row]]
        after = outline_again(outline, rows, changed)
    made = replace(
        _with_options(plan, delta),
        tasks=tuple(rows),
        links=tuple(links.values()),
        assignments=tuple(assignments.values()),
    )
    if delta.of_plan:
        _require_calendars(made)
    check_links_again(made.links, after, plan.links, places(outline, after))
    return made, after


def _with_options(plan: Plan, delta: Delta) -> Plan:
    """The plan with calendars, resources and options as the change has them."""
    if not delta.of_plan:
        return plan
    calendars = _replayed(
        {spec.uid: spec for spec in plan.calendars}, delta.calendars, lambda row: f"‘{row.name}’"
    )
    resources = _replayed(
        {row.uid: row for row in plan.resources}, delta.resources, lambda row: f"‘{row.name}’"
    )
    for name, (then, _) in delta.options.items():
        if getattr(plan, name) != then:
            raise _stale(f"The option {name.replace('_', ' ')}", "changed")
    options: dict[str, Any] = {name: now for name, (_, now) in delta.options.items()}
    return replace(
        plan,
        calendars=tuple(calendars.values()),
        resources=tuple(resources.values()),
        **options,
    )


def _require_calendars(plan: Plan) -> None:
    """No calendar goes that somebody has taken up since."""
    there = {spec.uid for spec in plan.calendars}
    used = {plan.default_calendar_uid}
    used |= {task.calendar_uid for task in plan.tasks if task.calendar_uid is not None}
    used |= {row.calendar_uid for row in plan.resources if row.calendar_uid is not None}
    used |= {spec.base_uid for spec in plan.calendars if spec.base_uid is not None}
    if used - there:
        raise _stale(f"The calendar {min(used - there)}", "taken into use")


def _deeper(rows: RowsChanged[int, PlanTask]) -> bool:
    """Whether rows changed their level, and so the outline."""
    return any("outline_level" in cells for cells in rows.changed.values())


def moves(
    before: Sequence[PlanTask], after: Sequence[PlanTask]
) -> dict[int, tuple[int | None, int | None]]:
    """Rows that came, went or moved, with the row before them; as many stay in order as can."""
    old, new = [task.uid for task in before], [task.uid for task in after]
    if old == new:
        return {}
    # Rows at both ends that stand as they stood stay; in between most of them do.
    first = _same_from_start(old, new, ne)
    above = old[first - 1] if first else None
    old, new = old[first:], new[first:]
    last = _same_from_start(old[::-1], new[::-1], ne)
    old, new = old[: len(old) - last], new[: len(new) - last]
    place = {uid: row for row, uid in enumerate(old)}
    staying = _longest_rise([place[uid] for uid in new if uid in place])
    then, now = _previous(above, old), _previous(above, new)
    return {
        uid: (then.get(uid), now.get(uid))
        for uid in {**then, **now}
        if place.get(uid) not in staying or uid not in now
    }


def _same_from_start(
    old: Sequence[object], new: Sequence[object], differ: Callable[[object, object], bool]
) -> int:
    """How many rows both begin with."""
    found = enumerate(map(differ, old, new))
    return next((at for at, other in found if other), min(len(old), len(new)))


def _longest_rise(places: Sequence[int]) -> set[int]:
    """A longest rising subsequence of different numbers (M. L. Fredman, 1975)."""
    ends: list[int] = []
    behind: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(ends, place)
        behind[place] = ends[at - 1] if at else None
        ends[at : at + 1] = [place]
    rise: set[int] = set()
    place_now = ends[-1] if ends else None
    while place_now is not None:
        rise.add(place_now)
        place_now = behind[place_now]
    return rise


def _by_number(tasks: Sequence[PlanTask], outline: Outline) -> set[int]:
    """Rows whose WBS code is their outline number."""
    numbers = zip(tasks, outline.numbers, strict=True)
    return {task.uid for task, number in numbers if task.wbs == number}


def _bare(task: PlanTask, by_number: Collection[int]) -> PlanTask:
    """The row without what follows from its place."""
    return replace(task, wbs="" if task.uid in by_number else task.wbs, summary=False)


def _without_numbers(
    rows: RowsChanged[int, PlanTask],
    before: Sequence[PlanTask],
    after: Sequence[PlanTask],
    old_outline: Outline,
    new_outline: Outline,
) -> tuple[RowsChanged[int, PlanTask], frozenset[int]]:
    """The change without what follows from the order, and the rows that came or went with it.

    A code that is the number on one side alone is kept on both, even if it is the same text.
    """
    then, now = _by_number(before, old_outline), _by_number(after, new_outline)
    changed = {
        uid: {
            name: pair
            for name, pair in cells.items()
            if name != "summary" and not (name == "wbs" and uid in then and uid in now)
        }
        for uid, cells in rows.changed.items()
    }
    for uid in then ^ now:
        if uid in old_outline.index and uid in new_outline.index:
            codes = before[old_outline.index[uid]].wbs, after[new_outline.index[uid]].wbs
            changed[uid] = {**changed.get(uid, {}), "wbs": codes}
    bare = RowsChanged(
        {uid: _bare(task, now) for uid, task in rows.added.items()},
        {uid: _bare(task, then) for uid, task in rows.removed.items()},
        {uid: cells for uid, cells in changed.items() if cells},
    )
    numbered = (now & rows.added.keys()) | (then & rows.removed.keys())
    return bare, frozenset(numbered)


def _previous(above: int | None, uids: Sequence[int]) -> dict[int, int | None]:
    return dict(zip(uids, (above, *uids), strict=False))


def _rows(
    before: Sequence[_Row], after: Sequence[_Row], key: Callable[[_Row], _Key]
) -> RowsChanged[_Key, _Row]:
    old, new = ({key(row): row for row in rows} for rows in unlike(before, after))
    return RowsChanged(
        {name: row for name, row in new.items() if name not in old},
        {name: row for name, row in old.items() if name not in new},
        {
            name: _cells(old[name], row)
            for name, row in new.items()
            if name in old and row != old[name]
        },
    )


def unlike(before: Sequence[_Any], after: Sequence[_Any]) -> tuple[list[_Any], list[_Any]]:
    """Of each side the rows that are not on the other as the same object, and so may differ."""
    if before is after:
        return [], []
    if len(before) == len(after):
        pairs = [(then, now) for then, now in zip(before, after) if then is not now]
        before, after = [then for then, _ in pairs], [now for _, now in pairs]
    else:
        first = _same_from_start(before, after, is_not)
        before, after = before[first:], after[first:]
        last = _same_from_start(before[::-1], after[::-1], is_not)
        before, after = before[: len(before) - last], after[: len(after) - last]
    known, there = set(map(id, before)), set(map(id, after))
    return (
        [row for row in before if id(row) not in there],
        [row for row in after if id(row) not in known],
    )


def _cells(before: _Row, after: _Row) -> dict[str, tuple[object, object]]:
    pairs = {
        item.name: (getattr(before, item.name), getattr(after, item.name))
        for item in fields(before)
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _replayed(
    rows: dict[_Key, _Row], change: RowsChanged[_Key, _Row], name_of: Callable[[_Row], str]
) -> dict[_Key, _Row]:
    for key, row in change.removed.items():
        if rows.get(key) != row:
            raise _stale(name_of(row), "deleted" if key not in rows else "changed")
        del rows[key]
    for key, row in change.added.items():
        if key in rows:
            raise _stale(name_of(row), "added again")
        rows[key] = row
    for key, cells in change.changed.items():
        now = rows.get(key)
        if now is None:
            raise _stale(_key_name(key), "deleted")
        values: dict[str, Any] = {name: after for name, (_, after) in cells.items()}
        for name, (then, after) in cells.items():
            if name == "custom":
                values[name] = _custom_again(name_of(now), getattr(now, name), then, after)
            elif getattr(now, name) != then:
                raise _stale(name_of(now), f"changed ({name.replace('_', ' ')})")
        rows[key] = replace(now, **values)
    return rows


def _custom_again(name: str, now: Any, then: Any, after: Any) -> Any:
    """Fields that somebody added, those changed that a change touches; each is one value."""
    if now == then:
        return after
    held, was, to = dict(now), dict(then), dict(after)
    for key in was.keys() | to.keys():
        if was.get(key) == to.get(key):
            continue
        if held.pop(key, None) != was.get(key):
            raise _stale(name, f"changed ({key})")
        if key in to:
            held[key] = to[key]
    return tuple(sorted(held.items()))


def _ordered(
    rows: Sequence[PlanTask], delta: Delta, tasks: Mapping[int, PlanTask]
) -> list[PlanTask]:
    return order_after(
        rows, {uid: now for uid, (_, now) in delta.order.items() if uid in tasks}, tasks
    )


def order_after(
    rows: Sequence[PlanTask], moving: Mapping[int, int | None], tasks: Mapping[int, PlanTask]
) -> list[PlanTask]:
    """The rows in their new order: each that came or moved stands behind its row again.

    ``moving`` names that row, None where it comes first; ``tasks`` are the rows that are to be.
    """
    following: dict[int | None, list[int]] = {}
    for uid, anchor in moving.items():
        following.setdefault(anchor, []).append(uid)
    made: list[int] = []
    for anchor in (None, *(task.uid for task in rows if task.uid not in moving)):
        if anchor is not None:
            made.append(anchor)
        chain = following.pop(anchor, [])[::-1]
        while chain:
            uid = chain.pop()
            made.append(uid)
            chain.extend(following.pop(uid, [])[::-1])
    if following:
        uid = next(iter(following.values()))[0]
        raise _stale(f"The row before {_task_name(tasks[uid])}", "deleted")
    return [tasks[uid] for uid in made]


def _require_unused(
    gone: Mapping[int, PlanTask],
    links: Mapping[LinkKey, Link],
    assignments: Mapping[int, PlanAssignment],
) -> None:
    """What goes must not have been linked or given resources by others since."""
    if not gone:
        return
    for link in links.values():
        for uid in (link.predecessor, link.successor):
            if uid in gone:
                raise _stale(_task_name(gone[uid]), "linked")
    for item in assignments.values():
        if item.task_uid in gone:
            raise _stale(_task_name(gone[item.task_uid]), "given a resource")


def _inside(tasks: Sequence[PlanTask], rows: Collection[int]) -> frozenset[int]:
    """Rows that lie inside those, without those."""
    if not rows:
        return frozenset()
    heads = [row for row, task in enumerate(tasks) if task.uid in rows]
    return frozenset(tasks[row].uid for row in shape.branches(tasks, heads)) - frozenset(rows)


def _require_empty(tasks: Sequence[PlanTask], delta: Delta) -> None:
    """Nor do rows go that others have put rows into."""
    known = delta.inside | delta.tasks.removed.keys()
    for row, task in enumerate(tasks):
        if task.uid in delta.tasks.removed and any(
            tasks[inside].uid not in known for inside in shape.branch(tasks, row)
        ):
            raise _stale(_task_name(task), "given rows inside it")


def _key_name(key: Hashable) -> str:
    if isinstance(key, tuple):
        return f"The link from task {key[0]} to task {key[1]}"
    return f"The row or assignment {key}"


def _task_name(task: PlanTask) -> str:
    return f"‘{task.name}’"


def _link_name(link: Link) -> str:
    return f"The link from task {link.predecessor} to task {link.successor}"


def _assignment_name(item: PlanAssignment) -> str:
    return f"The resource {item.resource_uid} on task {item.task_uid}"


def _stale(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        "editing.changed",
        f"{name} was {what} in the meantime, so this step cannot be taken back or made again. "
        "Nothing was changed.",
        (name,),
    )
