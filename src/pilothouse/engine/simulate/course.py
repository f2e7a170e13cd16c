# SPDX-License-Identifier: Apache-2.0
"""From the network of a plan to the arrays that the passes of a simulation run over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars.grid import grid_of
from pilothouse.engine.calendars.kernels_grid import BEYOND, DAY, HEAD, TOTAL, Grid, end_at
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    FloatKind,
    LagKind,
    LagOrigin,
    LinkType,
    Notice,
    PlanTask,
    ProgressMode,
)
from pilothouse.engine.schedule.arrays import LINK_TYPES, STATES
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.schedule.prepare import Network
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.whole import arrays_of
from pilothouse.engine.simulate import kernels_pass as passes
from pilothouse.engine.simulate.kernels_pass import (
    BY_FINISH,
    BY_START,
    FORM_COLUMNS,
    FROM_REST,
    FROM_START,
    GATE,
    HAMMOCK,
    HARD_FINISH,
    HARD_LATEST_FINISH,
    HARD_LATEST_START,
    HARD_START,
    LEAF,
    NEVER,
    NODE_COLUMNS,
    PINNED,
    ROLL,
    SMALLEST,
    SOFT,
    STARTED,
    TO_FINISH,
    WAITING,
    Course,
)

HORIZON_DAYS = 1830
"""How far the grid of calendars reaches beyond the last date that is known, at first."""
MARGIN_DAYS = 400
"""And before the first."""

_SNET = (ConstraintType.SNET, ConstraintType.MSO)
_FNET = (ConstraintType.FNET, ConstraintType.MFO)
_SNLT = (ConstraintType.SNLT, ConstraintType.MSO)
_FNLT = (ConstraintType.FNLT, ConstraintType.MFO)
_HARD = {
    ConstraintType.MSO: HARD_START,
    ConstraintType.SNLT: HARD_LATEST_START,
    ConstraintType.MFO: HARD_FINISH,
    ConstraintType.FNLT: HARD_LATEST_FINISH,
}
_FLOATS = {FloatKind.SMALLEST: SMALLEST, FloatKind.START: BY_START, FloatKind.FINISH: BY_FINISH}
_POSITIONS = (passes.FLOOR, passes.FLOOR_FINISH, passes.CAP, passes.CAP_START, passes.DATE)
_DEFAULTS = {
    passes.FLOOR: NEVER,
    passes.FLOOR_FINISH: NEVER,
    passes.GATE_ABOVE: -1,
    passes.ROLL_ABOVE: -1,
    passes.FIRST: NEVER,
    passes.CAP: BEYOND,
    passes.CAP_START: BEYOND,
}
_NO_CELLS = np.zeros(0, np.int32)
_NO_GRID = Grid(_NO_CELLS, _NO_CELLS, np.zeros(0, np.int16), _NO_CELLS)

Ints = NDArray[np.int32]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layout:
    """A course and how to read it.

    ``node_of`` maps rows of the plan that the course contains to nodes. All times are positions;
    ``origin`` is where the plan starts, ``known`` the first and the last that is known before
    anything is drawn. ``notices`` say where the simulation does not follow the schedule.
    """

    network: Network
    course: Course
    node_of: dict[int, int]
    origin: int
    known: tuple[int, int]
    notices: tuple[Notice, ...]

    def settled(self, least: Ints, wanted: Iterable[int], horizon_days: int) -> Course:
        """The course with a grid of calendars, ready to run.

        Parameters
        ----------
        least : int32, shape (n,)
            The fewest minutes that each node may take.
        wanted : iterable of int
            Nodes whose finishes are asked for.
        horizon_days : int
            How long after the last known date the grid ends.
        """
        low, high = self.known
        grid = grid_of(
            self.network.known, low - MARGIN_DAYS * DAY, high + horizon_days * DAY, self.origin
        )
        chosen = np.zeros(len(least), np.bool_)
        chosen[list(wanted)] = True
        course = self.course._replace(
            grid=grid,
            forms=np.zeros((len(least), FORM_COLUMNS), np.int32),
            ways=np.zeros((len(self.course.links), 2), np.int32),
        )
        return course._replace(last=passes.settle(course, least, chosen))

    def beyond(self, grid: Grid) -> InvalidInput:
        """What is wrong where dates lie beyond a grid as wide as calendars are."""
        for number, calendar in enumerate(self.network.known):
            work = int(grid.heads[HEAD * number + TOTAL])
            try:
                calendar.start_at(end_at(grid, number, work) if work else self.origin)
            except InvalidInput as error:
                if error.code == "calendar.no_working_time":
                    return error
        return InvalidInput(
            "calendar.out_of_range",
            "Simulated dates leave the range of calendars; check durations, lags and risks.",
        )


def lay_out(network: Network) -> Layout:
    """The course of a network.

    Parameters
    ----------
    network : Network
        Of ``prepare``; with percent lags of summaries still unset.

    Notes
    -----
    What is done and what stands by hand leaves no node or no bound behind but a number. O(n + m).
    """
    return _Builder(network).layout()


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network, self.plan, self.rows = network, network.plan, network.rows
        self.tasks = network.plan.tasks
        self.microsoft = network.options.dialect is Dialect.MICROSOFT_PROJECT
        self.origin = network.project.start_at(network.start)
        self.project_start = self.origin
        if self.plan.schedule_from_finish:
            # Its start follows from its finish, and stays as it is in every iteration.
            self.project_start = network.project.start_at(arrays_of(network).begin)
        self.status = NEVER
        """Where work that remains may begin."""
        if network.status is not None and network.options.work_after_status_date:
            self.status = network.status
        self.override = network.options.progress_mode is ProgressMode.PROGRESS_OVERRIDE
        self.by_path = self.plan.rules.critical_by is CriticalKind.LONGEST_PATH
        self.summary = np.array(network.outline.summary, np.bool_)
        self.silent = np.array(network.silent, np.bool_)
        states = np.array([STATES[state] for state in network.states], np.int8)
        self.started = (states == STATES[TaskState.IN_PROGRESS]) & ~self.summary
        self.complete = (states == STATES[TaskState.COMPLETE]) & ~self.summary
        self.pinned = np.array([span is not None for span in network.pinned]) & ~self.summary
        self.calendar = np.array(network.calendar_numbers, np.int32)
        self.remaining = np.array(network.remaining, np.int64)

    def layout(self) -> Layout:
        self._mark_summaries()
        self._number_nodes()
        self._lay_tasks()
        self._read_links()
        self._bound_by_dates()
        self._lay_summaries()
        self._raise(np.flatnonzero(self.binds).tolist())
        self._let_begin_early()
        course = self._course()
        kept = zip(self.row_of.tolist(), self.nodes[:, passes.KIND].tolist())
        leaves = {row: node for node, (row, kind) in enumerate(kept) if kind == LEAF}
        known, notices = self._known(course), tuple(self._notices())
        return Layout(self.network, course, leaves, self.origin, known, notices)

    def _notices(self) -> Iterator[Notice]:
        if self.plan.schedule_from_finish:
            yield Notice(
                self.plan.name,
                "schedule_from_finish",
                "The plan is scheduled from its finish. Its simulation begins where it begins with "
                "the durations as planned, and does everything as soon as possible.",
            )
            return
        for row in [] if self.microsoft else np.flatnonzero(self.late).tolist():
            yield Notice(
                self.network.outline.labels[row],
                "constraint",
                "As late as possible: its simulated dates are those as soon as possible.",
            )

    def position(self, task: PlanTask) -> int:
        """That of a constraint."""
        assert task.constraint_date is not None
        return self.network.project.position(task.constraint_date)

    def outer_start(self, task: PlanTask) -> int:
        """Where another project allows a task that has not begun to begin."""
        if task.external_early_start is None or not self.plan.rules.external_dates:
            return NEVER
        return self.network.project.position(task.external_early_start)

    # ---- nodes

    def _mark_summaries(self) -> None:
        """Which summaries need a gate, and which a roll: those with links, and what is below.

        Begun work listens to links of its summaries, but neither to those from what is done nor
        to their dates; so it has gates of its own.
        """
        shape, rows = self.network.shape, self.rows
        self.gated, self.rolled = np.zeros((2, rows), np.bool_)
        self.gated[shape.target] = True
        self.rolled[shape.source[shape.source >= rows] - rows] = True
        self.gated &= self.summary
        for row in self._summaries():
            task, above = self.tasks[row], int(shape.parent[row])
            bound = task.constraint in _SNET and task.constraint_date is not None
            self.gated[row] |= bound or (above >= 0 and self.gated[above])
            self.rolled[row] |= above >= 0 and self.rolled[above]
        self.rested = np.zeros(rows, np.bool_)
        for row in np.flatnonzero(self.started).tolist():
            while (row := int(shape.parent[row])) >= 0:
                self.rested[row] = self.gated[row] and not self.override

    def _summaries(self) -> list[int]:
        """From the top down."""
        found: list[int] = np.flatnonzero(self.summary).tolist()
        return found

    def _number_nodes(self) -> None:
        rows, order = self.rows, self.network.shape.order
        row = order % rows
        is_roll, summary = order >= rows, self.summary[row]
        kept = np.where(
            is_roll, self.rolled[row], np.where(summary, self.gated[row], ~self.complete[row])
        )
        times = 1 + (self.rested[row] & ~is_roll)[kept]
        self.row_of = np.repeat(row[kept], times)
        count = len(self.row_of)
        begins = np.cumsum(times) - times
        self.number = np.full(2 * rows, -1, np.int64)
        """By node of the network, that of the course."""
        self.number[order[kept]] = begins
        self.rest_gate = np.where(self.rested, self.number[:rows] + 1, -1)
        """By row, the gate before what has begun."""
        self.nodes = np.zeros((count, NODE_COLUMNS), np.int32)
        for column, value in _DEFAULTS.items():
            self.nodes[:, column] = value
        kinds = np.where(is_roll[kept], ROLL, np.where(summary[kept], GATE, LEAF))
        self.nodes[:, passes.KIND] = np.repeat(kinds, times)

    def _lay_tasks(self) -> None:
        """What a node has of its task, and where it may begin if nothing else binds it."""
        nodes, row, network = self.nodes, self.row_of, self.network
        leaf = nodes[:, passes.KIND] == LEAF
        effort = np.array([task.level_of_effort for task in self.tasks], np.bool_)
        mode = np.where(effort, HAMMOCK, WAITING)
        mode[self.started] = STARTED
        mode[self.pinned] = PINNED
        mode[self.summary] = WAITING
        self.mode = mode
        calendar = np.where(self.summary, network.project_number, self.calendar)
        done = np.array(network.durations, np.int64) - self.remaining
        nodes[:, passes.MODE] = mode[row]
        nodes[:, passes.CALENDAR] = calendar[row]
        nodes[:, passes.SILENT] = leaf & self.silent[row]
        nodes[:, passes.DONE] = np.where(leaf, done[row], 0)
        delays = network.delays
        if not self.microsoft:
            delays = [max(0, task.leveling_delay_minutes) for task in self.tasks]
        delay = np.where(mode == WAITING, np.minimum(delays, BEYOND), 0)
        nodes[:, passes.DELAY] = np.where(leaf, delay[row], 0)
        above = network.shape.parent
        waits = leaf & np.isin(mode[row], (WAITING, HAMMOCK))
        nodes[waits, passes.FLOOR] = max(self.project_start, self.status)
        self.linked = (mode == WAITING) | (mode == HAMMOCK)
        """Tasks that their links bound."""
        if not self.override:
            self.linked |= self.started
        self._lay_gates_above()
        rolled = np.where(above >= 0, self.rolled[above], False)
        nodes[:, passes.ROLL_ABOVE] = np.where(rolled[row], self.number[above[row] + self.rows], -1)
        nodes[nodes[:, passes.KIND] == GATE, passes.ROLL_ABOVE] = -1

        manual = np.array([task.manual for task in self.tasks], np.bool_)
        self.loose = self.started | (manual & self.microsoft)
        """Tasks whose start bounds nobody: what has begun, in Microsoft Project by hand as well."""
        placeholder = np.array([task.placeholder for task in self.tasks], np.bool_)
        spared = self.silent | (placeholder & self.microsoft)
        nodes[:, passes.SPARED] = leaf & spared[row]
        late = np.array([task.constraint is ConstraintType.ALAP for task in self.tasks], np.bool_)
        self.late = late & (mode == WAITING) & ~self.summary & ~self.silent & ~self.complete
        if self.microsoft and not self.plan.schedule_from_finish:
            nodes[:, passes.LATELY] = leaf & self.late[row]
        nodes[:, passes.LOOSE] = leaf & self.loose[row]
        if self.plan.rules.open_ends_critical:
            nodes[:, passes.OPEN] = leaf & self._open_ended()[row]

    def _lay_gates_above(self) -> None:
        nodes, row, above = self.nodes, self.row_of, self.network.shape.parent
        rest = np.zeros(len(nodes), np.bool_)
        rest[self.rest_gate[self.rested]] = True
        listens = (self.linked | self.summary)[row] & (above[row] >= 0)
        listens &= nodes[:, passes.KIND] != ROLL
        begun = rest | self.started[row]
        for gated, gate, who in (
            (self.gated, self.number[: self.rows], listens & ~begun),
            (self.rested, self.rest_gate, listens & begun),
        ):
            who &= gated[above[row]]
            nodes[who, passes.GATE_ABOVE] = gate[above[row[who]]]

    def _open_ended(self) -> Marks:
        """Rows that no link leaves, nor the summaries above them."""
        shape = self.network.shape
        led = np.zeros(self.rows, np.bool_)
        led[shape.source % self.rows] = True
        for row in range(self.rows):
            if shape.parent[row] >= 0:
                led[row] |= led[shape.parent[row]]
        return ~led

    # ---- dates that stand

    def _bound_by_dates(self) -> None:
        """Constraints, deadlines and progress."""
        nodes, network = self.nodes, self.network
        deadlines = network.options.use_deadline_in_float
        caps: dict[int, int] = {}
        parent = network.outline.parent
        for row, task in enumerate(self.tasks):
            cap = caps.get(parent[row], BEYOND)
            if task.deadline is not None and deadlines:
                cap = min(cap, network.project.position(task.deadline))
            dated = task.constraint_date is not None
            if dated and task.constraint in _FNLT and not self.complete[row]:
                cap = min(cap, self.position(task))
            if cap < BEYOND:
                caps[row] = cap
            node = int(self.number[row])
            if node < 0:
                continue
            if self.summary[row]:
                if dated and task.constraint in _SNET:
                    nodes[node, passes.FLOOR] = self.position(task)
                continue
            outer = task.external_late_finish if self.plan.rules.external_dates else None
            if outer is not None and not self.complete[row]:
                cap = min(cap, network.project.position(outer))
            nodes[node, passes.CAP] = cap
            if dated:
                self._constrain(node, row, task)
            if self.mode[row] in (WAITING, HAMMOCK):
                nodes[node, passes.FLOOR] = max(
                    int(nodes[node, passes.FLOOR]), self.outer_start(task)
                )
            if self.mode[row] == PINNED:
                span = network.pinned[row]
                assert span is not None
                nodes[node, passes.FIXED : passes.FIXED_FINISH + 1] = span
            elif self.mode[row] == STARTED:
                self._go_on(node, row, task)

    def _constrain(self, node: int, row: int, task: PlanTask) -> None:
        nodes, position = self.nodes, self.position(task)
        if self.mode[row] in (WAITING, HAMMOCK):
            if task.constraint in _SNET:
                # In Microsoft Project it may begin before the project then.
                first = NEVER if self.microsoft else self.project_start
                nodes[node, passes.FLOOR] = max(first, self.status, position)
            elif task.constraint in _FNET:
                nodes[node, passes.FLOOR_FINISH] = position
        if task.constraint in _SNLT and self.mode[row] != STARTED:
            nodes[node, passes.CAP_START] = position
        if task.constraint_hard:
            nodes[node, passes.HARD] = _HARD.get(task.constraint, SOFT)
            nodes[node, passes.DATE] = position

    def _go_on(self, node: int, row: int, task: PlanTask) -> None:
        """Where what remains of work in progress may begin."""
        nodes, network = self.nodes, self.network
        calendar, begun = network.calendars[row], network.actual_start[row]
        floor = calendar.add_at(begun, int(nodes[node, passes.DONE]))
        nodes[node, passes.FIXED : passes.FIXED_FINISH + 1] = begun, floor
        if self.status > NEVER:
            floor = max(self.status, begun)
        if task.resume is not None:
            floor = max(floor, calendar.position(task.resume))
        nodes[node, passes.FLOOR] = floor

    def _lay_summaries(self) -> None:
        """Ends of summaries that do not move, and what lies in them, by node."""
        self.children: dict[int, list[int]] = {}
        for row in self._summaries():
            if self.rolled[row]:
                self._lay_roll(row)
            if self.gated[row]:
                self._lay_gate(row)

    def _lay_roll(self, row: int) -> None:
        node, children = int(self.number[self.rows + row]), self.network.outline.children[row]
        columns = self.nodes[node]
        columns[passes.FLOOR] = BEYOND
        pinned = self.network.pinned[row]
        if pinned is not None:
            columns[passes.FLOOR], columns[passes.FLOOR_FINISH] = pinned
            return
        found = self.children[node] = []
        for child in [child for child in children if self.tasks[child].active] or children:
            at = int(self.number[self.rows + child if self.summary[child] else child])
            if at >= 0:
                found.append(at)
                continue
            start, finish = self.network.actual_start[child], self.network.actual_finish[child]
            columns[passes.FLOOR] = min(columns[passes.FLOOR], start)
            columns[passes.FLOOR_FINISH] = max(columns[passes.FLOOR_FINISH], finish)

    def _lay_gate(self, row: int) -> None:
        """The children that listen to links, or those in which some do."""
        deaf = self.silent | self.complete | (self.started & self.override)
        self.children[int(self.number[row])] = [
            int(self.number[child])
            for child in self.network.outline.children[row]
            if self.summary[child] or not deaf[child]
        ]

    # ---- links

    def _read_links(self) -> None:
        """Columns of all links, and which of them bound what, forward and back."""
        network, shape, rows = self.network, self.network.shape, self.rows
        links = self.plan.links
        kind = np.array([LINK_TYPES[link.type] for link in links], np.int8)
        self.from_start, self.to_finish = (kind & 1) != 0, (kind & 2) != 0
        lag, zone = np.array(network.lags, np.int64), np.array(network.lag_numbers, np.int64)
        self.shares = np.zeros((len(links), 2), np.int64)
        self.shares[:, 1] = 1
        roll, first = shape.source >= rows, shape.source % rows
        for number, link in enumerate(links):
            if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
                self.shares[number] = _ratio(link.lag_percent, bool(roll[number]))
        shared = self.shares[:, 0] != 0
        target = shape.target
        done = ~roll & self.complete[first]
        silent = self.quiet = ~roll & self.silent[first]
        leaf = ~self.summary[target]
        from_rest = np.zeros(len(links), np.bool_)
        if network.options.start_lag_of(self.plan) is LagOrigin.EARLY_START:
            from_rest = ~roll & self.started[first] & (kind == LINK_TYPES[LinkType.SS])
            left = np.maximum(lag - (np.array(network.durations) - self.remaining)[first], 0)
            lag = np.where(from_rest & (lag > 0), left, lag)
        self.columns = np.stack(
            [
                self.number[shape.source],
                self.number[target],
                np.where(shared, 0, np.clip(lag, -BEYOND, BEYOND)),
                FROM_START * self.from_start + TO_FINISH * self.to_finish + FROM_REST * from_rest,
                np.where(shared | (lag != 0), zone, -1),
            ],
            axis=1,
        ).astype(np.int32)
        binds = ~silent & (~leaf | (self.linked[target] & ~(self.started[target] & done)))
        binds &= self.number[target] >= 0
        begun = self.started[first] & self.from_start & ~shared & ~from_rest
        self.stands = ~roll & (done | self.pinned[first] | begun)
        if self.by_path:
            # The longest path leads back to what stands, too.
            self.stands = done
        self.of_done = done
        self.enters = binds & ~self.stands
        self.binds = binds & self.stands
        loose = ~roll & self.from_start & self.loose[first]
        free = leaf & (self.silent[target] | (self.override & self.started[target]))
        held = (self.number[shape.source] >= 0) & (self.number[target] >= 0)
        self.leaves = held & ~silent & ~loose & ~free

    def _raise(self, links: list[int]) -> None:
        """Bound nodes by links from what does not move, as numbers."""
        network, shape = self.network, self.network.shape
        for link in links:
            row, target = int(shape.source[link]), int(shape.target[link])
            span = network.pinned[row]
            if span is None:
                span = network.actual_start[row], network.actual_finish[row]
            at = span[0] if self.from_start[link] else span[1]
            zone, lag = network.lag_numbers[link], network.lags[link]
            bound = at + lag if zone < 0 else network.known[zone].add_at(at, lag)
            column = passes.FLOOR_FINISH if self.to_finish[link] else passes.FLOOR
            nodes = [int(self.number[target])]
            if self.rested[target] and not self.of_done[link]:
                nodes.append(int(self.rest_gate[target]))
            for node in nodes:
                self.nodes[node, column] = max(self.nodes[node, column], min(bound, BEYOND))

    # ---- before the project

    def _let_begin_early(self) -> None:
        """Microsoft Project lets a task begin before the project if what leads to it does."""
        if not self.microsoft:
            return
        start, network = self.project_start, self.network
        early = np.zeros(2 * self.rows, np.bool_)
        """By node of the network: whether it may begin before the project."""
        begun = np.array(network.actual_start) < start
        early[: self.rows] = (self.started | self.complete) & begun
        for row, task in enumerate(self.tasks):
            span = network.pinned[row]
            if span is not None:
                early[row] = span[0] < start
            elif self.mode[row] in (WAITING, HAMMOCK) and not (
                self.summary[row] or self.complete[row]
            ):
                dated = task.constraint_date is not None
                early[row] = dated and (
                    (task.constraint in _SNET and self.position(task) < start)
                    or (task.constraint_hard and task.constraint in _HARD)
                )
        if early.any():
            for node in network.order:
                self._follow_early(node, early)

    def _follow_early(self, node: int, early: Marks) -> None:
        network, shape, row = self.network, self.network.shape, node % self.rows
        if node >= self.rows:
            early[node] = early[row]
            for child in network.outline.children[row]:
                early[node] |= early[self.rows + child if self.summary[child] else child]
            return
        number = int(self.number[node])
        if self.summary[row] or number < 0 or self.mode[row] not in (WAITING, HAMMOCK):
            return
        task = self.tasks[row]
        if (task.constraint in _SNET and task.constraint_date) or not self._has_start(row):
            return
        place = shape.place[node]
        links = shape.in_link[shape.in_first[place] : shape.in_first[place + 1]]
        sources = shape.source[links]
        stands = self.stands[links]
        if not early[sources].any():
            return
        early[node] = True
        self.nodes[number, passes.FLOOR] = max(self.status, self.outer_start(task))
        self._raise(links[self.binds[links]].tolist())
        if not (early[sources] & stands).any():
            self.nodes[number, passes.FIRST] = self.project_start

    def _has_start(self, row: int) -> bool:
        """Whether anything but the project's start bounds the start of a task."""
        shape, at = self.network.shape, row
        while at >= 0:
            task, place = self.tasks[at], shape.place[at]
            links = shape.in_link[shape.in_first[place] : shape.in_first[place + 1]]
            if (~self.to_finish[links] & ~self.quiet[links]).any():
                return True
            if at != row and task.constraint in _SNET and task.constraint_date is not None:
                return True
            at = int(shape.parent[at])
        return False

    # ---- arrays

    def _course(self) -> Course:
        network, nodes = self.network, self.nodes
        count = len(nodes)
        entering, entered = self._entering()
        only = np.flatnonzero(self.leaves & ~self.enters)
        order = np.concatenate([entering, only])
        place = np.full(len(self.columns), -1, np.int64)
        # Of a link that enters two gates the first counts backwards: that of all tasks.
        place[order[::-1]] = np.arange(len(order))[::-1]
        columns = self.columns[order]
        columns[: len(entering), passes.TARGET] = entered
        leaving = np.flatnonzero(self.leaves)
        leaving = leaving[np.argsort(self.columns[leaving, passes.SOURCE], kind="stable")]
        within = [len(self.children.get(node, ())) for node in range(count)]
        firsts = np.zeros((count + 1, NODE_COLUMNS), np.int32)
        firsts[:-1] = nodes
        firsts[:, passes.ENTERING] = _begins(entered, count)
        firsts[:, passes.LEAVING] = _begins(self.columns[leaving, passes.SOURCE], count)
        firsts[1:, passes.WITHIN] = np.cumsum(within)
        counted = ~self.summary & ~self.silent
        if not counted.any():
            counted = ~self.summary
        done = [network.actual_finish[row] for row in np.flatnonzero(counted & self.complete)]
        numbers = self.number[: self.rows][counted]
        threshold = network.options.critical_threshold_minutes
        if threshold is None:
            threshold = self.plan.critical_threshold_minutes
        delayed = bool((nodes[:, passes.DELAY] > 0).any())
        return Course(
            firsts,
            columns,
            self.shares[order],
            place[leaving].astype(np.int32),
            np.array([at for node in range(count) for at in self.children.get(node, ())], np.int32),
            np.sort(numbers[numbers >= 0]).astype(np.int32),
            network.project_number,
            max(done, default=NEVER),
            self._imposed(),
            max(-BEYOND, min(threshold, BEYOND)),
            int(delayed and not self.microsoft),
            _FLOATS[self.plan.rules.total_float],
            int(network.options.dialect is not Dialect.PRIMAVERA),
            int(self.by_path),
            int(nodes[:, passes.LATELY].any()),
            _NO_GRID,
            np.zeros((count, FORM_COLUMNS), np.int32),
            np.zeros((len(order), 2), np.int32),
            np.zeros(0, np.int32),
        )

    def _entering(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Links by the node that they enter, and these; those to a summary enter both its gates."""
        target = self.network.shape.target
        links = np.flatnonzero(self.enters)
        again = links[self.rested[target[links]]]
        nodes = np.concatenate([self.number[target[links]], self.rest_gate[target[again]]])
        links = np.concatenate([links, again])
        sorting = np.argsort(nodes, kind="stable")
        return links[sorting], nodes[sorting]

    def _imposed(self) -> int:
        if self.network.imposed is not None:
            return self.network.imposed
        if self.plan.schedule_from_finish and self.plan.finish is not None:
            return self.network.project.position(self.plan.finish)
        return BEYOND

    def _known(self, course: Course) -> tuple[int, int]:
        """The first and the last position that is known."""
        found = [self.origin, self.project_start, *self._dates(course)]
        return min(found), max(found)

    def _dates(self, course: Course) -> Iterator[int]:
        for column in _POSITIONS:
            values = course.nodes[:-1, column]
            values = values[(values > 0) & (values < BEYOND)]
            if len(values):
                yield from (int(values.min()), int(values.max()))
        stands = np.isin(course.nodes[:-1, passes.MODE], (PINNED, STARTED))
        for column in (passes.FIXED, passes.FIXED_FINISH):
            values = course.nodes[:-1][stands][:, column]
            if len(values):
                yield from (int(values.min()), int(values.max()))
        if course.fixed_end > NEVER:
            yield course.fixed_end
        if course.imposed < BEYOND:
            yield course.imposed


def _begins(nodes: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Where those of each node begin in a sorted list, and a closing one."""
    return np.searchsorted(nodes, np.arange(count + 1))


def _ratio(percent: Decimal, of_summary: bool) -> tuple[int, int]:
    """The part of the predecessor's duration that a lag is; of a summary in millionths."""
    share = percent / Decimal(100)
    if of_summary:
        return int((share * 1_000_000).to_integral_value(rounding=ROUND_HALF_UP)), 1_000_000
    return share.as_integer_ratio()
