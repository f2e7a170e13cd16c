# SPDX-License-Identifier: Apache-2.0
"""The schedule of several plans: first by rule, then by search, project after project."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pilothouse.engine.levelling.axis import Ground, room_on
from pilothouse.engine.levelling.bounds import lower_bounds
from pilothouse.engine.levelling.facts import Facts
from pilothouse.engine.levelling.generation import Rule, Schedule, Scheme, laid_out
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels_calendar import LEAF, Dates, decode_calendar
from pilothouse.engine.levelling.kernels_parallel import decode_parallel
from pilothouse.engine.levelling.lags import times_of
from pilothouse.engine.levelling.leveller import SLICE, prove
from pilothouse.engine.levelling.options import LevelOptions
from pilothouse.engine.levelling.plan_bounds import energy_of, least_finish
from pilothouse.engine.levelling.plan_search import PlanSearch, copy_dates, listed, worth_of
from pilothouse.engine.levelling.proof import Prover
from pilothouse.engine.levelling.search import Search
from pilothouse.engine.levelling.whole import (
    Whole,
    as_whole,
    cell_of_end,
    end_in_periods,
    starts_in_periods,
)


def place(
    facts: Sequence[Facts],
    priorities: Sequence[int],
    ground: Ground,
    options: LevelOptions,
    prover: Prover | None,
) -> tuple[Dates, int] | None:
    """Place the projects of each priority on what those before leave; None if it is too short.

    With the cell before which the last of all cannot end.
    """
    energy, ranks = energy_of(ground), _ranks(facts, ground, options.rule)
    axis, dates = ground.axis, room_on(ground.axis)
    served, goal = sorted(set(priorities), reverse=True), 0
    whole = as_whole(ground) if len(served) == 1 and _tries(options) else None
    over = _over(options, whole)
    for priority in served:
        mine = np.array([priorities[project] == priority for project in ground.project])
        group = np.flatnonzero(mine)
        if not _generate(ground, group, ranks, options.scheme, dates):
            return None
        if len(served) == 1:
            goal = least_finish(ground, energy, int(dates.finishes.max(initial=0)))
        if _tries(options) and (axis.kind[group] == LEAF).any():
            if worth_of(dates, group)[:2] > (0, goal):
                _try_other(ground, group, ranks, options.scheme, dates)
            if whole is None or dates.unplaced.any():
                search = PlanSearch(ground, group, dates, options.seed, over)
                search.run(options.schedules, goal)
            else:
                goal = _search_whole(ground, whole, dates, goal, options, over, prover)
        axis.base[:] = dates.free
    return dates, goal or least_finish(ground, energy, int(dates.finishes.max(initial=0)))


def _tries(options: LevelOptions) -> bool:
    return options.schedules > 0 or options.proof is not None


def _over(options: LevelOptions, whole: Whole | None) -> Callable[[], bool]:
    """Whether the time of the options, from now on, is over.

    What the solver does not take is for the tries.
    """
    seconds, clock = options.seconds, options.clock
    if seconds is None:
        return lambda: False
    if whole is None and options.proof is not None:
        seconds += options.proof.seconds
    until = clock() + seconds
    return lambda: clock() >= until


def _generate(
    ground: Ground, group: IntArray, ranks: IntArray, scheme: Scheme, dates: Dates
) -> bool:
    """The schedule of a rule; False where the axis is too short."""
    axis, end = ground.axis, ground.axis.base.shape[1] - 1
    if scheme is Scheme.PARALLEL:
        return decode_parallel(axis, group[np.argsort(ranks[group])], dates, end)
    return decode_calendar(axis, listed(axis.pred_at, axis.pred, ranks, group), dates, end)


def _try_other(
    ground: Ground, group: IntArray, ranks: IntArray, scheme: Scheme, dates: Dates
) -> None:
    """Take the schedule of the other scheme if it is better."""
    other = Scheme.SERIAL if scheme is Scheme.PARALLEL else Scheme.PARALLEL
    trial = room_on(ground.axis)
    copy_dates(dates, trial)
    made = _generate(ground, group, ranks, other, trial)
    if made and worth_of(trial, group) < worth_of(dates, group):
        copy_dates(trial, dates)


def _search_whole(
    ground: Ground,
    whole: Whole,
    dates: Dates,
    goal: int,
    options: LevelOptions,
    over: Callable[[], bool],
    prover: Prover | None,
) -> int:
    """Search all plans as one problem, and ask the solver; the bound, as a cell.

    Better schedules are placed once more on the calendar, by their order.
    """
    last = int(dates.finishes.max(initial=0))
    if last <= goal:
        return goal
    instance = whole.instance
    times, best = times_of(instance), None
    most = end_in_periods(ground, whole, last)
    bounds = lower_bounds(instance, times, most)
    bound = max(bounds.best, end_in_periods(ground, whole, goal))
    if options.schedules and not over():
        search = Search(instance, times, laid_out(instance, times), options.seed)
        while search.found and search.best.makespan > bound:
            if search.generated >= options.schedules or over():
                break
            search.run(min(options.schedules, search.generated + SLICE), bound)
        best = search.best if search.found else None
    if best is None or best.makespan > most:
        best = Schedule(starts_in_periods(ground, whole, dates), most)
    if options.proof and best.makespan > bound:
        found, bound = prove(
            instance, times, best, bound, options.proof, seed=options.seed, prover=prover
        )
        best = found or best
    _place_whole(ground, best, dates)
    return max(goal, min(cell_of_end(ground, whole, bound), int(dates.finishes.max(initial=0))))


def _place_whole(ground: Ground, best: Schedule, dates: Dates) -> None:
    axis, group = ground.axis, np.arange(len(ground.nodes))
    trial = room_on(axis)
    order = listed(axis.pred_at, axis.pred, best.starts, group)
    made = decode_calendar(axis, order, trial, axis.base.shape[1] - 1)
    if made and worth_of(trial, group) < worth_of(dates, group):
        copy_dates(trial, dates)


def _ranks(facts: Sequence[Facts], ground: Ground, rule: Rule) -> IntArray:
    latest = ground.axis.latest

    def key(node: int) -> tuple[int, ...]:
        project, row, _ = ground.nodes[node]
        task = facts[project].rows[row]
        # A task that may not push another has less time than its float says.
        late_start = min(task.late_start, ground.origin + int(latest[node]) * ground.unit)
        slack = min(task.total_float, max(0, late_start - task.start))
        measures = {
            Rule.LATE_START: (late_start, slack, -task.priority),
            Rule.LATE_FINISH: (late_start + task.minutes, late_start, -task.priority),
            Rule.TOTAL_FLOAT: (slack, late_start, -task.priority),
            Rule.PRIORITY: (-task.priority, late_start, slack),
        }[rule]
        return (*measures, project, row)

    ranks = np.empty(len(ground.nodes), dtype=np.int64)
    ranks[sorted(range(len(ground.nodes)), key=key)] = np.arange(len(ground.nodes))
    return ranks
