# SPDX-License-Identifier: Apache-2.0
"""From the network of a plan to the arrays that the passes of a simulation run over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.network.plan import ConstraintType, LagKind, PlanTask
from pilothouse.engine.schedule.options import Dialect, ProgressMode
from pilothouse.engine.schedule.prepare import Edge, Network
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.schedule import schedule_plan
from pilothouse.engine.simulate.clock import DAY, build_clock
from pilothouse.engine.simulate.kernels_clock import BEYOND
from pilothouse.engine.simulate.kernels_pass import (
    FROM_START,
    GATE,
    HAMMOCK,
    HARD_FINISH,
    HARD_LATEST_FINISH,
    HARD_LATEST_START,
    HARD_START,
    LEAF,
    NEVER,
    OPEN_END,
    PINNED,
    PLAIN_EARLY,
    PLAIN_LATE,
    ROLL,
    SOFT,
    START_WITHIN,
    STARTED,
    TO_FINISH,
    WAITING,
    WITHIN,
    Course,
)

HORIZON_DAYS = 1830
"""How far the tables of calendars reach beyond the last date that is known, at first."""
MARGIN_DAYS = 800
"""And before the first."""
COLUMNS = WITHIN + 1

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


@dataclass(slots=True)
class Node:
    """One node of a ``Course`` while it is being made; see there."""

    kind: int
    row: int
    mode: int = WAITING
    calendar: int = -1
    floor: int = NEVER
    floor_finish: int = NEVER
    gate: int = -1
    roll: int = -1
    first: int = NEVER
    cap: int = BEYOND
    cap_start: int = BEYOND
    hard: int = SOFT
    date: int = 0
    fixed: int = 0
    fixed_finish: int = 0
    done: int = 0
    silent: int = 0
    delay: int = 0
    entering: list[int] = field(default_factory=list)
    leaving: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    early: bool = False
    """Whether it may start before the project."""

    def columns(self, plain: int, entering: int, leaving: int, within: int) -> tuple[int, ...]:
        """Its row of ``Course.nodes``."""
        return (
            self.kind,
            self.mode,
            plain,
            self.calendar,
            self.floor,
            self.floor_finish,
            self.gate,
            self.roll,
            self.first,
            self.cap,
            self.cap_start,
            self.hard,
            self.date,
            self.fixed,
            self.fixed_finish,
            self.done,
            self.silent,
            self.delay,
            entering,
            leaving,
            within,
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """A course and how to read it.

    ``node_of`` maps rows of the plan that the course contains to nodes. With ``shared`` all
    times are working minutes of that calendar after ``origin``, else positions.
    """

    network: Network
    course: Course
    node_of: dict[int, int]
    shared: WorkingTime | None
    origin: int
    calendars: tuple[WorkingTime, ...] = ()
    known: tuple[int, int] = (0, 0)
    """Calendars by number, and the first and last date that is known, where there are tables."""

    def reaching(self, horizon_days: int) -> Layout:
        """The same with tables of calendars that end so many days after the last known date."""
        if self.shared is not None:
            return self
        low, high = self.known
        clock = build_clock(self.calendars, low - MARGIN_DAYS * DAY, high + horizon_days * DAY)
        return replace(self, course=self.course._replace(clock=clock))


def lay_out(network: Network, *, clocks: bool = False) -> Layout:
    """The course of a network.

    Parameters
    ----------
    network : Network
        Of ``prepare``; with percent lags of summaries still unset.
    clocks : bool
        Use wall-clock positions even where one calendar would do.

    Notes
    -----
    Where every task, lag and the project share one calendar, no duration or lag is elapsed and
    no levelling delays count, times are working minutes and no tables are needed. What is done
    and what stands by hand leaves no node or no bound behind but a number. O(n + m).
    """
    return _Builder(network, clocks).layout()


class _Builder:
    def __init__(self, network: Network, clocks: bool) -> None:
        self.network = network
        self.plan = network.plan
        self.rows = network.rows
        self.microsoft = network.options.dialect is Dialect.MICROSOFT_PROJECT
        self.shared = None if clocks else _shared(network)
        self.origin = network.project.start_at(network.start)
        self.nodes: list[Node] = []
        self.node_of: dict[int, int] = {}
        self.links: list[tuple[int, int, int, int, int, int, int]] = []
        self.zones: dict[int, int] = {}
        self.calendars: list[WorkingTime] = []
        self.known = [self.origin]
        self.project_start = self.origin
        if self.plan.schedule_from_finish:
            # Its start follows from its finish, and stays as it is in every iteration.
            found = schedule_plan(self.plan, network.options).tasks.values()
            open_tasks = [task for task in found if task.state is TaskState.NOT_STARTED]
            first = min((task.early_start for task in open_tasks), default=self.plan.start)
            self.project_start = network.project.start_at(network.project.position(first))

    def layout(self) -> Layout:
        self._mark_summaries()
        for node in self.network.order:
            if node >= self.rows:
                self._add_roll(node - self.rows)
            elif self.network.outline.summary[node]:
                self._add_gate(node)
            else:
                self._add_leaf(node)
        self._close_gates()
        self._bound_backwards()
        leaves = {node.row: at for at, node in enumerate(self.nodes) if node.kind == LEAF}
        course = self._course()
        known = min(self.known), max(self.known)
        calendars = tuple(self.calendars)
        layout = Layout(self.network, course, leaves, self.shared, self.origin, calendars, known)
        return layout.reaching(HORIZON_DAYS)

    # ---- times and calendars

    def at(self, position: int) -> int:
        """A position as the course counts it."""
        self.known.append(position)
        if self.shared is not None:
            return self.shared.diff_at(self.origin, position)
        return position

    def zone(self, calendar: WorkingTime | None) -> int:
        """The number of a calendar."""
        if calendar is None or self.shared is not None:
            return -1
        found = self.zones.get(id(calendar))
        if found is None:
            found = self.zones[id(calendar)] = len(self.calendars)
            self.calendars.append(calendar)
        return found

    # ---- summaries

    def _mark_summaries(self) -> None:
        """Which summaries need a gate, and which a roll: those with links, and what is below."""
        outline, incoming, outgoing = (
            self.network.outline,
            self.network.incoming,
            self.network.outgoing,
        )
        self.gated = [False] * self.rows
        self.rolled = [False] * self.rows
        for row in range(self.rows):
            if outline.summary[row]:
                above = outline.parent[row]
                task = self.plan.tasks[row]
                bound = task.constraint in _SNET and task.constraint_date is not None
                self.gated[row] = bool(incoming[row]) or bound or self._of(self.gated, above)
                self.rolled[row] = bool(outgoing[self.rows + row]) or self._of(self.rolled, above)

    @staticmethod
    def _of(marks: list[bool], row: int) -> bool:
        return row >= 0 and marks[row]

    def _add(self, node: Node, key: int) -> Node:
        self.node_of[key] = len(self.nodes)
        self.nodes.append(node)
        return node

    def _add_gate(self, row: int) -> None:
        if not self.gated[row]:
            return
        node = self._add(Node(GATE, row), row)
        above = self.network.outline.parent[row]
        if self._of(self.gated, above):
            node.gate = self.node_of[above]
        task = self.plan.tasks[row]
        if task.constraint in _SNET and task.constraint_date is not None:
            node.floor = self.at(self.network.project.position(task.constraint_date))
        for edge in self.network.incoming[row]:
            self._enter(node, edge)

    def _add_roll(self, row: int) -> None:
        if not self.rolled[row]:
            return
        node = Node(ROLL, row, floor=BEYOND)
        pinned = self.network.pinned[row]
        children = self.network.outline.children[row]
        counted = [child for child in children if self.plan.tasks[child].active] or children
        if pinned is not None:
            node.floor, node.floor_finish = map(self.at, pinned)
        else:
            for child in counted:
                self._roll_child(node, child)
        above = self.network.outline.parent[row]
        self._add(node, self.rows + row)
        node.roll = self.rows + above if self._of(self.rolled, above) else -1

    def _roll_child(self, node: Node, child: int) -> None:
        key = self.rows + child if self.network.outline.summary[child] else child
        at = self.node_of.get(key)
        if at is not None:
            node.children.append(at)
            node.early = node.early or self.nodes[at].early
            return
        start, finish = self._ends(child)
        node.floor = min(node.floor, self.at(start))
        node.floor_finish = max(node.floor_finish, self.at(finish))
        node.early = node.early or start < self.project_start

    def _ends(self, row: int) -> tuple[int, int]:
        """Dates of what is done."""
        return self.network.actual_start[row], self.network.actual_finish[row]

    def _close_gates(self) -> None:
        """What lies in a summary bounds, backwards, what leads to it."""
        for node in self.nodes:
            if node.kind == ROLL and node.roll >= 0:
                node.roll = self.node_of[node.roll]
            if node.kind == LEAF:
                above = self.network.outline.parent[node.row]
                if self._of(self.rolled, above):
                    node.roll = self.node_of[self.rows + above]
            if node.kind == GATE:
                for child in self._live(node.row):
                    at = self.node_of.get(child)
                    if at is not None:
                        node.children.append(at)
                    else:
                        done = self.at(self.network.actual_finish[child])
                        node.cap, node.cap_start = min(node.cap, done), min(node.cap_start, done)

    def _live(self, row: int) -> list[int]:
        children = self.network.outline.children[row]
        live = [child for child in children if self._counts(child)]
        return live or list(children)

    def _counts(self, row: int) -> bool:
        return not self.network.silent[row] and (self.network.states[row] is not TaskState.COMPLETE)

    # ---- leaves

    def _add_leaf(self, row: int) -> None:
        state = self.network.states[row]
        if state is TaskState.COMPLETE:
            return
        task = self.plan.tasks[row]
        node = self._add(Node(LEAF, row), row)
        node.calendar = -1 if task.elapsed_duration else self.zone(self.network.calendars[row])
        node.silent = int(self.network.silent[row])
        node.delay = self.network.delays[row]
        node.done = self.network.durations[row] - self.network.remaining[row]
        self._bound_late(node, task)
        pinned = self.network.pinned[row]
        if pinned is not None:
            node.mode = PINNED
            node.fixed, node.fixed_finish = map(self.at, pinned)
            node.early = pinned[0] < self.project_start
        elif state is TaskState.IN_PROGRESS:
            node.mode = STARTED
            node.fixed = self.at(self.network.actual_start[row])
            node.early = self.network.actual_start[row] < self.project_start
            self._bound_rest(node, task)
        else:
            node.mode = HAMMOCK if task.level_of_effort else WAITING
            self._bound_start(node, task)
        if task.constraint_hard and task.constraint_date is not None:
            node.hard = _HARD.get(task.constraint, SOFT)
            node.date = self.at(self.network.project.position(task.constraint_date))

    def _under_gate(self, node: Node) -> None:
        above = self.network.outline.parent[node.row]
        if self._of(self.gated, above):
            node.gate = self.node_of[above]

    def _bound_start(self, node: Node, task: PlanTask) -> None:
        """As ``_bounds_of_start`` of the forward pass."""
        row = node.row
        self._under_gate(node)
        edges = [edge for edge in self.network.incoming[row] if not self._is_silent(edge)]
        has_start = any(not edge.to_finish for edge in edges) or self._gate_has_start(row)
        if task.constraint_date is not None:
            position = self.network.project.position(task.constraint_date)
            if task.constraint in _SNET:
                node.floor = self.at(position)
                has_start = True
            elif task.constraint in _FNET:
                node.floor_finish = self.at(position)
        free = False
        if self.microsoft and has_start:
            free = task.constraint in _SNET and task.constraint_date is not None
            free = free or any(map(self._begins_before, self.network.incoming[row]))
        waits = self.microsoft and has_start and any(map(self._may_begin_before, edges))
        if free or waits:
            node.early = True
        if not free and waits:
            node.first = self.at(self.project_start)
        elif not free:
            node.floor = max(node.floor, self.at(self.project_start))
        if self.network.status is not None and self.network.options.work_after_status_date:
            node.floor = max(node.floor, self.at(self.network.status))
        for edge in edges:
            self._enter(node, edge)

    def _gate_has_start(self, row: int) -> bool:
        for above in self.network.outline.ancestors(row):
            task = self.plan.tasks[above]
            if task.constraint in _SNET and task.constraint_date is not None:
                return True
            edges = self.network.incoming[above]
            if any(not edge.to_finish and not self._is_silent(edge) for edge in edges):
                return True
        return False

    def _is_silent(self, edge: Edge) -> bool:
        return edge.source < self.rows and self.network.silent[edge.source]

    def _begins_before(self, edge: Edge) -> bool:
        """Whether what does not move starts before the project."""
        row = edge.source % self.rows
        if self.network.outline.summary[row]:
            return False
        pinned = self.network.pinned[row]
        if pinned is not None:
            return pinned[0] < self.project_start
        if self.network.states[row] is TaskState.NOT_STARTED:
            return False
        return self.network.actual_start[row] < self.project_start

    def _may_begin_before(self, edge: Edge) -> bool:
        at = self.node_of.get(edge.source)
        return at is not None and self.nodes[at].early

    def _bound_rest(self, node: Node, task: PlanTask) -> None:
        """As ``_bounds_of_rest`` of the forward pass."""
        row, network = node.row, self.network
        calendar, begun = network.calendars[row], network.actual_start[row]
        led_to = calendar.add_at(begun, node.done)
        if network.remaining[row] == 0:
            node.floor = self.at(led_to)
            return
        if network.options.progress_mode is ProgressMode.RETAINED_LOGIC:
            self._under_gate(node)
            for edge in network.incoming[row]:
                done = edge.source < self.rows and (
                    network.states[edge.source] is TaskState.COMPLETE
                )
                if not done and not self._is_silent(edge):
                    self._enter(node, edge)
        if task.resume is not None:
            node.floor = max(node.floor, self.at(calendar.position(task.resume)))
        if network.status is not None and network.options.work_after_status_date:
            node.floor = max(node.floor, self.at(max(network.status, begun)))
        else:
            node.floor = max(node.floor, self.at(led_to))

    def _bound_late(self, node: Node, task: PlanTask) -> None:
        """The bounds of ``_limits`` of the backward pass that do not move."""
        project = self.network.project
        if task.constraint_date is not None:
            date = project.position(task.constraint_date)
            if task.constraint in _FNLT:
                node.cap = min(node.cap, self.at(date))
            elif task.constraint in _SNLT and (
                self.network.states[node.row] is TaskState.NOT_STARTED
            ):
                node.cap_start = self.at(date)
        rows = [node.row, *self.network.outline.ancestors(node.row)]
        for place, row in enumerate(rows):
            other = self.plan.tasks[row]
            if other.deadline is not None and self.network.options.use_deadline_in_float:
                node.cap = min(node.cap, self.at(project.position(other.deadline)))
            if place and other.constraint in _FNLT and other.constraint_date is not None:
                node.cap = min(node.cap, self.at(project.position(other.constraint_date)))

    # ---- links

    def _enter(self, node: Node, edge: Edge) -> None:
        """Let a link bound a node, as a number where its predecessor does not move."""
        if self._is_silent(edge):
            return
        fixed = self._fixed_end(edge)
        if fixed is not None:
            bound = self.at(edge.forward(fixed))
            if edge.to_finish:
                node.floor_finish = max(node.floor_finish, bound)
            else:
                node.floor = max(node.floor, bound)
            return
        target = self.node_of[edge.target]
        node.entering.append(self._link(edge, target))

    def _fixed_end(self, edge: Edge) -> int | None:
        row = edge.source
        if row >= self.rows:
            return None
        pinned = self.network.pinned[row]
        if pinned is not None:
            return pinned[0] if edge.from_start else pinned[1]
        state = self.network.states[row]
        if state is TaskState.COMPLETE:
            start, finish = self._ends(row)
            return start if edge.from_start else finish
        if state is TaskState.IN_PROGRESS and edge.from_start and not _share(edge):
            return self.network.actual_start[row]
        return None

    def _link(self, edge: Edge, target: int) -> int:
        share = _share(edge)
        top, per = share.as_integer_ratio() if share else (0, 1)
        flags = FROM_START * edge.from_start + TO_FINISH * edge.to_finish
        flags += OPEN_END * edge.open_end + START_WITHIN * self._like(edge)
        source = self.node_of[edge.source]
        lag = 0 if share else edge.minutes
        self.links.append((source, target, lag, flags, self.zone(edge.calendar), top, per))
        return len(self.links) - 1

    def _like(self, edge: Edge) -> bool:
        """Whether ``latest_like`` of the network goes on to the next working time."""
        network, target = self.network, edge.target
        if self.shared is not None or not edge.to_finish or network.outline.summary[target]:
            return False
        same = edge.source < self.rows and (
            network.calendars[edge.source] is network.calendars[target]
        )
        elapsed = edge.calendar is None and edge.minutes
        return not (same and not elapsed and not edge.from_start)

    def _bound_backwards(self) -> None:
        """Which links bound their predecessor, as ``bound_by`` of the backward pass."""
        of: dict[tuple[int, int, int], int] = {}
        for number, link in enumerate(self.links):
            of[link[0], link[1], link[3] & (FROM_START | TO_FINISH)] = number
        override = self.network.options.progress_mode is ProgressMode.PROGRESS_OVERRIDE
        for node in self.nodes:
            if node.kind == GATE or node.silent:
                continue
            key = self.rows + node.row if node.kind == ROLL else node.row
            loose = node.kind == LEAF and self.plan.tasks[node.row].manual and self.microsoft
            for edge in self.network.outgoing[key]:
                target = self.node_of.get(edge.target)
                if target is None or (loose and edge.from_start):
                    continue
                row = edge.target
                if not self.network.outline.summary[row] and (
                    not self._counts(row)
                    or (override and self.network.states[row] is TaskState.IN_PROGRESS)
                ):
                    continue
                flags = FROM_START * edge.from_start + TO_FINISH * edge.to_finish
                at = self.node_of[key]
                found = of.get((at, target, flags))
                node.leaving.append(self._link(edge, target) if found is None else found)

    # ---- arrays

    def _course(self) -> Course:
        self._make_plain()
        network = self.network
        zone = self.zone(network.project)
        leaves = [row for row in range(self.rows) if not network.outline.summary[row]]
        counted = [row for row in leaves if not network.silent[row]] or leaves
        done = [
            self.at(network.actual_finish[row])
            for row in counted
            if network.states[row] is TaskState.COMPLETE
        ]
        threshold = network.options.critical_threshold_minutes
        if threshold is None:
            threshold = self.plan.critical_threshold_minutes

        links = self._ordered_links()
        left: list[int] = []
        children: list[int] = []
        nodes = np.zeros((len(self.nodes) + 1, COLUMNS), np.int32)
        for at, node in enumerate(self.nodes):
            nodes[at] = node.columns(self.plain[at], self.entering[at], len(left), len(children))
            left += node.leaving
            children += node.children
        nodes[-1, -3:] = self.entering[-1], len(left), len(children)
        return Course(
            nodes,
            np.array([link[:5] for link in links], dtype=np.int32).reshape(-1, 5),
            np.array([link[5:] for link in links], dtype=np.int64).reshape(-1, 2),
            np.array(left, dtype=np.int32),
            np.array(children, dtype=np.int32),
            np.array([self.node_of[r] for r in counted if r in self.node_of], dtype=np.int32),
            np.zeros(0, np.int32),
            zone,
            max(done, default=NEVER),
            self._imposed(),
            threshold,
            int(any(plain != PLAIN_EARLY | PLAIN_LATE for plain in self.plain)),
        )

    def _imposed(self) -> int:
        if self.network.imposed is not None:
            return self.at(self.network.imposed)
        if self.plan.schedule_from_finish and self.plan.finish is not None:
            return self.at(self.network.project.position(self.plan.finish))
        return BEYOND

    def _ordered_links(self) -> list[tuple[int, int, int, int, int, int, int]]:
        """Links in the order in which they enter; those that only bound backwards at the end."""
        order: list[int] = []
        self.entering = [0]
        for node in self.nodes:
            order += node.entering
            self.entering.append(len(order))
        entered = set(order)
        order += [number for number in range(len(self.links)) if number not in entered]
        place = {number: at for at, number in enumerate(order)}
        for node in self.nodes:
            node.leaving = [place[number] for number in node.leaving]
        return [self.links[number] for number in order]

    def _make_plain(self) -> None:
        """Which nodes need additions and comparisons only."""
        self.plain = []
        for node in self.nodes:
            early = (
                node.kind == LEAF
                and node.mode in (WAITING, STARTED)
                and node.calendar < 0
                and node.gate < 0
                and node.floor_finish == NEVER
                and node.first == NEVER
                and node.hard == SOFT
                and not node.delay
                and all(map(self._is_plain_link, node.entering))
            )
            late = (
                early
                and node.roll < 0
                and node.cap_start == BEYOND
                and not node.silent
                and all(map(self._is_plain_link, node.leaving))
            )
            self.plain.append(PLAIN_EARLY * early + PLAIN_LATE * late)
        if all(plain == PLAIN_EARLY | PLAIN_LATE for plain in self.plain):
            return
        # Starts are kept then, and that of work in progress is not where its rest begins.
        for at, node in enumerate(self.nodes):
            if node.mode == STARTED:
                self.plain[at] &= ~PLAIN_EARLY

    def _is_plain_link(self, number: int) -> bool:
        _, target, _, flags, zone, top, _ = self.links[number]
        other = self.nodes[target]
        return not flags & (FROM_START | TO_FINISH) and zone < 0 and not top and not other.delay


def _share(edge: Edge) -> Decimal:
    """The part of the predecessor's duration that a lag is, 0 for one in minutes."""
    if edge.link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
        return edge.link.lag_percent / Decimal(100)
    return Decimal(0)


def _shared(network: Network) -> WorkingTime | None:
    """The calendar that everything runs on, None where there are several or elapsed time."""
    leaves = [row for row in range(network.rows) if not network.outline.summary[row]]
    if not leaves:
        return None
    first = network.calendars[leaves[0]]
    if any(network.calendars[row] is not first for row in leaves) or any(network.delays):
        return None
    for edges in network.incoming:
        for edge in edges:
            if edge.calendar is None and (edge.minutes or _share(edge)):
                return None
            if edge.calendar is not None and edge.calendar is not first:
                return None
            # The last start before a milestone may lie a minute before a closed hour.
            milestone = edge.target < network.rows and not network.remaining[edge.target]
            if edge.from_start and not edge.to_finish and milestone and edge.minutes <= 0:
                return None
    return first
