# SPDX-License-Identifier: Apache-2.0
"""The cheapest way to finish earlier by shortening tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pilothouse.engine.compression.network import (
    SINK,
    SOURCE,
    Arc,
    Dates,
    Network,
    network_of,
    started,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Plan

_Flow = Fraction | None
"""None is without end."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What a day less of a task costs, and how many days it can be shortened by."""

    cost_per_day: Decimal
    most_days: Decimal


@dataclass(frozen=True, slots=True)
class Crashing:
    """Minutes by which each task is shortened, what that costs, and how much the network gains.

    ``whole`` says that all that was asked for is gained; else nothing more can be.
    """

    shortened: Mapping[int, int]
    costs: Mapping[int, Decimal]
    cost: Decimal
    gain_minutes: int
    whole: bool


def crash(plan: Plan, dates: Dates, slopes: Mapping[int, Slope], gain_minutes: int) -> Crashing:
    """Shorten tasks so that the plan finishes earlier at the least cost.

    Parameters
    ----------
    plan : Plan
    dates : mapping of int to (datetime, datetime)
        Uid → start and finish of its schedule.
    slopes : mapping of int to Slope
        Tasks that can be shortened. Those that have begun are left as they are.
    gain_minutes : int
        Working minutes of the plan to gain.

    Raises
    ------
    InvalidInput
        ``compression.slope`` for a cost or a number of days below nothing, ``compression.gain``
        for a gain that is not above it.

    Notes
    -----
    The parametric algorithm of Kelley (1961) and Fulkerson (1961): tasks are shortened along the
    cheapest cut through the critical arcs, found as a greatest flow whose bounds are the slopes;
    a task that was shortened is lengthened again where that cut crosses it backwards. The cost is
    the least for the gain, if the network holds what holds in the schedule: one calendar, lags in
    working time. Ties go to the cut that lies nearest to the start. Exact in whole minutes and
    rational costs.
    """
    day = plan.minutes_per_day
    if gain_minutes <= 0:
        raise InvalidInput("compression.gain", "Say how many working days are to be gained.")
    tasks = {task.uid: task for task in plan.tasks}
    limits: dict[int, int] = {}
    for uid, slope in slopes.items():
        if slope.cost_per_day < 0 or slope.most_days < 0:
            name = tasks[uid].name if uid in tasks else str(uid)
            message = f"Cost and days of ‘{name}’ cannot be below nothing."
            raise InvalidInput("compression.slope", message, (str(uid),))
        task = tasks.get(uid)
        if task is not None and not (started(task) or task.summary or task.elapsed_duration):
            limits[uid] = min(int(slope.most_days * day), task.duration_minutes)
    search = _Search(network_of(plan, dates), limits, slopes, day)
    gained = search.gain(gain_minutes)
    costs = {uid: slopes[uid].cost_per_day * minutes / day for uid, minutes in search.less.items()}
    return Crashing(
        {uid: minutes for uid, minutes in search.less.items() if minutes},
        {uid: costs[uid] for uid, minutes in search.less.items() if minutes},
        sum(costs.values(), Decimal(0)),
        gained,
        gained == gain_minutes,
    )


class _Search:
    """Times, flows and what each task is shortened by so far."""

    def __init__(
        self,
        network: Network,
        limits: Mapping[int, int],
        slopes: Mapping[int, Slope],
        day: int,
    ) -> None:
        self._times = list(network.times)
        self._arcs = network.arcs
        self._flow = [Fraction(0)] * len(network.arcs)
        self._price = {uid: Fraction(slopes[uid].cost_per_day) / day for uid in limits}
        self._limits = limits
        self.less = dict.fromkeys(limits, 0)
        self._out: list[list[int]] = [[] for _ in network.times]
        self._into: list[list[int]] = [[] for _ in network.times]
        for number, arc in enumerate(network.arcs):
            self._out[arc.before].append(number)
            self._into[arc.after].append(number)

    def gain(self, wanted: int) -> int:
        """Move the finish forward by so many minutes, or as many as can be."""
        gained = 0
        while gained < wanted:
            reached = self._cut()
            if reached is None:
                break
            gained += self._shift(reached, wanted - gained)
        return gained

    def _length(self, arc: Arc) -> int:
        return arc.length - self.less.get(arc.uid, 0) if arc.uid is not None else arc.length

    def _slack(self, arc: Arc) -> int:
        return self._times[arc.after] - self._times[arc.before] - self._length(arc)

    def _bounds(self, arc: Arc) -> tuple[_Flow, _Flow]:
        """The least and the greatest flow of a critical arc."""
        if arc.uid is None:
            return Fraction(0), None
        limit = self._limits.get(arc.uid, 0)
        if not limit:
            return None, None
        less, price = self.less[arc.uid], self._price[arc.uid]
        return (None if less == 0 else price), (None if less == limit else price)

    def _room(self, number: int, forward: bool) -> _Flow:
        """How much more can flow through an arc; 0 where it is not critical."""
        arc, flow = self._arcs[number], self._flow[number]
        if self._slack(arc):
            return Fraction(0)
        least, most = self._bounds(arc)
        if forward:
            return None if most is None else most - flow
        return None if least is None else flow - least

    def _cut(self) -> set[int] | None:
        """Nodes on the side of the source once no more flows; None where it flows without end."""
        while True:
            came = self._reach()
            if SINK not in came:
                return set(came)
            path, node = [], SINK
            while node != SOURCE:
                number, forward = came[node]
                path.append((number, forward))
                arc = self._arcs[number]
                node = arc.before if forward else arc.after
            rooms = [room for item in path if (room := self._room(*item)) is not None]
            if not rooms:
                return None
            most = min(rooms)
            for number, forward in path:
                self._flow[number] += most if forward else -most

    def _reach(self) -> dict[int, tuple[int, bool]]:
        """Nodes that more can flow to, and through which arc."""
        came: dict[int, tuple[int, bool]] = {SOURCE: (-1, True)}
        queue = deque([SOURCE])
        while queue and SINK not in came:
            node = queue.popleft()
            ways = [(number, True, self._arcs[number].after) for number in self._out[node]]
            ways += [(number, False, self._arcs[number].before) for number in self._into[node]]
            for number, forward, there in ways:
                if there not in came and self._room(number, forward) != 0:
                    came[there] = number, forward
                    queue.append(there)
        return came

    def _shift(self, reached: set[int], most: int) -> int:
        """Move everything beyond the cut forward, as far as the cut stays the cheapest."""
        crossing: list[tuple[int, int]] = []
        for arc in self._arcs:
            first, second = arc.before in reached, arc.after in reached
            if first == second:
                continue
            if arc.uid is None:
                if first:
                    most = min(most, self._slack(arc))
                continue
            less = self.less[arc.uid]
            most = min(most, self._limits[arc.uid] - less if first else less)
            crossing.append((arc.uid, 1 if first else -1))
        for uid, way in crossing:
            self.less[uid] += way * most
        for node in range(len(self._times)):
            if node not in reached:
                self._times[node] -= most
        return most
