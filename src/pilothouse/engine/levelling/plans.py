# SPDX-License-Identifier: Apache-2.0
"""Levelling of plans: a proposal of delays that keeps every calendar, link and capacity."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.axis import Holds, lay_ground
from pilothouse.engine.levelling.checks import check_options
from pilothouse.engine.levelling.facts import Facts, read_facts
from pilothouse.engine.levelling.options import LevelOptions, ProjectPlan
from pilothouse.engine.levelling.placing import place
from pilothouse.engine.levelling.proof import Prover
from pilothouse.engine.levelling.proposals import Proposal, propose
from pilothouse.engine.schedule import ScheduleOptions

MOST_DAYS = 20_000
"""How far a levelled plan may reach beyond its unlevelled finish."""
_SCHEDULE = ScheduleOptions()

_DEFAULT = LevelOptions()


def level_plans(
    projects: Sequence[ProjectPlan],
    options: LevelOptions = _DEFAULT,
    schedule_options: ScheduleOptions = _SCHEDULE,
    *,
    prover: Prover | None = None,
) -> Proposal:
    """Propose levelling delays so that no resource is asked for more than it has (DOMAIN 4.9).

    Parameters
    ----------
    projects : sequence of ProjectPlan
        Resources of equal uid are one and the same. Delays that are in the plans are cleared
        first.
    options : LevelOptions
    schedule_options : ScheduleOptions
        How the plans are scheduled.
    prover : Prover, optional
        A warm solver for many calls; without it one is started if ``options.proof`` asks for it.

    Returns
    -------
    Proposal
        Its dates are those that ``schedule_plan`` gives the plan of ``accept``.

    Raises
    ------
    InvalidInput
        ``levelling.too_large``, ``levelling.resource``, ``levelling.from_finish``,
        ``levelling.endless``, ``levelling.options``, ``levelling.units``,
        ``levelling.assignment``, and those of ``schedule_plan``.
    CycleFound
        ``schedule.cycle``.
    NotConverged
        ``levelling.solver`` where the solver cannot be started or dies.

    Notes
    -----
    Schedule generation over calendars on cells of time that divide every shift, duration, lag
    and date, so that nothing is rounded. A task takes its units while its own calendar works.
    Tasks that have begun, of priority 1000, with hard constraints, with dates set by hand, or as
    late as possible do not move and are served first; none is pushed by another. Projects are
    served by priority, those of equal priority together. Where tries are asked for, both schemes
    begin and the better goes on: schedules of disturbed rules are justified, crossed, decoded
    and justified again (``PlanSearch``), until the bound is reached if all plans are served
    together. Plans that are, and run on one calendar, are searched and proved as one problem in
    whole periods (``as_whole``). Better is: fewer tasks without room, then the earlier last
    finish of the projects served together, then earlier starts. Deterministic but for seconds
    and parallel workers.

    Shifts over a change of the clock are counted as on other days; the dates of the proposal
    and its overloads come from the schedule itself.
    """
    priorities = [project.priority for project in projects]
    check_options(options, priorities)
    holds = Holds(options.within_float, options.keep_dates)
    facts = [read_facts(project.plan, schedule_options) for project in projects]
    extra = _days(facts)
    while True:
        ground = lay_ground(facts, holds, extra)
        found = place(facts, priorities, ground, options, prover)
        if found is not None:
            break
        extra *= 2
        if extra > MOST_DAYS:
            raise InvalidInput(
                "levelling.endless",
                "The levelled plans would not end within fifty years; raise capacities or lower "
                "the demand.",
            )
    return propose(facts, ground, *found, schedule_options)


def _days(facts: Sequence[Facts]) -> int:
    """A first guess of how many days levelling adds."""
    spans = [item.result.finish - item.result.start for item in facts]
    return 60 + max((span.days for span in spans), default=0)
