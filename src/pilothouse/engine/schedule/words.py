# SPDX-License-Identifier: Apache-2.0
"""What arrays say about each task, made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property

from pilothouse.engine.network.plan import LinkType
from pilothouse.engine.schedule import kernels
from pilothouse.engine.schedule.arrays import UNDEFINED, ScheduleArrays
from pilothouse.engine.schedule.prepare import TO_FINISH, Network
from pilothouse.engine.schedule.reasons import Held, expected_sentence, sentence
from pilothouse.engine.schedule.result import CauseKind, TaskDates, TaskState

_OTHERS = (
    (kernels.BY_OUTER, CauseKind.EXTERNAL),
    (kernels.BY_PROJECT, CauseKind.PROJECT_START),
    (kernels.BY_RESUME, CauseKind.RESUME),
    (kernels.BY_STATUS, CauseKind.STATUS_DATE),
    (kernels.BY_ACTUAL, CauseKind.ACTUAL),
    (kernels.BY_HAND, CauseKind.MANUAL),
    (kernels.BY_DELAY, CauseKind.LEVELING_DELAY),
    (kernels.BY_LATENESS, CauseKind.AS_LATE_AS_POSSIBLE),
    (kernels.BY_PROJECT_FINISH, CauseKind.PROJECT_FINISH),
)
"""Causes other than links and constraints, the one to name first before the others."""


class Columns:
    """The arrays of a result as lists, which are faster to read cell by cell."""

    def __init__(self, found: ScheduleArrays) -> None:
        self.early_start: list[int] = found.early_start.tolist()
        self.early_finish: list[int] = found.early_finish.tolist()
        self.late_start: list[int] = found.late_start.tolist()
        self.late_finish: list[int] = found.late_finish.tolist()
        self.start: list[int] = found.start.tolist()
        self.finish: list[int] = found.finish.tolist()
        self.resume: list[int] = found.remaining_start.tolist()
        self.total: list[int] = found.total_float.tolist()
        self.free: list[int] = found.free_float.tolist()
        self.critical: list[bool] = found.critical.tolist()
        self.longest: list[bool] = found.longest_path.tolist()
        self.duration: list[int] = found.duration.tolist()
        self.held_by: list[int] = found.shown.held_by.tolist()
        self.drives: list[int] = found.shown.drives.tolist()
        self.gate_start: list[int] = found.shown.gate_start.tolist()
        self.gate_finish: list[int] = found.shown.gate_finish.tolist()
        self.rest_start: list[int] = found.shown.rest_start.tolist()
        self.rest_finish: list[int] = found.shown.rest_finish.tolist()
        self.told: list[int] = found.shown.told.tolist()


class Reasons:
    """What holds each row: causes, driving links, sentences."""

    def __init__(self, network: Network, columns: Columns) -> None:
        self._network, self._columns = network, columns
        self._ends: dict[tuple[int, bool], int] = {}

    def holding_links(self, row: int) -> tuple[list[int], list[int]]:
        """Numbers of the links that hold a row: its own, and those of the summaries above."""
        columns = self._columns
        held = columns.held_by[row]
        own: list[int] = []
        if held & kernels.BY_LINK:
            own = [number for number in self._network.links_into[row] if columns.drives[number]]
        through: list[int] = []
        for bit, of_finish in ((kernels.BY_GATE_START, False), (kernels.BY_GATE_FINISH, True)):
            if held & bit:
                through += self._through_gates(row, of_finish)
        return own, through

    def _gates(self, row: int, of_finish: bool) -> list[int]:
        """The summaries above whose bound holds the row, the outermost first."""
        columns = self._columns
        if self._network.states[row] is TaskState.IN_PROGRESS:
            bounds = columns.rest_finish if of_finish else columns.rest_start
        else:
            bounds = columns.gate_finish if of_finish else columns.gate_start
        gates: list[int] = []
        for above in self._network.outline.ancestors(row):
            if gates and bounds[above] != bounds[gates[0]]:
                break
            gates.append(above)
        return gates[::-1]

    def _through_gates(self, row: int, of_finish: bool) -> list[int]:
        links, drives = self._network.plan.links, self._columns.drives
        mark = 2 if self._network.states[row] is TaskState.IN_PROGRESS else 1
        return [
            number
            for above in self._gates(row, of_finish)
            for number in self._network.links_into[above]
            if drives[number] & mark and (links[number].type in TO_FINISH) is of_finish
        ]

    def held(self, row: int) -> Held:
        """What to name first where several things hold: a link before anything else."""
        links = self._network.plan.links
        bits = self._columns.held_by[row]
        own, through = self.holding_links(row)
        uids = dict.fromkeys(links[number].predecessor for number in self._in_order(own, through))
        driving = tuple(uids)
        if own:
            return Held(CauseKind.LINK, links[own[0]], driving)
        if through:
            return Held(CauseKind.SUMMARY_LINK, links[through[0]], driving)
        if bits & kernels.BY_CONSTRAINT:
            return Held(CauseKind.CONSTRAINT, None, driving)
        if bits & kernels.BY_GATE_START:
            return Held(CauseKind.SUMMARY_CONSTRAINT, None, driving)
        return Held(next(cause for bit, cause in _OTHERS if bits & bit), None, driving)

    def _in_order(self, own: list[int], through: list[int]) -> list[int]:
        """Links to the start of a row before those to its finish."""
        if not through or not own:
            return own or through
        links = self._network.plan.links
        return (
            [number for number in own if links[number].type not in TO_FINISH]
            + through
            + [number for number in own if links[number].type in TO_FINISH]
        )

    def why(self, row: int) -> tuple[CauseKind, tuple[int, ...], str]:
        """The cause, the uids that drive a row, and the reason in words."""
        network = self._network
        if network.outline.summary[row]:
            if network.pinned[row] is not None:
                held = Held(CauseKind.MANUAL, None, ())
                return CauseKind.MANUAL, (), sentence(network, row, held, 0)
            first, last = (
                network.outline.labels[self._end(row, at_finish)] for at_finish in (False, True)
            )
            text = f"Runs from the start of {first} to the finish of {last}."
            return CauseKind.CHILDREN, (), text
        held = self.held(row)
        text = sentence(network, row, held, self._position(row, held))
        if network.expects(row):
            done = network.durations[row] - network.remaining[row]
            text += f" {expected_sentence(network, row, self._columns.duration[row] - done)}"
        return held.cause, held.driving, text

    def _position(self, row: int, held: Held) -> int:
        columns, network = self._columns, self._network
        if held.cause is CauseKind.LEVELING_DELAY:
            return columns.told[row]
        task = network.plan.tasks[row]
        if held.cause is CauseKind.EXTERNAL and task.external_early_start is not None:
            return network.project.position(task.external_early_start)
        resume = task.resume
        if held.cause is CauseKind.RESUME and resume is not None:
            return network.project.position(resume)
        return columns.resume[row]

    def _end(self, row: int, at_finish: bool) -> int:
        """The task inside a summary that starts first, or finishes last."""
        network, columns = self._network, self._columns
        path: list[int] = []
        at = row
        while network.outline.summary[at] and network.pinned[at] is None:
            if (at, at_finish) in self._ends:
                at = self._ends[at, at_finish]
                break
            path.append(at)
            counted = self._counted(at)
            if at_finish:
                at = max(counted, key=columns.finish.__getitem__)
            else:
                at = min(counted, key=columns.start.__getitem__)
        for passed in path:
            self._ends[passed, at_finish] = at
        return at

    def _counted(self, row: int) -> Sequence[int]:
        """The children over which a summary runs: those that are active, else all."""
        children = self._network.outline.children[row]
        return [child for child in children if self._network.plan.tasks[child].active] or children

    def driving_rows(self, row: int) -> list[int]:
        """Tasks whose dates hold this one; those behind the summaries that its links name."""
        network = self._network
        if network.outline.summary[row]:
            return []
        found: dict[int, None] = {}
        for number in self._in_order(*self.holding_links(row)):
            link = network.plan.links[number]
            of_start = link.type in (LinkType.SS, LinkType.SF)
            found |= dict.fromkeys(self._holders(network.outline.index[link.predecessor], of_start))
        return list(found)

    def _holders(self, row: int, of_start: bool) -> list[int]:
        """Tasks inside a summary whose start or finish is that of the summary."""
        network = self._network
        ends = self._columns.start if of_start else self._columns.finish
        found: list[int] = []
        stack = [row]
        while stack:
            at = stack.pop()
            if not network.outline.summary[at] or network.pinned[at] is not None:
                found.append(at)
                continue
            counted = self._counted(at)
            stack += [child for child in reversed(counted) if ends[child] == ends[row]]
        return found


def critical_paths(
    network: Network, reasons: Reasons, columns: Columns, limit: int
) -> tuple[list[list[int]], bool]:
    """Longest paths from beginning to end, and whether there are more than ``limit``.

    Notes
    -----
    Depth first over driving links, back from the tasks that finish last in outline order.
    """
    on_path = [row for row, is_on in enumerate(columns.longest) if is_on]
    if limit <= 0:
        # Links point forward: of the rows on a path at least one drives no other.
        return [], bool(on_path)
    driving_rows = cache(reasons.driving_rows)
    drivers = {source for row in on_path for source in driving_rows(row)}
    last = [row for row in on_path if row not in drivers]
    paths: list[list[int]] = []
    path: list[int] = []
    waiting = [iter(last)]
    while waiting:
        row = next(waiting[-1], None)
        if row is None:
            waiting.pop()
            if path:
                path.pop()
            continue
        if len(paths) == limit:
            return paths, True
        path.append(row)
        sources = driving_rows(row)
        if sources:
            waiting.append(iter(sources))
        else:
            paths.append(path[::-1])
            path.pop()
    return paths, False


class DatesByUid(Mapping[int, TaskDates]):
    """The dates of every task by uid in outline order, each made when it is first asked for."""

    def __init__(
        self,
        network: Network,
        columns: Columns,
        reasons: Reasons,
        known: Mapping[int, TaskDates] | None = None,
    ) -> None:
        self._network, self._columns, self._reasons = network, columns, reasons
        self._made: dict[int, TaskDates] = dict(known or {})
        self._instant = cache(network.project.instant)

    def __len__(self) -> int:
        return self._network.rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._network.outline.index)

    def __contains__(self, uid: object) -> bool:
        return uid in self._network.outline.index

    def __getitem__(self, uid: int) -> TaskDates:
        made = self._made.get(uid)
        if made is None:
            made = self._made[uid] = self._dates(self._network.outline.index[uid])
        return made

    def __repr__(self) -> str:
        return repr(dict(self))

    @property
    def made(self) -> Mapping[int, TaskDates]:
        """Those that somebody has asked for."""
        return self._made

    @cached_property
    def _states(self) -> list[TaskState]:
        """Of every row; a summary has begun if any of its children has."""
        states = list(self._network.states)
        for row in range(len(states) - 1, -1, -1):
            children = self._network.outline.children[row]
            if children:
                below = {states[child] for child in children}
                states[row] = below.pop() if len(below) == 1 else TaskState.IN_PROGRESS
        return states

    def _dates(self, row: int) -> TaskDates:
        columns, instant = self._columns, self._instant
        cause, driving, reason = self._reasons.why(row)
        total, free = columns.total[row], columns.free[row]
        return TaskDates(
            instant(columns.start[row]),
            instant(columns.finish[row]),
            instant(columns.early_start[row]),
            instant(columns.early_finish[row]),
            instant(columns.late_start[row]),
            instant(columns.late_finish[row]),
            None if total == UNDEFINED else total,
            None if free == UNDEFINED else free,
            columns.critical[row],
            columns.longest[row],
            driving,
            reason,
            cause,
            self._states[row],
            columns.duration[row],
            instant(columns.resume[row]),
        )


def kept_dates(dates: Mapping[int, TaskDates], without: Iterable[int]) -> dict[int, TaskDates]:
    """What was asked of these dates so far, but for some."""
    kept = dict(dates.made if isinstance(dates, DatesByUid) else dates)
    for uid in without:
        kept.pop(uid, None)
    return kept
