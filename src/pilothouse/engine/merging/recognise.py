# SPDX-License-Identifier: Apache-2.0
"""Which task, resource and calendar of a file is which of the plan that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from pilothouse.engine.network import build_outline
from pilothouse.engine.network.plan import Plan, PlanTask

ALIKE = 0.6
"""Names that agree so far are one name that was reworded."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Numbers of the file → numbers of the plan, for all rows of the file.

    ``known`` are the tasks of the file that the plan has already, each with how it was
    recognised: ``guid``, ``uid``, ``wbs`` (code and name), ``path`` (its name and those above
    it) or ``code`` (a code of its own). ``trusted`` says whether the numbers of the file counted.
    ``doubtful`` are tasks of the file that stand beside one of the same number and another name:
    either two that were made on both sides, or one that was renamed.
    """

    tasks: Mapping[int, int]
    resources: Mapping[int, int]
    calendars: Mapping[int, int]
    known: Mapping[int, str]
    trusted: bool
    doubtful: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks were recognised in which way."""
        return dict(Counter(self.known.values()))


def recognise(
    present: Plan,
    coming: Plan,
    *,
    given: Collection[int] = (),
    sure_up_to: int | None = None,
) -> Recognised:
    """Find the rows of the plan that is there among those of a file.

    Parameters
    ----------
    present : Plan
    coming : Plan
        Tasks without a number of their own have a negative one.
    given : collection of int
        Numbers of tasks that are no more: none of them is given to another task.
    sure_up_to : int, optional
        The highest number that came with an earlier file. A task above it was made since, here
        and in the file alike: equal numbers alone make two such tasks not one. None: all count.

    Returns
    -------
    Recognised

    Notes
    -----
    What another tool calls a task for good counts before all else, where it stands once on each
    side. Numbers count if the names agree for at least half of the tasks that both sides number
    alike. What has no number then is recognised by WBS code and name, by the path of names, and
    by a code that is more than its place in the outline; each only where it is unique on both
    sides.
    O(rows), deterministic.
    """
    known: dict[int, int] = {}
    how: dict[int, str] = {}
    old = {task.uid: task for task in present.tasks}
    common = [task for task in coming.tasks if task.uid in old]
    agreeing = sum(_key(task.name) == _key(old[task.uid].name) for task in common)
    trusted = bool(common) and 2 * agreeing >= len(common)
    _pair(present.tasks, coming.tasks, _guids, "guid", known, how)
    if trusted:
        met = set(known.values())
        for task in common:
            if (
                task.uid not in known
                and task.uid not in met
                and _same(old[task.uid], task, sure_up_to)
            ):
                known[task.uid], how[task.uid] = task.uid, "uid"
    for way, key_of in (("wbs", _codes_and_names), ("path", _paths), ("code", _own_codes)):
        _pair(present.tasks, coming.tasks, key_of, way, known, how)
    free = _Numbers((*old, *given, *known.values()), (task.uid for task in coming.tasks))
    keeps = trusted or not common
    tasks = {
        task.uid: known[task.uid] if task.uid in known else free.take(task.uid, keeps)
        for task in coming.tasks
    }
    resources = _by_name(
        [(row.uid, (row.kind, _key(row.name))) for row in present.resources],
        [(row.uid, (row.kind, _key(row.name))) for row in coming.resources],
    )
    calendars = _by_name(
        [(spec.uid, _key(spec.name)) for spec in present.calendars],
        [(spec.uid, _key(spec.name)) for spec in coming.calendars],
    )
    taken = set(known.values())
    doubtful = tuple(
        task.uid for task in common if trusted and task.uid not in known and task.uid not in taken
    )
    return Recognised(tasks, resources, calendars, how, trusted, doubtful)


class _Numbers:
    """Numbers that nobody has."""

    def __init__(self, taken: Iterable[int], coming: Iterable[int]) -> None:
        self._taken = set(taken)
        self._last = max((*self._taken, *coming, 0))

    def take(self, wanted: int, keeps: bool) -> int:
        if not (keeps and wanted > 0 and wanted not in self._taken):
            self._last += 1
            wanted = self._last
        self._taken.add(wanted)
        return wanted


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _same(present: PlanTask, coming: PlanTask, sure_up_to: int | None) -> bool:
    if sure_up_to is None or coming.uid <= sure_up_to:
        return True
    then, now = _key(present.name), _key(coming.name)
    return then == now or SequenceMatcher(None, then, now).ratio() >= ALIKE


def _pair(
    present: Sequence[PlanTask],
    coming: Sequence[PlanTask],
    key_of: Callable[[Sequence[PlanTask]], Mapping[int, Hashable]],
    way: str,
    known: dict[int, int],
    how: dict[int, str],
) -> None:
    """Pair what is left by a key that stands once on each side."""
    found = set(known.values())
    then = _once(key_of(present), found)
    now = _once(key_of(coming), known)
    for key, uid in now.items():
        if key in then:
            known[uid], how[uid] = then[key], way


def _once(keys: Mapping[int, Hashable], done: Collection[int]) -> dict[Hashable, int]:
    counts = Counter(keys.values())
    return {key: uid for uid, key in keys.items() if counts[key] == 1 and uid not in done}


def _guids(tasks: Sequence[PlanTask]) -> dict[int, Hashable]:
    return {task.uid: task.guid for task in tasks if task.guid}


def _codes_and_names(tasks: Sequence[PlanTask]) -> dict[int, Hashable]:
    return {task.uid: (task.wbs, _key(task.name)) for task in tasks if task.wbs}


def _paths(tasks: Sequence[PlanTask]) -> dict[int, Hashable]:
    paths: dict[int, Hashable] = {}
    above: list[str] = []
    for task in tasks:
        above[task.outline_level - 1 :] = [_key(task.name)]
        paths[task.uid] = tuple(above)
    return paths


def _own_codes(tasks: Sequence[PlanTask]) -> dict[int, Hashable]:
    numbers = build_outline(tasks).numbers
    return {
        task.uid: task.wbs
        for row, task in enumerate(tasks)
        if task.wbs and task.wbs != numbers[row]
    }


def _by_name(
    present: Sequence[tuple[int, Hashable]], coming: Sequence[tuple[int, Hashable]]
) -> dict[int, int]:
    """Rows of one name, those of one number first; the others get free numbers."""
    named: dict[Hashable, list[int]] = {}
    for uid, name in present:
        named.setdefault(name, []).append(uid)
    found: dict[int, int] = {}
    for uid, name in coming:
        if uid in named.get(name, ()):
            named[name].remove(uid)
            found[uid] = uid
    for uid, name in coming:
        if uid not in found and named.get(name):
            found[uid] = named[name].pop(0)
    free = _Numbers((uid for uid, _ in present), (uid for uid, _ in coming))
    return {uid: found[uid] if uid in found else free.take(uid, True) for uid, _ in coming}
