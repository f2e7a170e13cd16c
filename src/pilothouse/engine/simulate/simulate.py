# SPDX-License-Identifier: Apache-2.0
"""Monte Carlo simulation of a plan: prepare, run blocks on threads, sum up."""

from __future__ import annotations

from dataclasses import replace

from pilothouse.engine.calendars.kernels_grid import BEYOND
from pilothouse.engine.calendars.working_time import FIRST_DAY, LAST_DAY
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule.expected import settle_expected_finishes
from pilothouse.engine.schedule.prepare import prepare
from pilothouse.engine.simulate.course import HORIZON_DAYS, Layout, lay_out
from pilothouse.engine.simulate.inputs import Drawing, read_model
from pilothouse.engine.simulate.kernels_pass import longest
from pilothouse.engine.simulate.model import RiskModel, SimulationOptions
from pilothouse.engine.simulate.result import SimulationResult
from pilothouse.engine.simulate.runner import Runner, deterministic, processors
from pilothouse.engine.simulate.summary import summarise

MOST_ITERATIONS = 1_000_000
MOST_MILESTONES = 100
FAR = BEYOND // 2
"""Minutes that no path may reach."""
_DAYS = (LAST_DAY - FIRST_DAY).days
_DEFAULT = SimulationOptions()


def simulate_plan(
    plan: Plan, model: RiskModel, options: SimulationOptions = _DEFAULT
) -> SimulationResult:
    """Finish, cost, criticality and sensitivities of a plan under risk (DOMAIN 8.3).

    Parameters
    ----------
    plan : Plan
        Durations in working minutes; what is complete stays as it is.
    model : RiskModel
        Estimates of remaining working minutes, events, costs and correlations.
    options : SimulationOptions

    Returns
    -------
    SimulationResult
        Finishes in working minutes of the plan's calendar after its start.

    Raises
    ------
    InvalidInput
        Codes ``simulate.*``, and those of ``schedule_plan``.
    CycleFound
        ``schedule.cycle``.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
    >>> from pilothouse.engine.network.plan import PlanTask
    >>> from pilothouse.engine.simulate.distributions import Triangular
    >>> from pilothouse.engine.simulate.model import Estimate
    >>> plan = Plan(
    ...     "House",
    ...     datetime(2025, 3, 3, 8),
    ...     (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    ...     1,
    ...     (PlanTask(1, "Dig", duration_minutes=4800),),
    ... )
    >>> model = RiskModel((Estimate(1, Triangular(3840, 4800, 7200)),))
    >>> result = simulate_plan(plan, model, SimulationOptions(iterations=2000))
    >>> result.dates.date(80)
    datetime.datetime(2025, 3, 19, 17, 0)

    Notes
    -----
    Blocks of 64 iterations, task after task, on threads that share nothing but sums of whole
    numbers: O(iterations · (tasks + links)) time, O(tasks + iterations) memory. Ranks are
    approximate where there are more than 1,024 iterations; see docs/methods/simulation.md.

    References
    ----------
    D. T. Hulett, *Integrated Cost-Schedule Risk Analysis*, 2011, chapters 4 to 8.
    """
    _check(options)
    network = prepare(settle_expected_finishes(plan, options.schedule), options.schedule)
    if not plan.tasks:
        raise InvalidInput("simulate.no_tasks", "The plan has no tasks; give it some.")
    layout = lay_out(network)
    drawing = read_model(layout, model, options)
    if longest(layout.course, drawing.most) >= FAR:
        raise InvalidInput(
            "simulate.too_long",
            "A path of the plan may take longer than dates reach; give shorter durations.",
        )
    return run_model(layout, drawing, options)


def simulate_before_and_after(
    plan: Plan, model: RiskModel, options: SimulationOptions = _DEFAULT
) -> tuple[SimulationResult, SimulationResult]:
    """The plan with events as they are, and after the responses to them, with one seed."""
    before = simulate_plan(plan, model, replace(options, responses=False))
    return before, simulate_plan(plan, model, replace(options, responses=True))


def _check(options: SimulationOptions) -> None:
    if not 1 <= options.iterations <= MOST_ITERATIONS:
        raise InvalidInput(
            "simulate.iterations",
            f"{options.iterations} iterations are asked for; give 1 to {MOST_ITERATIONS:,}.",
        )
    if len(options.milestones) > MOST_MILESTONES:
        raise InvalidInput(
            "simulate.milestone", f"Dates of at most {MOST_MILESTONES} milestones can be kept."
        )
    if options.threads is not None and options.threads < 1:
        raise InvalidInput("simulate.threads", "Give at least one thread, or none to let it be.")


def run_model(layout: Layout, drawing: Drawing, options: SimulationOptions) -> SimulationResult:
    """All iterations, from arrays to the result; the grid of calendars grows until it suffices."""
    days = HORIZON_DAYS
    while True:
        runner = Runner(layout, drawing, options, days)
        result = _run(runner)
        if result is not None:
            return result
        if days > _DAYS:
            raise layout.beyond(runner.course.grid)
        days *= 4


def _run(runner: Runner) -> SimulationResult | None:
    """None where a date lies beyond the grid of calendars."""
    layout, drawing, options = runner.layout, runner.drawing, runner.options
    plain = deterministic(layout, drawing, runner.course)
    if plain.finish >= BEYOND or not runner.prepare():
        return None
    totals = runner.totals()
    for chunk in runner.chunks(options.threads or processors(), options.progress):
        totals.add(chunk)
    if int(runner.ends.max()) >= BEYOND:
        return None
    return summarise(layout, drawing, options, runner, totals, plain)
